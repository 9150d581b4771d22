import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tempDir } from './run.ts';

/** Makes files below a new temporary folder. */
export function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const root = tempDir();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

/** Every file below a folder by its relative path, with a hash of its content. */
export function contentOf(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(root, name)).isFile()).toSorted();
  return Object.fromEntries(names.map((name) => [name, createHash('sha256').update(readFileSync(join(root, name))).digest('hex')]));
}

/** Waits until something holds, looking every few milliseconds; fails after so many seconds. */
export async function until(holds: () => boolean, seconds = 20): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !holds();) {
    if (Date.now() > end) throw new Error(`not so after ${seconds} s: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
