import { closeSync, constants, openSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** open(2): a file without a name. The value is the same on every architecture that Node.js is built for. */
const withoutName = 0o20000000 | constants.O_DIRECTORY;
/** Memory, so that it costs no journal entry; every Linux has it. */
const memory = '/dev/shm';

/**
 * Writes text into a file that has no name, for a program to read from the descriptor; the caller closes it. Where the
 * system has no such files, it has a name in the folder for a moment.
 */
export function openUnlinked(folder: string, content: string): number {
  let descriptor: number;
  try {
    descriptor = openSync(memory, withoutName | constants.O_RDWR, 0o600);
  } catch {
    // Not Linux, or not mounted here.
    return openNamed(join(folder, 'settings'), content);
  }
  try {
    const bytes = Buffer.from(content);
    // At a position: the reader shares the descriptor's own, which stays at the start.
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at, at);
    return descriptor;
  } catch (thrown) {
    closeSync(descriptor);
    throw thrown;
  }
}

function openNamed(path: string, content: string): number {
  writeFileSync(path, content, { mode: 0o600 });
  const descriptor = openSync(path, 'r');
  unlinkSync(path);
  return descriptor;
}
