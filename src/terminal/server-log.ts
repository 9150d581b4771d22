import { ClaraError, systemCode } from '../core/errors.ts';
import { linesFrom, startOfLastLines } from '../system/log-files/tail.ts';
import { type Context } from './context.ts';
import { escapeControls } from './output/escape.ts';
import { LineBuffer } from './output/line-buffer.ts';
import { type OutputFormat } from './program/options.ts';

export interface LogOptions {
  readonly follow: boolean;
  /** Only so many of the last lines. */
  readonly lines: number | undefined;
  readonly output: OutputFormat | undefined;
}

/** Prints the log of one of our servers, whether it runs or not; `hint` is for where there is none. */
export async function printServerLog(context: Context, path: string, options: LogOptions, hint: string): Promise<void> {
  const buffer = new LineBuffer(context.io);
  try {
    const start = options.lines === undefined ? 0 : (await startOfLastLines(path, options.lines)).start;
    for await (const line of linesFrom(path, start, { follow: options.follow, signal: context.signal })) {
      await buffer.push(options.output === 'json' ? escapeControls(line) : readable(line));
    }
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw thrown;
    throw new ClaraError('not-found', `there is no log ${path}`, { cause: thrown, hint });
  } finally {
    await buffer.flush();
  }
}

/** `2026-03-08T18:06:31.123Z info  started job=ab`, from a line of JSON; a line that is none (a crash) stays as it is. */
export function readable(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return escapeControls(line);
  }
  if (typeof entry !== 'object' || entry === null) return escapeControls(line);
  const { time, level, msg, err, ...rest } = entry;
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}`);
  const failure = typeof err === 'object' && err !== null ? [`(${String((err as { message?: unknown }).message)})`] : [];
  return escapeControls([String(time), String(level).padEnd(5), String(msg ?? ''), ...failure, ...fields].join(' '));
}
