import { destination, pino, stdSerializers, type DestinationStream, type Logger } from 'pino';
import { BoundedLog } from './log-files/bounded-log.ts';

export { type Logger } from 'pino';

export interface LogOptions {
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** The file that standard error may lead to: kept below a size then (BoundedLog). */
  readonly file?: string;
  /** Where lines go; without it to standard error, written before the call returns, so that a crash loses none. */
  readonly destination?: DestinationStream;
}

/** A server's log: one JSON object a line, secrets blanked out in every one. */
export function createLog(options: LogOptions = {}): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err },
      hooks: { streamWrite: withoutSecrets },
    },
    options.destination ?? standardError(options.file),
  );
}

function standardError(file: string | undefined): DestinationStream {
  const stream = destination({ dest: 2, sync: true });
  return file === undefined ? stream : new BoundedLog(stream, file);
}

/** Values of such keys at any depth of a line. A name like `tokenFile` is a path and stays. */
const secretValue = /("(?:[\w-]*[_-])?(?:token|authorization|password|passwd|secret|api[_-]?key|private[_-]?key|ngc[_-]?key|credentials?)"\s*:\s*)("(?:[^"\\]|\\.)*"|\[[^\]]*\])/gi;
const bearer = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;

/** A line of JSON without the values that must not be in a log. */
export function withoutSecrets(line: string): string {
  return line.replace(secretValue, '$1"[redacted]"').replace(bearer, '$1 [redacted]');
}
