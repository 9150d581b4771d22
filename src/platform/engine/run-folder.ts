import { chmodSync, mkdirSync, rmdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { type RunPlan } from './plan.ts';

/**
 * Makes the folder of a run, empty outputs in it. Whoever the image runs as may write to the outputs; the folders above
 * keep everybody else out.
 */
export function prepareRunFolder(plan: RunPlan): void {
  mkdirSync(plan.folder, { recursive: true });
  mkdirSync(plan.publish.from);
  for (const { name, source } of plan.outputs) {
    if (name !== '') mkdirSync(source);
    // Not by the mode of mkdir, which the umask cuts.
    chmodSync(source, 0o777);
  }
}

/** Removes what is only of use while an operator runs; tells whether it is gone, without waiting for much. */
export function removeScratch(plan: RunPlan): boolean {
  try {
    rmdirSync(join(plan.folder, 'tmp'));
    return true;
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return true;
    if (systemCode(thrown) === 'ENOTEMPTY' || systemCode(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

/** Removes everything of an ended run but its log and its exit status. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of ['out', 'out.links', 'tmp', 'settings']) await rm(join(folder, name), { recursive: true, force: true });
}
