import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type NamedPath } from '../../config/operator-environment.ts';
import { type FolderSpec } from './folders.ts';

/** Where an operator that keeps a log of its own puts it, beside what it prints. */
export const logFolder = { name: 'logs', fallback: '/logs', help: 'folder for a copy of the log; without it none is kept' } as const satisfies FolderSpec;

export interface LogPlace {
  /** The file; undefined: nobody wishes one. */
  readonly file: string | undefined;
  /** What the platform passed without the folder of logs. */
  readonly outputs: readonly NamedPath[];
}

/**
 * The log's file: the flag wins, then an output of the platform that is called `logs` or is at `/logs`; where nothing was
 * passed at all, as in a container that somebody starts by hand, a folder `/logs` that is there.
 */
export function logPlace(program: string, flag: string | boolean | undefined, passed: readonly NamedPath[], isFolder: (path: string) => boolean = isThere): LogPlace {
  const own = passed.find(isForLogs);
  const outputs = passed.filter((entry) => entry !== own);
  if (typeof flag === 'string') return { file: join(flag, `${program}.log`), outputs };
  const folder = own?.path ?? (passed.length === 0 && isFolder(logFolder.fallback) ? logFolder.fallback : undefined);
  return { file: folder === undefined ? undefined : join(folder, `${program}.log`), outputs };
}

function isForLogs({ name, path }: NamedPath): boolean {
  return name.toLowerCase() === logFolder.name || /(^|\/)logs\/*$/.test(path);
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
