import { ClaraError, exitCodes, type ErrorKind } from './errors.ts';

/** Files of a platform server's home folder that other programs look at. */
export const serverFiles = {
  /** Held while a server runs; see system/lock.ts. */
  lock: 'lock',
  /** The ready message of the running server; gone as soon as it stops taking calls. */
  ready: 'server.json',
  log: 'server.log',
  /** What the last start was asked for, for a restart. */
  start: 'start.json',
} as const;

/** The line that a starting server writes to the file descriptor named by CLARA_READY_FD, and keeps as `server.json` in its home. */
export interface ReadyMessage {
  readonly pid: number;
  /** `host:port` of the gRPC API. */
  readonly grpc: string;
  /** `host:port` of the Results Service; a release without it says nothing. */
  readonly results?: string;
  readonly tls: boolean;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** What a server that cannot start writes there instead, before it ends. */
export interface StartFailure {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly hint?: string;
  readonly details: readonly string[];
}

/** The line for CLARA_READY_FD that explains a failed start. */
export function startFailureLine(failure: ClaraError): string {
  const { kind, message, hint, details } = failure;
  return `${JSON.stringify({ failure: { kind, message, hint, details } })}\n`;
}

/** The ready message in a text, or undefined where the text is something else. */
export function parseReadyMessage(text: string): ReadyMessage | undefined {
  const message = parseObject(text) as Partial<ReadyMessage>;
  const complete = typeof message.pid === 'number' && typeof message.grpc === 'string' && typeof message.tls === 'boolean'
    && typeof message.version === 'string' && typeof message.startedAt === 'number' && (message.results === undefined || typeof message.results === 'string');
  return complete ? (message as ReadyMessage) : undefined;
}

/** The error that a server sent instead of a ready message, or undefined where the text is something else. */
export function parseStartFailure(text: string): ClaraError | undefined {
  const failure = parseObject(text).failure as Partial<StartFailure> | undefined;
  if (typeof failure?.message !== 'string') return undefined;
  const kind = failure.kind !== undefined && failure.kind in exitCodes ? failure.kind : 'failed';
  return new ClaraError(kind, failure.message, {
    details: failure.details ?? [],
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
  });
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
