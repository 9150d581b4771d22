import { spawn, type ChildProcess } from 'node:child_process';
import { ClaraError, systemCode } from '../../core/errors.ts';
import { type ProgramResult } from '../run-program.ts';

export interface ToolOptions {
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Written to its standard input, which is empty without. */
  readonly input?: string;
  /** Milliseconds until it is stopped. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Each line as it is printed, without its end. */
  readonly onLine?: (line: string, from: 'stdout' | 'stderr') => void;
  /** Milliseconds between asking it to end and ending it. */
  readonly patienceMs?: number;
}

/** Bytes of each output that are kept; of a program that prints more, the last ones. */
const mostBytes = 16 * 1024 * 1024;

/**
 * Runs a program of others to its end, in a process group of its own: Ctrl-C on the terminal reaches us alone. The signal
 * and the deadline stop the whole group, with SIGTERM and then SIGKILL, and it has ended when this returns. An exit code is
 * a result; throws `interrupted` by the signal, `missing-program` where there is none of that name.
 */
export async function runTool(program: string, args: readonly string[], options: ToolOptions): Promise<ProgramResult> {
  const { environment, input, timeoutMs, signal, onLine, patienceMs = 5000 } = options;
  const check = () => { if (signal?.aborted === true) throw interrupted(program, signal); };
  check();
  const child = spawn(program, args, { env: { ...environment }, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (thrown) => reject(cannotRun(program, thrown)));
    child.once('close', (code) => resolve(code));
  });
  // A program may end without reading what it is given.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  const stdout = collect(child.stdout, (line) => onLine?.(line, 'stdout'));
  const stderr = collect(child.stderr, (line) => onLine?.(line, 'stderr'));
  let late = false;
  const stop = stopper(child, patienceMs);
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => { late = true; stop.now(); }, timeoutMs);
  signal?.addEventListener('abort', stop.now, { once: true });
  try {
    const exitCode = await ended;
    check();
    return { exitCode: late ? null : exitCode, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
    stop.done();
    signal?.removeEventListener('abort', stop.now);
  }
}

function interrupted(program: string, signal: AbortSignal): ClaraError {
  return new ClaraError('interrupted', `${program} was interrupted`, { cause: signal.reason });
}

function cannotRun(program: string, thrown: Error): ClaraError {
  const code = systemCode(thrown);
  // EACCES for a bare name: a folder on PATH that may not be searched stands in the way of saying that there is none.
  const kind = code === 'ENOENT' || (code === 'EACCES' && !program.includes('/')) ? 'missing-program' : 'failed';
  return new ClaraError(kind, `${program} could not be run (${thrown.message})`, { cause: thrown });
}

function stopper(child: ChildProcess, patienceMs: number): { readonly now: () => void; readonly done: () => void } {
  let kill: NodeJS.Timeout | undefined;
  const send = (name: NodeJS.Signals) => {
    // Without a number it was never started.
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch (thrown) {
      if (systemCode(thrown) !== 'ESRCH') throw thrown;
    }
  };
  return {
    now: () => {
      if (kill !== undefined) return;
      send('SIGTERM');
      kill = setTimeout(() => {
        send('SIGKILL');
        // A grandchild that left the group may hold them open.
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, patienceMs);
    },
    done: () => clearTimeout(kill),
  };
}

/** Gathers what a stream brings, and hands out its lines. */
function collect(stream: NodeJS.ReadableStream, onLine: (line: string) => void): () => string {
  let kept: string[] = [];
  let size = 0;
  let begun = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    kept.push(text);
    size += text.length;
    while (size - kept[0]!.length > mostBytes) size -= kept.shift()!.length;
    const lines = (begun + text).split('\n');
    begun = lines.pop()!;
    // A line without end is handed out in pieces, not held.
    if (begun.length > 64 * 1024) {
      lines.push(begun);
      begun = '';
    }
    for (const line of lines) onLine(line.replace(/\r+$/, ''));
  });
  stream.once('end', () => { if (begun !== '') onLine(begun.replace(/\r+$/, '')); });
  return () => {
    const text = kept.join('');
    kept = [];
    return text;
  };
}
