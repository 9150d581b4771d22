import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { systemCode } from '../../core/errors.ts';
import { type HostEntry, type HostFiles } from './layout.ts';

/** This machine's file system; what may not be looked at counts as absent. */
export const hostFiles: HostFiles = {
  look: (path) => permitted(() => entryAt(path), undefined),
  list: (folder) => permitted(() => readdirSync(folder), []),
};

function entryAt(path: string): HostEntry | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) };
  return { kind: stats.isDirectory() ? 'folder' : 'file' };
}

function permitted<Result>(read: () => Result, otherwise: Result): Result {
  try {
    return read();
  } catch (thrown) {
    if (['EACCES', 'EPERM', 'ENOTDIR', 'ENOENT'].includes(systemCode(thrown) ?? '')) return otherwise;
    throw thrown;
  }
}
