/**
 * npm's `prepare` step: a fresh clone builds what bin/clara needs. Where the build tools were left out
 * (`npm install --omit=dev`) a build that is there already is used; without one the install fails and says why.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

if (existsSync(join(root, 'node_modules/esbuild'))) {
  await import('./build.mjs');
} else if (!existsSync(join(root, 'dist/cli.cjs'))) {
  console.error('error: clara is not built, and its build tools are not installed');
  console.error('hint: run `npm install --include=dev` in this folder once, or install a packed release');
  process.exitCode = 1;
}
