import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import { bytePaths as files } from './byte-paths.ts';

/** Deletes a file or a folder with all that is in it, also what its owner may not search or write at the moment. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (thrown) {
    if (!['EACCES', 'EPERM'].includes(systemCode(thrown) ?? '')) throw thrown;
    openFolders(files.encode(path));
    await rm(path, { recursive: true, force: true });
  }
}

function openFolders(folder: string): void {
  files.chmod(folder, 0o700);
  for (const name of files.list(folder)) {
    const path = join(folder, name);
    if (files.look(path)?.isDirectory() === true) openFolders(path);
  }
}
