/**
 * An esbuild plugin for programs: packages and the generated messages become files of their own in dist/lib, loaded when
 * a program first needs them. `clara --help` reads none of them, `clara list pipelines` three.
 */
import { build } from 'esbuild';
import { builtinModules } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** In the program itself: every command line needs it. */
const always = new Set(['commander']);

/**
 * Ends a file of dist/lib. An importer that is ESM by its package.json takes all of module.exports for the default export,
 * as Node.js does; so the default export carries the named ones.
 */
const defaultFirst = 'if (module.exports.default) module.exports = Object.assign(typeof module.exports.default === "function" ? module.exports.default : { ...module.exports.default }, module.exports);';

/** Builds a program and the files it loads on demand. Options as for esbuild; format, outdir and plugins are set here. */
export async function buildOnDemand(options, outdir) {
  const wanted = new Map();
  const others = options.plugins ?? [];
  await build({ ...options, outdir, format: 'cjs', plugins: [...others, onDemand(wanted, './lib/')] });
  const { entryPoints: _, ...rest } = options;
  for (const built = new Set(); built.size < wanted.size;) {
    for (const [name, target] of [...wanted].filter(([key]) => !built.has(key))) {
      built.add(name);
      await build({
        ...rest, outdir: join(outdir, 'lib'), format: 'cjs', logOverride: { 'import-is-undefined': 'silent' }, plugins: [...others, onDemand(wanted, './', target)],
        entryPoints: [{ in: `on-demand:${target}`, out: name }],
        footer: { js: defaultFirst },
      });
    }
  }
}

function onDemand(wanted, prefix, self) {
  const external = (name, target) => {
    wanted.set(name, target);
    return { path: `${prefix}${name}.cjs`, external: true };
  };
  return {
    name: 'on-demand',
    setup(setup) {
      setup.onResolve({ filter: /^on-demand:/ }, ({ path }) => ({ path: path.slice('on-demand:'.length), namespace: 'on-demand' }));
      setup.onLoad({ filter: /.*/, namespace: 'on-demand' }, ({ path }) => ({
        // Most packages have named exports, some a default one only; both are passed on.
        contents: `export * from ${JSON.stringify(path)};${path.startsWith('/') ? '' : `import * as all from ${JSON.stringify(path)}; export default all.default ?? all;`}`,
        resolveDir: process.cwd(),
      }));
      setup.onResolve({ filter: /.*/ }, ({ path, importer, kind, namespace }) => {
        if (namespace === 'on-demand' || kind === 'entry-point' || importer.includes('/node_modules/')) return undefined;
        if (/(^|\/)generated\/.*\.ts$/.test(path) || (importer.includes('/api/generated/') && path.startsWith('.'))) {
          const target = join(dirname(importer), path);
          return target === self ? undefined : external(`api-${basename(path, '.ts')}`, target);
        }
        if (path.startsWith('.') || path.startsWith('/') || path.startsWith('node:') || builtinModules.includes(path) || always.has(path)) return undefined;
        return external(path.replace(/^@/, '').replaceAll('/', '-'), path);
      });
    },
  };
}
