import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningOperator } from '../../backends/backend.ts';

/** Milliseconds between two attempts to reach a run that is only being set up, and to kill one that does not die. */
const askAgainMs = 20;
const killAgainMs = 1000;

/**
 * Asks a run to end, and after the grace ends it with all that it has started; returns when it has ended.
 * @param detached once it has fired, the run is let be
 */
export async function stopRun(running: RunningOperator, graceMs: number, detached: AbortSignal): Promise<void> {
  const graceEnds = Date.now() + graceMs;
  const left = () => Math.max(0, graceEnds - Date.now());
  let ended = false;
  for (let asked = false; !ended && !asked && left() > 0 && !detached.aborted;) {
    asked = await running.terminate();
    ended = await endsWithin(running, asked ? left() : Math.min(askAgainMs, left()), detached);
  }
  while (!ended && !detached.aborted) {
    await running.kill();
    ended = await endsWithin(running, killAgainMs, detached);
  }
}

/** False as soon as the engine is detached, too. */
async function endsWithin(running: RunningOperator, ms: number, detached: AbortSignal): Promise<boolean> {
  const timer = new AbortController();
  const signal = AbortSignal.any([timer.signal, detached]);
  try {
    return await Promise.race([running.ended.then(() => true), sleep(ms, false, { signal }).catch(() => false)]);
  } finally {
    timer.abort();
  }
}
