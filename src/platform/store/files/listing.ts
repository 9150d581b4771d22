import { lstatSync } from 'node:fs';
import { listedName } from '../../../core/payload-path.ts';
import { openBelow, type Folder } from '../../../system/folder.ts';
import { isAbsence } from './lookup.ts';

/** A file of a payload as listings show it. */
export interface StoredFile {
  /** From the payload's root, with a leading slash. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
}

/** A folder on the way down; undefined is the root. */
interface Place {
  readonly name: Buffer;
  readonly above: Place | undefined;
  readonly depth: number;
}

/**
 * Every regular file below a folder, read from the disk as the caller asks for more; links are passed over. The files of
 * a folder come before those of the folders in it.
 */
export async function* listFiles(root: Folder): AsyncGenerator<StoredFile> {
  const way = new Way(root);
  const waiting: (Place | undefined)[] = [undefined];
  try {
    while (waiting.length > 0) {
      const place = waiting.pop();
      const folder = way.to(place);
      if (folder === undefined) continue;
      const path = namesOf(place).map((name) => name.toString());
      for await (const { name, kind } of folder.entries()) {
        if (kind === 'folder') waiting.push({ name, above: place, depth: (place?.depth ?? 0) + 1 });
        if (kind !== 'file') continue;
        const stats = lstatSync(folder.pathOf(name), { throwIfNoEntry: false });
        if (stats?.isFile() === true) yield { name: listedName([...path, name.toString()]), size: stats.size, mode: stats.mode & 0o777 };
      }
    }
  } finally {
    way.close();
  }
}

/** Folders above the present one that stay open, so that going down one step is one call. */
const mostOpen = 32;

/** The open folders between the root and where a walk is: not more than a few, however deep it goes. */
class Way {
  readonly #root: Folder;
  readonly #open: { readonly place: Place; readonly folder: Folder }[] = [];

  constructor(root: Folder) {
    this.#root = root;
  }

  /** The folder, open until the walk has gone elsewhere; undefined where it is gone, or has become a link. */
  to(place: Place | undefined): Folder | undefined {
    while (this.#open.length > 0 && !isWithin(place, this.#open.at(-1)!.place)) this.#open.pop()!.folder.close();
    if (place === undefined) return this.#root;
    const nearest = this.#open.at(-1);
    try {
      const folder = openBelow(nearest?.folder ?? this.#root, namesOf(place).slice(nearest?.place.depth ?? 0));
      this.#open.push({ place, folder });
      if (this.#open.length > mostOpen) this.#open.shift()!.folder.close();
      return folder;
    } catch (thrown) {
      if (isAbsence(thrown)) return undefined;
      throw thrown;
    }
  }

  close(): void {
    for (const { folder } of this.#open) folder.close();
  }
}

function namesOf(place: Place | undefined): Buffer[] {
  const names: Buffer[] = [];
  for (let at = place; at !== undefined; at = at.above) names.push(at.name);
  return names.reverse();
}

function isWithin(place: Place | undefined, folder: Place): boolean {
  let at = place;
  while (at !== undefined && at.depth > folder.depth) at = at.above;
  return at === folder;
}
