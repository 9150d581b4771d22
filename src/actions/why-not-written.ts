import { messageOf, systemCode } from '../core/errors.ts';

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file', ENOTDIR: 'a part of the path is a file', EACCES: 'it may not be written to', EROFS: 'the disk is read-only',
};

/** Why a path of this machine could not be written to, for parentheses behind its name: in words, or in those of the system. */
export function whyNotWritten(thrown: unknown): string {
  return reasons[systemCode(thrown) ?? ''] ?? messageOf(thrown);
}
