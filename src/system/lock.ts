import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { ClaraError, messageOf, systemCode } from '../core/errors.ts';
import { processIdentity } from './process-identity.ts';
import { isBusy, openDatabase, type Database } from './database/sqlite.ts';

/** Who took a lock, as the holder wrote it down. */
export interface LockHolder {
  readonly pid: number;
  /** Tells the process from a later one of the same number; see process-identity.ts. */
  readonly identity: string;
  readonly host: string;
}

/**
 * `free`: nobody holds it, whatever files an earlier holder left. `held`: a live process does; `holder` is undefined where
 * neither its note nor the kernel tells which.
 */
export type LockState = { readonly kind: 'free' } | { readonly kind: 'held'; readonly holder: LockHolder | undefined };

export interface Lock {
  release(): void;
}

/**
 * How long to try, in milliseconds: enough to outlast processes that only look (microseconds each), too short to notice.
 */
const patienceMs = 300;

/**
 * Takes the lock of a folder, or throws a ClaraError that says who has it. The lock is an open exclusive transaction on
 * the SQLite file `path`: the kernel drops it with its holder, however that ends, so nothing stale can remain.
 * A note beside it (`<path>.json`) names the holder, for information only.
 * @param what names the holder in the error, for instance "a platform"
 */
export function acquireLock(path: string, what: string): Lock {
  const folder = dirname(path);
  let database: Database;
  try {
    mkdirSync(folder, { recursive: true });
    database = openLockFile(path, patienceMs);
  } catch (thrown) {
    throw notWritable(folder, thrown);
  }
  try {
    // No journal file: a lock has no content to roll back.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    database.close();
    if (isBusy(thrown)) throw heldBy(readHolder(path), folder, what);
    throw notWritable(folder, thrown);
  }
  writeHolder(path);
  return { release: () => database.close() };
}

/** Looks at a lock without taking it; a lock that was never taken is free. */
export function lockState(path: string): LockState {
  // Only stat: opening and closing the file outside SQLite would drop this process's own locks on it (fcntl(2)).
  if (!existsSync(path)) return { kind: 'free' };
  const database = openLockFile(path, 0);
  try {
    database.exec('SELECT count(*) FROM sqlite_master');
    return { kind: 'free' };
  } catch (thrown) {
    if (isBusy(thrown)) return { kind: 'held', holder: readHolder(path) };
    throw new ClaraError('failed', `cannot read the lock ${path} (${messageOf(thrown)})`, { cause: thrown });
  } finally {
    database.close();
  }
}

function openLockFile(path: string, waitMs: number): Database {
  const database = openDatabase(path);
  database.exec(`PRAGMA busy_timeout = ${waitMs}`);
  return database;
}

const noteOf = (path: string) => `${path}.json`;

function writeHolder(path: string): void {
  const holder: LockHolder = { pid: process.pid, identity: processIdentity(process.pid) ?? '', host: hostname() };
  const temporary = `${noteOf(path)}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(holder)}\n`);
  renameSync(temporary, noteOf(path));
}

function readHolder(path: string): LockHolder | undefined {
  return readNote(path) ?? holderInKernel(path);
}

/**
 * Who has the file locked, by the kernel's own list (proc_locks(5)), for when the note is lost. The device numbers in it
 * are not those of stat on every file system, so that a process must also have this very path open.
 */
function holderInKernel(path: string): LockHolder | undefined {
  try {
    const { ino } = statSync(path);
    const file = realpathSync(path);
    for (const line of readFileSync('/proc/locks', 'latin1').split('\n')) {
      const found = /^\d+: POSIX +ADVISORY +WRITE +(\d+) +[0-9a-f]+:[0-9a-f]+:(\d+) /.exec(line);
      const pid = Number(found?.[1]);
      if (found === null || Number(found[2]) !== ino || !hasOpen(pid, file)) continue;
      const identity = processIdentity(pid);
      if (identity !== undefined) return { pid, identity, host: hostname() };
    }
  } catch {
    // Not Linux, or nothing that we may see.
  }
  return undefined;
}

/** A process of another user does not show what it has open. */
function hasOpen(pid: number, file: string): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => linkTarget(join(folder, fd)) === file);
  } catch {
    return false;
  }
}

/** Undefined for what was closed meanwhile. */
function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** The note, unless it is missing or damaged. */
function readNote(path: string): LockHolder | undefined {
  try {
    const note = JSON.parse(readFileSync(noteOf(path), 'utf8')) as Partial<LockHolder>;
    const { pid, identity, host } = note;
    if (typeof pid !== 'number' || typeof identity !== 'string' || typeof host !== 'string') return undefined;
    // A note of an earlier holder that died: its successor has not written yet.
    if (host === hostname() && processIdentity(pid) !== identity) return undefined;
    return { pid, identity, host };
  } catch {
    return undefined;
  }
}

function heldBy(holder: LockHolder | undefined, folder: string, what: string): ClaraError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}`;
  return new ClaraError('failed', `${what} already runs in ${folder} (${who})`);
}

function notWritable(folder: string, thrown: unknown): ClaraError {
  if (thrown instanceof ClaraError) return thrown;
  return new ClaraError('failed', `cannot write in the folder ${folder} (${reason(folder, thrown)})`, {
    cause: thrown,
    hint: 'make it writable, or choose another folder with CLARA_HOME',
  });
}

/** SQLite only says "unable to open database file"; the system knows why. */
function reason(folder: string, thrown: unknown): string {
  try {
    accessSync(folder, constants.W_OK);
    return messageOf(thrown);
  } catch (refused) {
    return messageOf(systemCode(thrown) === undefined ? refused : thrown);
  }
}
