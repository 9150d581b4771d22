import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ClaraError, messageOf } from '../../core/errors.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { planFile, type Step } from './plan.ts';
import { readIfThere, readTree, type Tree } from './read-tree.ts';

/** What an installation did, by the paths of files below the folder. */
export interface Installed {
  readonly written: readonly string[];
  readonly removed: readonly string[];
  /** Changed by the user, and as they left them. */
  readonly kept: readonly string[];
  /** Changed by both, and now with both changes. */
  readonly merged: readonly string[];
  /** Changed by both in the same place: the user's lines stand, and the file as it ships is in `memory`. */
  readonly conflicts: readonly string[];
}

/**
 * Installs files into a folder that the user may have edited, and keeps what they changed: each file is compared as it was
 * installed last (kept in `memory`), as it is now, and as the user has it. Every file is replaced at once, and what was
 * interrupted is simply done again.
 */
export async function installTree(now: Tree, folder: string, memory: string): Promise<Installed> {
  const before = await treeOrNone(memory);
  const result = { written: [] as string[], removed: [] as string[], kept: [] as string[], merged: [] as string[], conflicts: [] as string[] };
  const noted: Readonly<Record<Exclude<Step['kind'], 'same'>, string[]>> = { write: result.written, remove: result.removed, keep: result.kept, merge: result.merged, conflict: result.conflicts };
  for (const path of [...new Set([...now.keys(), ...before.keys()])].sort()) {
    const step = planFile({ before: before.get(path), now: now.get(path), user: await readIfThere(join(folder, path)) });
    if (step.kind === 'same') continue;
    await change(join(folder, path), step);
    noted[step.kind].push(path);
  }
  // Last: until then the next run must see what the user had before this one.
  for (const path of before.keys()) if (!now.has(path)) await rm(join(memory, path), { force: true });
  for (const [path, content] of now) if (before.get(path)?.equals(content) !== true) await write(join(memory, path), content);
  return result;
}

async function treeOrNone(folder: string): Promise<Tree> {
  try {
    return await readTree(folder);
  } catch (thrown) {
    if (thrown instanceof ClaraError && thrown.kind === 'not-found') return new Map();
    throw thrown;
  }
}

async function change(path: string, step: Exclude<Step, { readonly kind: 'same' }>): Promise<void> {
  if (step.kind === 'keep') return;
  if (step.kind === 'remove') return rm(path, { force: true });
  await write(path, step.content);
}

async function write(path: string, content: Buffer): Promise<void> {
  try {
    await writeFileAtomically(path, content);
  } catch (thrown) {
    throw new ClaraError('failed', `${path} cannot be written (${messageOf(thrown)})`, { cause: thrown });
  }
}
