import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { parseId } from '../../core/ids.ts';
import { quoted } from '../../core/names.ts';
import { type WireCode } from '../../api/wire-codes.ts';
import { type Logger } from '../../system/log.ts';
import { StorageLimitReached } from '../store/files/storage-limit.ts';

type Code = (typeof WireCode)[keyof typeof WireCode];

/**
 * The header of every successful message. Clients of other languages read `response.Header.Code` without asking whether
 * there is a header, so it is always sent, although an absent one means the same (platform-api 1.3).
 */
export const ok = { code: 0, messages: [] as string[] };

/** The canonical form of an identifier in a request; what it identifies is named in the error. */
export function requireId(identifier: { value: string } | undefined, what: string, wireCode: Code): string {
  const text = identifier?.value ?? '';
  const id = parseId(text);
  if (id !== undefined) return id;
  const said = text === '' ? `the request names no ${what}` : `${quoted(text)} is no ${what} identifier`;
  throw new ClaraError('usage', said, { wireCode, hint: 'an identifier is 32 hexadecimal digits, with or without dashes' });
}

/** The record, or the error that there is none. */
export function found<Row>(record: Row | undefined, what: string, id: string, wireCode: Code): Row {
  if (record === undefined) throw new ClaraError('not-found', `there is no ${what} ${id}`, { wireCode });
  return record;
}

/** Ends a stream that was to go on, so that its reader does not take the end of the platform for the end of the matter. */
export function stopping(): ClaraError {
  return new ClaraError('unreachable', 'the platform is stopping');
}

/** A failure of the disk or of the database as the client should see it: what was not done, and why, without our own paths. */
export function storageFailure(thrown: unknown, what: string, wireCode: Code): unknown {
  if (thrown instanceof ClaraError) return thrown;
  if (thrown instanceof StorageLimitReached) {
    return new ClaraError('failed', `${what}: ${thrown.message}`, {
      wireCode, cause: thrown, hint: 'make room on the platform, for instance by deleting payloads, and send it again; or raise maxStorageUsagePercentage in its values.yaml and restart it',
    });
  }
  const failure = machineFailure(thrown);
  if (failure === undefined) return thrown;
  const hint = failure.full ? 'free some space on the platform, for instance by deleting payloads, and send it again' : undefined;
  return new ClaraError('failed', `${what}: ${failure.reason}`, { wireCode, cause: thrown, ...(hint === undefined ? {} : { hint }) });
}

/** What the system or SQLite could not do, in words, and whether it is for want of space; undefined for anything else. */
export function machineFailure(thrown: unknown): { readonly reason: string; readonly full: boolean } | undefined {
  const code = systemCode(thrown);
  // Node.js gives codes to mistakes in calling it as well, and those are bugs.
  if (code === undefined || !/^(E[A-Z0-9]+|SQLITE_\w+|ERR_SQLITE_ERROR)$/.test(code)) return undefined;
  return { reason: reasons[code] ?? messageOf(thrown).split(',')[0]!, full: code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL' };
}

/**
 * Handlers that tell the caller what the disk or the database could not do, where they have no better words for it.
 * @param wireCode of such a failure
 */
export function tellingFailures<Handlers extends object>(handlers: Handlers, wireCode: Code, log: Logger): Handlers {
  type Handler = (input: never, context: never) => unknown;
  const told = (thrown: unknown, method: string) => {
    const failure = storageFailure(thrown, 'the platform could not store it', wireCode);
    if (failure !== thrown) log.error({ err: thrown, method }, 'a call failed');
    return failure;
  };
  return Object.fromEntries(Object.entries(handlers as Record<string, Handler>).map(([method, handler]): [string, Handler] => [method, (input, context) => {
    try {
      const result = handler(input, context);
      return result instanceof Promise ? result.catch((thrown: unknown) => { throw told(thrown, method); }) : result;
    } catch (thrown) {
      throw told(thrown, method);
    }
  }])) as Handlers;
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the platform\'s disk',
  EDQUOT: 'the disk quota of the platform is used up',
  EROFS: 'the platform\'s disk is read-only',
  EACCES: 'the platform may not write there',
  EPERM: 'the platform may not write there',
  EIO: 'the platform\'s disk reports an error',
  EISDIR: 'a folder has this name',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ELOOP: 'a part of the path is a symbolic link',
  ENOENT: 'the payload was deleted meanwhile',
  EMFILE: 'too many files are open on the platform',
  ENFILE: 'too many files are open on the platform',
};
