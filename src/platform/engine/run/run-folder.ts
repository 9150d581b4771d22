import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree } from '../../../system/remove-tree.ts';
import { type RunPlan } from '../plan.ts';

/**
 * Makes the folder of a run, empty outputs in it. Whoever an image runs as may write to the outputs; the folders above
 * keep everybody else out.
 */
export function prepareRunFolder(plan: RunPlan): void {
  mkdirSync(plan.folder, { recursive: true });
  if (plan.outputs.length > 0) mkdirSync(plan.publish.from);
  for (const { name, source } of plan.outputs) {
    if (name !== '') mkdirSync(source);
    // Not by the mode of mkdir, which the umask cuts.
    if (plan.backend === 'docker') chmodSync(source, 0o777);
  }
}

/** Removes everything of an ended run but its log and its exit status. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of ['out', 'out.links', 'settings']) await removeTree(join(folder, name));
}
