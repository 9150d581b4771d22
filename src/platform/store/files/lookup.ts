import { closeSync, fstatSync, type Stats } from 'node:fs';
import { systemCode } from '../../../core/errors.ts';
import { foldName } from '../../../core/names.ts';
import { openBelow, type Folder } from '../../../system/folder.ts';

/** A stored file, opened for reading. The caller closes the descriptor. */
export interface OpenedFile {
  readonly fd: number;
  /** Raw names from the payload's root down. */
  readonly path: readonly Buffer[];
  readonly stats: Stats;
}

export type Lookup =
  | { readonly kind: 'found'; readonly file: OpenedFile }
  | { readonly kind: 'missing' }
  /** Several names that differ only in case, none of them spelled as asked for. */
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] };

/** Enough of them to show what the trouble is; looking further would let a hostile payload cost time. */
const maxCandidates = 16;

/**
 * Finds a regular file by the rule of the guide (Payloads Download RPC; platform-api 2.5): the exact spelling where it
 * exists, otherwise the only file whose whole path differs in nothing but case. Links, pipes and devices are not files.
 */
export async function lookUp(root: Folder, components: readonly string[]): Promise<Lookup> {
  const exact = openExact(root, components);
  if (exact !== undefined) return { kind: 'found', file: exact };
  const candidates: Buffer[][] = [];
  await collect(root, components.map(foldName), [], candidates);
  const [first, second] = candidates;
  if (first === undefined) return { kind: 'missing' };
  if (second !== undefined) return { kind: 'ambiguous', names: candidates.map((path) => `/${path.map((name) => name.toString()).join('/')}`) };
  const file = openExact(root, first);
  return file === undefined ? { kind: 'missing' } : { kind: 'found', file };
}

function openExact(root: Folder, components: readonly (string | Buffer)[]): OpenedFile | undefined {
  const name = components.at(-1)!;
  let folder: Folder;
  try {
    folder = openBelow(root, components.slice(0, -1));
  } catch (thrown) {
    if (isAbsence(thrown)) return undefined;
    throw thrown;
  }
  try {
    const fd = folder.openFile(name);
    const stats = fstatSync(fd);
    if (stats.isFile()) return { fd, stats, path: components.map((component) => Buffer.from(component)) };
    closeSync(fd);
    return undefined;
  } catch (thrown) {
    if (isAbsence(thrown)) return undefined;
    throw thrown;
  } finally {
    if (folder !== root) folder.close();
  }
}

/** Adds every file below `folder` whose remaining path folds to `wanted`. */
async function collect(folder: Folder, wanted: readonly string[], above: readonly Buffer[], found: Buffer[][]): Promise<void> {
  const [name, ...rest] = wanted;
  for await (const entry of folder.entries()) {
    if (found.length >= maxCandidates) return;
    if (foldName(entry.name.toString()) !== name) continue;
    if (rest.length === 0 && entry.kind === 'file') found.push([...above, entry.name]);
    if (rest.length === 0 || entry.kind !== 'folder') continue;
    const below = folder.child(entry.name);
    try {
      await collect(below, rest, [...above, entry.name], found);
    } finally {
      below.close();
    }
  }
}

/** Whether opening failed because there is no such file or folder: ELOOP and ENXIO are links and sockets in its place. */
export function isAbsence(thrown: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENAMETOOLONG'].includes(systemCode(thrown) ?? '');
}
