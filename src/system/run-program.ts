import { execFile, spawn } from 'node:child_process';
import { ClaraError, systemCode } from '../core/errors.ts';

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

/**
 * Runs a program to its end and returns what it printed; an exit code is a result, not an error. Throws where the program
 * cannot be run at all, with kind `missing-program` where there is none of that name.
 */
export function runProgram(program: string, args: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  const { timeoutMs, maxBytes = 16 * 1024 * 1024, signal, environment } = options;
  return new Promise((resolve, reject) => {
    const control = { timeout: timeoutMs, maxBuffer: maxBytes, killSignal: 'SIGKILL' as const, ...(signal === undefined ? {} : { signal }), ...(environment === undefined ? {} : { env: environment }) };
    const child = execFile(program, args, control, (error, stdout, stderr) => {
      // A program that could not be started has a system error's name as its code, and a negative exit code.
      if (error === null || typeof error.code === 'number' || child.signalCode !== null) {
        resolve({ exitCode: child.exitCode, stdout, stderr });
        return;
      }
      // EACCES for a bare name: a folder on PATH that may not be searched stands in the way of saying that there is none.
      const code = systemCode(error);
      const kind = code === 'ENOENT' || (code === 'EACCES' && !program.includes('/')) ? 'missing-program' : 'failed';
      reject(new ClaraError(kind, `${program} could not be run (${error.message})`, { cause: error }));
    });
  });
}

/** Runs a program to its end with both its outputs going to an open file, however much that is; the signal kills it. Its exit code, as above. */
export function runInto(
  file: number, program: string, args: readonly string[], environment: Readonly<Record<string, string>>, signal: AbortSignal,
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: environment, stdio: ['ignore', file, file] });
    const kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    child.once('error', (error) => reject(new ClaraError('failed', `${program} could not be run (${error.message})`, { cause: error })));
    child.once('exit', (code) => {
      signal.removeEventListener('abort', kill);
      resolve(code);
    });
  });
}
