import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '../../core/errors.ts';
import { Recent } from '../recent.ts';
import { type HostEntry, type HostFiles } from './layout.ts';

/** A folder as it was seen: where any of these differs, something was put into it, or mounted on it. */
interface Sighting {
  readonly dev: number;
  readonly ino: number;
  readonly mtimeMs: number;
}

/** Milliseconds for a look into the folders at the top; one on a dead network drive never answers. */
const patienceMs = 500;

/** Milliseconds for which the folder at the top counts as it was seen: operators that follow each other closely see the same. */
const recentMs = 500;

/**
 * This machine's file system; what may not be looked at counts as absent. Finds out which folders at the top are empty:
 * operators do not miss those, and every folder of a sandbox takes its time.
 */
export async function hostFiles(): Promise<HostFiles> {
  const empty = new Map<string, Sighting>();
  const looks = permitted(() => readdirSync('/', { withFileTypes: true }), []).filter((entry) => entry.isDirectory()).map(async ({ name }) => {
    const path = join('/', name);
    try {
      if ((await readdir(path)).length === 0) empty.set(path, lstatSync(path));
    } catch {
      // It may not be looked at: it counts as filled.
    }
  });
  await Promise.race([Promise.all(looks), sleep(patienceMs, undefined, { ref: false })]);
  const isStillEmpty = (folder: string) => {
    const before = empty.get(folder);
    const now = before === undefined ? undefined : lstatSync(folder, { throwIfNoEntry: false });
    return before !== undefined && now?.dev === before.dev && now.ino === before.ino && now.mtimeMs === before.mtimeMs;
  };
  const [entries, lists, emptiness] = [new Recent<HostEntry | undefined>(recentMs), new Recent<ReturnType<HostFiles['list']>>(recentMs), new Recent<boolean>(recentMs)];
  return {
    look: (path) => (isAtTop(path) ? entries.get(path, () => entryAt(path)) : entryAt(path)),
    list: (folder) => (folder === '/' ? lists.get(folder, () => listOf(folder)) : listOf(folder)),
    isEmpty: (folder) => emptiness.get(folder, () => isStillEmpty(folder)),
  };
}

const isAtTop = (path: string) => path.lastIndexOf('/') === 0;

function entryAt(path: string): HostEntry | undefined {
  return permitted(() => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (stats.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) };
    return { kind: stats.isDirectory() ? 'folder' : 'file' };
  }, undefined);
}

function listOf(folder: string): ReturnType<HostFiles['list']> {
  return permitted(() => readdirSync(folder, { withFileTypes: true }), []).map((entry) => ({
    name: entry.name, kind: entry.isSymbolicLink() ? 'link' : entry.isDirectory() ? 'folder' : 'file',
  }));
}

function permitted<Result>(read: () => Result, otherwise: Result): Result {
  try {
    return read();
  } catch (thrown) {
    if (['EACCES', 'EPERM', 'ENOTDIR', 'ENOENT'].includes(systemCode(thrown) ?? '')) return otherwise;
    throw thrown;
  }
}
