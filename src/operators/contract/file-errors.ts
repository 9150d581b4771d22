import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';

type Reasons = Readonly<Record<string, string>>;

const always: Reasons = {
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'its name is too long',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
};

const reading: Reasons = { ...always, ENOENT: 'it does not exist', EACCES: 'this user may not read it', EPERM: 'this user may not read it', EISDIR: 'it is a folder, not a file' };

const writing: Reasons = {
  ...always,
  ENOENT: 'a part of the path does not exist',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EISDIR: 'there is a folder of this name',
  EEXIST: 'it is a file, not a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
};

/** Where it is not known what was tried. */
const either: Reasons = { ...writing, ENOENT: 'it does not exist', EACCES: 'permission denied', EPERM: 'permission denied', EISDIR: 'it is a folder, not a file', EEXIST: 'there is something of this name' };

/** Why a file could not be read, in words, as far as there are any. */
export function whyNotRead(thrown: unknown): string {
  return words({ ...reading, ENOTDIR: 'a part of the path is a file, not a folder' }, thrown);
}

/** Why a file or folder could not be written, in words, as far as there are any. */
export function whyNotWritten(thrown: unknown): string {
  return words(writing, thrown);
}

/** A folder that could not be read: not found, whatever the reason is. */
export function unreadableFolder(folder: string, thrown: unknown): ClaraError {
  const hint = ['EACCES', 'EPERM'].includes(systemCode(thrown) ?? '') ? { hint: 'change its permissions, or run this as a user who may read it' } : {};
  return new ClaraError('not-found', `cannot read folder ${folder} (${words({ ...reading, ENOTDIR: 'it is not a folder' }, thrown)})`, { cause: thrown, ...hint });
}

/** A folder, or a file in it, that could not be written. */
export function unwritableFolder(folder: string, thrown: unknown): ClaraError {
  return new ClaraError('failed', `cannot write to ${folder} (${whyNotWritten(thrown)})`, { cause: thrown });
}

/** An error of the system that nobody has said more about; undefined: it is something else. */
export function systemProblem(thrown: unknown): ClaraError | undefined {
  const code = systemCode(thrown);
  if (code === undefined) return undefined;
  const { path, syscall } = thrown as NodeJS.ErrnoException;
  const reason = either[code];
  const message = reason === undefined ? messageOf(thrown) : path === undefined ? `${reason}${syscall === undefined ? '' : ` (${syscall})`}` : `${path}: ${reason}`;
  return new ClaraError('failed', message, { cause: thrown });
}

function words(reasons: Reasons, thrown: unknown): string {
  const code = systemCode(thrown) ?? '';
  // Codes of the system alone say something; those of Node.js and of zlib do not.
  return reasons[code] ?? (/^E[A-Z0-9]+$/.test(code) ? code : messageOf(thrown));
}
