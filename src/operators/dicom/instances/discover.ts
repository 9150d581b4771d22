import { type Dirent } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ClaraError, messageOf, systemCode } from '../../../core/errors.ts';
import { describe } from './describe.ts';
import { firstBytes, readHeader } from './header.ts';
import { type FileContent } from './instance.ts';

/** A file below the input folder, and what it is. */
export interface FoundFile {
  /** Path below the input folder. */
  readonly name: string;
  readonly content: FileContent;
}

/** Looks at every file below a folder, in the order of the names, at any depth; only headers are read. */
export async function* discover(folder: string, below = '', scratch: Buffer = Buffer.alloc(firstBytes)): AsyncGenerator<FoundFile, void, undefined> {
  for (const entry of await listFolder(join(folder, below))) {
    const name = join(below, entry.name);
    if (entry.isDirectory()) yield* discover(folder, name, scratch);
    else yield { name, content: await inspect(join(folder, name), name, scratch) };
  }
}

async function listFolder(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw new ClaraError('not-found', `cannot read folder ${folder} (${systemCode(error) ?? messageOf(error)})`, { cause: error });
  }
}

async function inspect(path: string, name: string, scratch: Buffer): Promise<FileContent> {
  try {
    const info = await stat(path);
    if (!info.isFile()) return { kind: 'skipped', reason: 'not a file' };
    const file = await open(path, 'r');
    try {
      return describe(await readHeader(file, info.size, name, scratch), path, name);
    } finally {
      await file.close();
    }
  } catch (error) {
    return { kind: 'skipped', reason: `cannot be read (${systemCode(error) ?? messageOf(error)})` };
  }
}
