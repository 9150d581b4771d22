import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from '../process-identity.ts';
import { hasChildren, signalProcesses } from '../supervise/process-tree.ts';
import { type SupervisedEnd } from '../supervise/supervised.ts';
import { isOf, readStatus } from './status.ts';

/**
 * The command has ended and its status is known. What it started and left behind is ended before this is told, so that
 * nothing writes to its outputs any more.
 */
export async function exited(folder: string, code: number): Promise<SupervisedEnd> {
  await endRemains(folder);
  return { kind: 'exited', code };
}

/** The watcher is gone: nothing of the sandbox may go on without it. It may have left the status just before. */
export async function afterLoss(folder: string, reason: string): Promise<SupervisedEnd> {
  await endRemains(folder);
  const code = readStatus(folder)?.exitCode;
  return code === undefined ? { kind: 'lost', reason } : { kind: 'exited', code };
}

/** Every process of a sandbox descends from its first, and dies with it. */
export async function endRemains(folder: string): Promise<void> {
  const first = readStatus(folder)?.first;
  if (first === undefined || !hasChildren(first)) return;
  for (let waits = 0; isOf(first, folder) || (waits > 0 && processIdentity(first) !== undefined); waits += 1) {
    if (waits % 100 === 0) signalProcesses([first], 'SIGKILL');
    await sleep(1);
  }
}
