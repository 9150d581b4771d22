import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type NamedPath } from '../../config/operator-environment.ts';
import { unreadableFolder } from '../contract/file-errors.ts';

/**
 * The names in the payload of all files below some folders, in order. The name of a folder is where its files lie in the
 * payload: `/operators/dicom-writer/dicom`. Files only: an exporter could not fetch anything else.
 */
export async function payloadNames(folders: readonly NamedPath[]): Promise<string[]> {
  const names: string[] = [];
  for (const { name, path } of folders) for await (const file of filesBelow(path)) names.push(`${name.replace(/\/+$/, '')}/${file}`);
  return names;
}

async function* filesBelow(folder: string, below = ''): AsyncGenerator<string> {
  for (const entry of await listed(join(folder, below))) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(folder, name);
    else if (entry.isFile()) yield name;
  }
}

async function listed(folder: string) {
  try {
    return (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw unreadableFolder(folder, error);
  }
}
