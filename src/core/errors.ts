/**
 * What went wrong, in the caller's terms. The kind alone decides the exit status of a command; the wire code, where
 * one is known, is the negative number of the platform's response header.
 */
export type ErrorKind =
  | 'failed'
  | 'usage'
  | 'unreachable'
  | 'not-found'
  | 'missing-program'
  | 'job-failed'
  | 'interrupted';

/** Exit status of a command that ended with an error of this kind (docs/cli.md, "Exit codes"). */
export const exitCodes: Readonly<Record<ErrorKind, number>> = {
  failed: 1,
  usage: 2,
  unreachable: 3,
  'not-found': 4,
  'missing-program': 5,
  'job-failed': 6,
  interrupted: 130,
};

export interface ErrorOptions {
  /** What the reader can do about it: one sentence or one command. */
  readonly hint?: string;
  /** Further lines, printed below the message as they are. */
  readonly details?: readonly string[];
  /** Negative code for the platform's response header; see api/wire-codes.ts. */
  readonly wireCode?: number;
  readonly cause?: unknown;
}

/** The one error class: everything that a user or a client can do something about. Anything else is a bug. */
export class ClaraError extends Error {
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly details: readonly string[];
  readonly wireCode: number | undefined;

  constructor(kind: ErrorKind, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ClaraError';
    this.kind = kind;
    this.hint = options.hint;
    this.details = options.details ?? [];
    this.wireCode = options.wireCode;
  }
}

/** The message of anything that was thrown, without a stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node.js system error (`ENOENT`, `EADDRINUSE`…), if it is one. */
export function systemCode(thrown: unknown): string | undefined {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
