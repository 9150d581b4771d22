import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ClaraError, systemCode } from '../../core/errors.ts';

export interface ForegroundOptions {
  readonly env: Readonly<Record<string, string>>;
  /** The terminal sends Ctrl-C to the whole group by itself: then it is not passed on a second time. */
  readonly onTerminal: boolean;
}

/**
 * Runs a program in our place: our standard streams, signals passed on, argv[0] the path. Resolves with the exit status
 * that `clara` should end with: the program's own, or 128 plus the number of the signal that ended it.
 */
export function runInForeground(path: string, args: readonly string[], options: ForegroundOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const passOn = (signal: NodeJS.Signals) => { if (signal !== 'SIGINT' || !options.onTerminal) child.kill(signal); };
    const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
    // Before the program runs: from its first output on, a signal to us is meant for it.
    for (const signal of signals) process.on(signal, passOn);
    const child = spawn(path, args, { stdio: 'inherit', env: options.env, argv0: path });
    const settle = () => { for (const signal of signals) process.off(signal, passOn); };
    child.once('error', (thrown) => {
      settle();
      reject(cannotRun(path, thrown));
    });
    child.once('close', (code, signal) => {
      settle();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

function cannotRun(path: string, thrown: Error): ClaraError {
  const reasons: Readonly<Record<string, string>> = {
    ENOEXEC: 'it is no program for this machine',
    ENOENT: 'the interpreter that its `#!` line names does not exist',
    EACCES: 'permission denied',
  };
  return new ClaraError('missing-program', `${path} cannot be run (${reasons[systemCode(thrown) ?? ''] ?? thrown.message})`, { cause: thrown });
}
