import { type Dirent } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unreadableFolder, whyNotRead } from '../../contract/file-errors.ts';
import { describe } from './describe.ts';
import { firstBytes, type Header, readHeader } from './header.ts';
import { type FileContent, type Skipped } from './instance.ts';

/** A file below the input folder, and what it is. */
export interface FoundFile<C = FileContent> {
  /** Path below the input folder. */
  readonly name: string;
  readonly content: C;
}

/** What is made of the attributes of a file; they are valid until it returns. */
export type Describe<C> = (header: Header, path: string, name: string) => C;

/** Looks at every file below a folder, in the order of the names, at any depth; only headers are read. */
export function discover(folder: string): AsyncGenerator<FoundFile, void, undefined> {
  return discoverAs(folder, describe);
}

/** The same, with what somebody else makes of the attributes. A file that cannot be read is skipped all the same. */
export async function* discoverAs<C>(
  folder: string, describeAs: Describe<C>, below = '', scratch: Buffer = Buffer.alloc(firstBytes),
): AsyncGenerator<FoundFile<C | Skipped>, void, undefined> {
  for (const entry of await listFolder(join(folder, below))) {
    const name = join(below, entry.name);
    if (entry.isDirectory()) yield* discoverAs(folder, describeAs, name, scratch);
    else yield { name, content: await inspect(join(folder, name), name, describeAs, scratch) };
  }
}

async function listFolder(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw unreadableFolder(folder, error);
  }
}

async function inspect<C>(path: string, name: string, describeAs: Describe<C>, scratch: Buffer): Promise<C | Skipped> {
  try {
    const info = await stat(path);
    if (!info.isFile()) return { kind: 'skipped', reason: 'not a file' };
    const file = await open(path, 'r');
    try {
      return describeAs(await readHeader(file, info.size, name, scratch), path, name);
    } finally {
      await file.close();
    }
  } catch (error) {
    return { kind: 'skipped', reason: `cannot be read (${whyNotRead(error)})` };
  }
}
