/** Files of a platform server's home folder that other programs look at. */
export const serverFiles = {
  /** Held while a server runs; see system/lock.ts. */
  lock: 'lock',
  /** The ready message of the running server. */
  ready: 'server.json',
  log: 'server.log',
  /** The arguments of the last start, for a restart. */
  arguments: 'start.json',
} as const;

/** The line that a starting server writes to the file descriptor named by CLARA_READY_FD, and keeps as `server.json` in its home. */
export interface ReadyMessage {
  readonly pid: number;
  /** `host:port` of the gRPC API. */
  readonly grpc: string;
  readonly tls: boolean;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** The ready message in a text, or undefined where the text is something else. */
export function parseReadyMessage(text: string): ReadyMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const message = value as Partial<ReadyMessage> | null;
  const complete = typeof message?.pid === 'number' && typeof message.grpc === 'string' && typeof message.tls === 'boolean'
    && typeof message.version === 'string' && typeof message.startedAt === 'number';
  return complete ? (message as ReadyMessage) : undefined;
}
