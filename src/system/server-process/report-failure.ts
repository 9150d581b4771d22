import { ClaraError, exitCodes, messageOf } from '../../core/errors.ts';
import { startFailureLine } from '../../core/server-home.ts';
import { type Logger } from '../log.ts';
import { announce } from './announce.ts';

/** Logs why a server could not start or ended, tells whoever started it, and returns the exit code. `who`: `the platform`. */
export function reportFailure(who: string, thrown: unknown, readyFd: number | undefined, log: Logger): number {
  if (!(thrown instanceof ClaraError)) {
    log.fatal({ err: thrown }, `${who} failed: ${messageOf(thrown)}`);
    return exitCodes.failed;
  }
  const { kind, message, hint, details } = thrown;
  log.fatal({ kind, hint, details }, message);
  announce(who, readyFd, startFailureLine(thrown), log);
  return exitCodes[kind];
}
