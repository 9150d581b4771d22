import { join } from 'node:path';
import { ClaraError, systemCode } from '../../core/errors.ts';
import { serverFiles } from '../../core/server-home.ts';
import { linesFrom, startOfLastLines } from '../../system/log-files/tail.ts';
import { type Context } from '../../terminal/context.ts';
import { escapeControls } from '../../terminal/output/escape.ts';
import { LineBuffer } from '../../terminal/output/line-buffer.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { localPlatform } from './place.ts';

interface LogsOptions {
  readonly follow: boolean;
  readonly lines: number | undefined;
  readonly output: OutputFormat | undefined;
}

/** `clara platform logs`: the log of the server on this machine, whether it runs or not. */
export async function logs(context: Context, options: LogsOptions): Promise<void> {
  const { home } = await localPlatform(context);
  const path = join(home, serverFiles.log);
  const start = options.lines === undefined ? 0 : await startOf(path, options.lines);
  const buffer = new LineBuffer(context.io);
  try {
    for await (const line of linesFrom(path, start, { follow: options.follow, signal: context.signal })) {
      await buffer.push(options.output === 'json' ? escapeControls(line) : readable(line));
    }
  } catch (thrown) {
    throw noLog(path, thrown);
  } finally {
    await buffer.flush();
  }
}

async function startOf(path: string, lines: number): Promise<number> {
  try {
    return (await startOfLastLines(path, lines)).start;
  } catch (thrown) {
    throw noLog(path, thrown);
  }
}

function noLog(path: string, thrown: unknown): unknown {
  if (systemCode(thrown) !== 'ENOENT') return thrown;
  return new ClaraError('not-found', `there is no log ${path}`, { cause: thrown, hint: 'no platform was started here yet: `clara platform start`' });
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
