import { chmodSync, mkdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../../core/errors.ts';
import { removeTree } from '../../../system/remove-tree.ts';
import { type RunPlan } from '../plan.ts';

/**
 * Makes the folder of a run, empty outputs in it. Whoever an image runs as may write to the outputs; the folders above
 * keep everybody else out.
 */
export function prepareRunFolder(plan: RunPlan): void {
  const made = mkdirSync(plan.folder, { recursive: true });
  // What an earlier platform set up and never began.
  if (made === undefined) clearRunFolder(plan);
  if (plan.outputs.length > 0) mkdirSync(plan.publish.from);
  for (const { name, source } of plan.outputs) {
    if (name !== '') mkdirSync(source);
    // Not by the mode of mkdir, which the umask cuts.
    if (plan.backend === 'docker') chmodSync(source, 0o777);
  }
}

/** Makes a run folder as new: of a run that was set up and never began. Its log stays the file that it is, for those who follow it. */
export function clearRunFolder({ folder, publish }: RunPlan): void {
  rmSync(publish.from, { recursive: true, force: true });
  rmSync(join(folder, 'status'), { force: true });
  try {
    truncateSync(join(folder, 'log'));
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw thrown;
  }
}

/** Removes everything of an ended run but its log and its exit status. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of ['out', 'out.links', 'settings']) await removeTree(join(folder, name));
}
