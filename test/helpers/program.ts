import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';
import { root } from './run.ts';

/** A small program of a test, in TypeScript with imports relative to src/, made into a file that Node.js can run. */
export async function program(source: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: join(root, 'src'), loader: 'ts' },
    bundle: true, write: false, format: 'esm', platform: 'node', external: ['better-sqlite3'],
  });
  // Below the project, so that packages with native code are found.
  const cache = join(root, 'node_modules/.test-programs');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'p-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'program.mjs');
  writeFileSync(file, outputFiles[0]!.text);
  return file;
}
