import {
  chmodSync, copyFileSync, lchownSync, linkSync, lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, unlinkSync, type Stats,
} from 'node:fs';

const bytes = (path: string) => Buffer.from(path, 'latin1');

/**
 * File operations on names that need not be text: a path is a string with one character per byte, so that every name a
 * program can make is kept exactly, and the functions of `node:path` work on it. Nothing here follows a link at the end
 * of a path, except `list`, `chmod` and `copy`, which are for what was looked at before.
 */
export const bytePaths = {
  /** From ordinary text. */
  encode: (path: string): string => Buffer.from(path, 'utf8').toString('latin1'),
  /** For a message; what is no text is shown as replacement characters. */
  decode: (path: string): string => bytes(path).toString('utf8'),
  look: (path: string): Stats | undefined => lstatSync(bytes(path), { throwIfNoEntry: false }),
  list: (folder: string): string[] => readdirSync(bytes(folder), { encoding: 'latin1' }),
  readLink: (path: string): string => readlinkSync(bytes(path), { encoding: 'latin1' }),
  chmod: (path: string, mode: number): void => chmodSync(bytes(path), mode),
  chown: (path: string, uid: number, gid: number): void => lchownSync(bytes(path), uid, gid),
  makeFolder: (path: string): void => mkdirSync(bytes(path), { mode: 0o755 }),
  link: (from: string, to: string): void => linkSync(bytes(from), bytes(to)),
  copy: (from: string, to: string, mode: number): void => copyFileSync(bytes(from), bytes(to), mode),
  rename: (from: string, to: string): void => renameSync(bytes(from), bytes(to)),
  remove: (path: string): void => unlinkSync(bytes(path)),
  removeAll: (path: string): void => rmSync(bytes(path), { recursive: true, force: true }),
} as const;
