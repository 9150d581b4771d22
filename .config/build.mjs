/**
 * Bundles src/ into dist/: each program as a CommonJS file, with what it loads on demand in dist/lib, because that is what
 * can be kept compiled between runs on every Node.js (src/cli/load.ts); the operators as split ESM bundles.
 */
import { build } from 'esbuild';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { licences } from './licences.mjs';
import { buildOnDemand } from './on-demand.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

const programs = { clara: 'src/cli/main.ts', cli: 'src/cli/full.ts', 'clara-platform': 'src/cli/platform/main.ts', 'clara-wf': 'src/workflow/main.ts', platform: 'src/platform/main.ts', 'clara-dicom': 'src/dicom/cli/main.ts', dicom: 'src/dicom/main.ts' };
/** What is started with `node FILE`, by the program it starts; the others have files of their own in bin/ and plugins/. */
const started = { 'platform-server': 'platform', 'dicom-adapter': 'dicom' };
/** Operators that exist become entry points; dist mirrors their names. */
const operators = Object.fromEntries(readdirSync('src/operators', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(`src/operators/${entry.name}/main.ts`))
  .map((entry) => [entry.name, `src/operators/${entry.name}/main.ts`]));

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short=8', 'HEAD'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim();
  } catch {
    return 'source';
  }
}

/** Counts up with every commit, so that a later build has the higher number. */
function buildNumber() {
  try {
    return execFileSync('git', ['rev-list', '--count', 'HEAD'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim();
  } catch {
    return '0';
  }
}

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
const notices = licences();
const common = {
  plugins: [notices.plugin],
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20',
  // `import { type X }` is nothing at run time; kept as a bare import it would load the whole module.
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
  minify: true,
  legalComments: 'none',
  sourcemap: false,
  logLevel: 'warning',
  // Native or self-loading packages stay outside; everything else is in the bundle.
  external: ['better-sqlite3'],
};
const facts = { __CLARA_VERSION__: JSON.stringify(version), __CLARA_BUILD__: JSON.stringify(buildNumber()), __CLARA_COMMIT__: JSON.stringify(commit()) };

const modules = {
  ...common,
  splitting: true,
  format: 'esm',
  keepNames: true,
  define: facts,
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
};
// The folder of the operators works by itself, wherever it is copied to: an image needs nothing else but Node.js.
await build({ ...modules, entryPoints: operators, outdir: 'dist/operators' });
writeFileSync('dist/operators/package.json', '{ "type": "module" }\n');
copyFileSync(createRequire(import.meta.url).resolve('dcmjs-codecs/build/dcmjs-native-codecs.wasm'), 'dist/operators/dcmjs-native-codecs.wasm');
const loadable = {
  ...common,
  // What is loaded later is loaded by `require` as well, which finds its compiled code.
  supported: { 'dynamic-import': false },
  outExtension: { '.js': '.cjs' },
  define: { ...facts, 'import.meta.url': '__importMetaUrl', 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
};
await build({ ...loadable, format: 'cjs', entryPoints: { load: 'src/cli/load.ts' }, banner: {} });
await buildOnDemand({ ...loadable, entryPoints: programs }, 'dist');
// The page about the Results Service, as its package has it; of its scripts only those that the page loads.
const page = join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui')), 'static');
cpSync(page, 'dist/lib/swagger-ui', { recursive: true, filter: (file) => !/swagger-ui\.js$|\.map$|oauth2-redirect/.test(file) });
for (const [file, program] of Object.entries(started)) writeFileSync(`dist/${file}.cjs`, `'use strict';\nrequire('./load.cjs').load('${program}.cjs');\n`);
notices.write('dist/THIRD-PARTY.txt', ['dist/lib/swagger-ui: Swagger UI, Copyright 2020-2021 SmartBear Software Inc. (Apache-2.0, whose text is in LICENSE)']);
