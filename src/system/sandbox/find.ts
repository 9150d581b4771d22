import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine, isHeldOpen, parentOf } from '../supervise/process-tree.ts';
import { watchEveryMs, type FoundRun, type SupervisedEnd } from '../supervise/supervised.ts';
import { afterLoss, exited } from './ends.ts';
import { isOf, readStatus } from './status.ts';

/** The scratch folder of a sandbox, from the command line of its bubblewrap. */
export function scratchIn(command: readonly string[]): string | undefined {
  const at = command.indexOf('/tmp');
  return command[at - 2] === '--bind' ? command[at - 1] : undefined;
}

/** Whether a run was started, or about to be, in a sandbox of bubblewrap. */
export function wasSandboxed(folder: string): boolean {
  return existsSync(join(folder, 'status'));
}

/** Finds out what became of a run. Only for runs that this process did not start. */
export async function findSandboxed(folder: string): Promise<FoundRun> {
  for (let attempt = 0; ; attempt += 1) {
    const status = readStatus(folder);
    if (status === undefined) return { kind: 'never-started' };
    const { begun, first, exitCode } = status;
    // A gate ends by itself when whoever could open it is gone.
    if (exitCode !== undefined) return begun ? exited(folder, exitCode) : { kind: 'never-started' };
    if (begun && first !== undefined) {
      const watcher = watcherOf(first, folder);
      return watcher === undefined ? afterLoss(folder, 'its sandbox is gone and left no exit status') : { kind: 'running', pid: watcher, command: commandLine(watcher) };
    }
    // Nobody who has the file open can begin any more; whoever has it is about to write to it.
    if (!isHeldOpen(join(folder, 'status')) && !hasBegun(folder)) return { kind: 'never-started' };
    if (attempt > 100) return { kind: 'lost', reason: 'its sandbox does not get ready' };
    await sleep(20);
  }
}

function hasBegun(folder: string): boolean {
  const status = readStatus(folder);
  return status !== undefined && status.begun && status.first !== undefined;
}

/** Waits for the end of a run that another process started; once `detached` has fired it is not told. */
export async function watchSandboxed(folder: string, pid: number, detached: AbortSignal): Promise<SupervisedEnd> {
  for (;;) {
    const code = readStatus(folder)?.exitCode;
    if (code !== undefined) return exited(folder, code);
    if (!isOf(pid, folder)) return afterLoss(folder, 'its sandbox was stopped from outside');
    await sleep(watchEveryMs);
    if (detached.aborted) return new Promise(() => undefined);
  }
}

/** The bubblewrap that waits for the sandbox whose first process this is; undefined where either is gone. */
function watcherOf(first: number, folder: string): number | undefined {
  const parent = isOf(first, folder) ? parentOf(first) : undefined;
  return parent !== undefined && isOf(parent, folder) ? parent : undefined;
}
