import { ClaraError } from '../core/errors.ts';

export interface ProgramResult {
  /** Null where a signal or the time limit ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** Milliseconds until it is killed. */
  readonly timeoutMs: number;
  /** Bytes of output after which it is killed. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** All of its environment; without it, it has ours. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Of execa: our environment only where none is given; what we started is ours to end, also when we end (`cleanup`). */
const ways = { reject: false, killSignal: 'SIGKILL', cleanup: false, stripFinalNewline: false } as const;

/**
 * Runs a program to its end and returns what it printed; an exit code is a result, not an error. Throws where the program
 * cannot be run at all, with kind `missing-program` where there is none of that name, or `interrupted` by the signal.
 */
export async function runProgram(program: string, args: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  const { timeoutMs, maxBytes = 16 * 1024 * 1024, signal, environment } = options;
  const { execa } = await import('execa');
  const result = await execa(program, args, {
    ...ways, stdin: 'ignore', timeout: timeoutMs, maxBuffer: maxBytes, ...environmentOf(environment), ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  checkStarted(program, result);
  return { exitCode: result.isMaxBuffer ? null : result.exitCode ?? null, stdout: result.stdout, stderr: result.stderr };
}

/** Runs a program to its end with both its outputs going to an open file, however much that is; the signal kills it. Its exit code, as above. */
export async function runInto(
  file: number, program: string, args: readonly string[], environment: Readonly<Record<string, string>>, signal: AbortSignal,
): Promise<number | null> {
  const { execa } = await import('execa');
  // Any descriptor will do; execa's types name the first few.
  const output = file as 3;
  const result = await execa(program, args, { ...ways, ...environmentOf(environment), stdio: ['ignore', output, output], buffer: false, cancelSignal: signal });
  if (!result.isCanceled) checkStarted(program, result);
  return result.exitCode ?? null;
}

function environmentOf(environment: Readonly<Record<string, string>> | undefined): { env?: Record<string, string>; extendEnv?: boolean } {
  return environment === undefined ? {} : { env: { ...environment }, extendEnv: false };
}

/** What execa says of a program that has run, or could not be. */
interface Outcome {
  readonly isCanceled: boolean;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly timedOut: boolean;
  readonly isMaxBuffer: boolean;
  readonly code?: string | undefined;
  readonly originalMessage?: string | undefined;
  readonly cause?: unknown;
}

function checkStarted(program: string, { isCanceled, exitCode, signal, timedOut, isMaxBuffer, code, originalMessage, cause }: Outcome): void {
  if (isCanceled) throw new ClaraError('interrupted', `${program} was interrupted`, { cause });
  if (exitCode !== undefined || signal !== undefined || timedOut || isMaxBuffer) return;
  // EACCES for a bare name: a folder on PATH that may not be searched stands in the way of saying that there is none.
  const kind = code === 'ENOENT' || (code === 'EACCES' && !program.includes('/')) ? 'missing-program' : 'failed';
  throw new ClaraError(kind, `${program} could not be run (${originalMessage ?? code ?? 'for an unknown reason'})`, { cause });
}
