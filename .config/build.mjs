/** Bundles src/ into dist/: one split ESM bundle, so that `clara --help` loads only what it prints. */
import { build } from 'esbuild';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

/** Programs and operators that exist become entry points; dist mirrors their names. */
const entryPoints = Object.fromEntries([
  ['cli', 'src/cli/main.ts'],
  ['clara-platform', 'src/cli/platform/main.ts'],
  ['platform-server', 'src/platform/main.ts'],
  ...(existsSync('src/operators') ? readdirSync('src/operators', { withFileTypes: true }) : [])
    .filter((entry) => entry.isDirectory() && existsSync(`src/operators/${entry.name}/main.ts`))
    .map((entry) => [`operators/${entry.name}`, `src/operators/${entry.name}/main.ts`]),
].filter(([, source]) => existsSync(source)));

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short=8', 'HEAD'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim();
  } catch {
    return 'source';
  }
}

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
await build({
  entryPoints,
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  sourcemap: false,
  logLevel: 'warning',
  // Native or self-loading packages stay outside; everything else is in the bundle.
  external: ['better-sqlite3', '@cornerstonejs/*', 'pino'],
  define: { __CLARA_VERSION__: JSON.stringify(version), __CLARA_COMMIT__: JSON.stringify(commit()) },
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
});
