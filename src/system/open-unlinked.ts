import { openSync, unlinkSync, writeFileSync } from 'node:fs';

/** Writes text into a new file that then only its open descriptor leads to, for a program to read. */
export function openUnlinked(path: string, content: string): number {
  writeFileSync(path, content, { mode: 0o600 });
  const descriptor = openSync(path, 'r');
  unlinkSync(path);
  return descriptor;
}
