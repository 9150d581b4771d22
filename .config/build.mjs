/**
 * Bundles src/ into dist/: a split ESM bundle of the servers and operators; the command line as one CommonJS file,
 * whose compiled code can be kept between runs on every Node.js (src/cli/load.ts).
 */
import { build } from 'esbuild';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { licences } from './licences.mjs';
import { buildOnDemand } from './on-demand.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

/** Programs and operators that exist become entry points; dist mirrors their names. */
const programs = Object.fromEntries([
  ['clara-platform', 'src/cli/platform/main.ts'],
  ['platform-server', 'src/platform/main.ts'],
].filter(([, source]) => existsSync(source)));
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
await build({ ...modules, entryPoints: programs });
// The folder of the operators works by itself, wherever it is copied to: an image needs nothing else but Node.js.
await build({ ...modules, entryPoints: operators, outdir: 'dist/operators' });
writeFileSync('dist/operators/package.json', '{ "type": "module" }\n');
copyFileSync(createRequire(import.meta.url).resolve('dcmjs-codecs/build/dcmjs-native-codecs.wasm'), 'dist/operators/dcmjs-native-codecs.wasm');
const commandLine = {
  ...common,
  // What is loaded later is loaded by `require` as well, which finds its compiled code.
  supported: { 'dynamic-import': false },
  outExtension: { '.js': '.cjs' },
  define: { ...facts, 'import.meta.url': '__importMetaUrl', 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
};
await build({ ...commandLine, format: 'cjs', entryPoints: { load: 'src/cli/load.ts' }, banner: {} });
await buildOnDemand({ ...commandLine, entryPoints: { cli: 'src/cli/main.ts' } }, 'dist');
notices.write('dist/THIRD-PARTY.txt');
