/** Bundles test/bench and runs it: Node.js 20 reads no TypeScript. Arguments are those of test/bench/run.ts. */
import { build } from 'esbuild';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
// Below node_modules, so that packages with native code are found.
const outdir = join(root, 'node_modules/.bench');
await build({
  entryPoints: { run: 'test/bench/run.ts', peer: 'test/bench/peers/main.ts' },
  outdir, outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning', external: ['better-sqlite3'],
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
});
await import(pathToFileURL(join(outdir, 'run.mjs')).href);
