import { constants } from 'node:os';
import { ClaraError } from '../../core/errors.ts';
import { stopRequest } from '../../system/run/stop-request.ts';

/** What an operator ends with when a signal stops it. */
const reasons = {
  SIGTERM: () => new ClaraError('failed', 'stopped by SIGTERM'),
  SIGINT: () => new ClaraError('interrupted', 'interrupted'),
} as const;

type StopSignal = keyof typeof reasons;

/** Aborts at the first signal to stop. Its repeats do not disturb the tidying; a signal that comes later ends the process at once. */
export function abortOnSignals(stop: AbortController): void {
  let first: number | undefined;
  const onSignal = (signal: StopSignal): void => {
    const now = performance.now();
    switch (stopRequest(first, now)) {
      case 'stop':
        first = now;
        // Node.js gives signals back to the system a while before it is gone, and a repeat would kill what has ended well: so leave without that while.
        process.once('exit', (code) => process.exit(code));
        stop.abort(reasons[signal]());
        return;
      case 'repeat':
        return;
      case 'at once':
        endAtOnce(signal, onSignal);
    }
  };
  for (const signal of Object.keys(reasons) as StopSignal[]) process.on(signal, onSignal);
}

/**
 * Dies of the signal: leaving in good order would wait for reads and writes that the system does not come back from, and these
 * are why somebody asks again. The first process of a container does not die of signals, so it leaves.
 */
function endAtOnce(signal: StopSignal, onSignal: (signal: StopSignal) => void): void {
  process.off(signal, onSignal);
  process.kill(process.pid, signal);
  process.exit(128 + constants.signals[signal]);
}
