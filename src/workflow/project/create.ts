import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { quoted } from '../../core/names.ts';
import { removeTree } from '../../system/remove-tree.ts';
import { copyTemplates } from './files.ts';
import { projectPaths } from './open.ts';
import { testVolumeSize, writeTestVolume } from './test-volume.ts';

export interface NewProject {
  /** Folder of this installation. */
  readonly packageRoot: string;
  /** Image that the stages' own images are built on; undefined: that of the Dockerfile. */
  readonly base: string | undefined;
}

/** The job of a bare `clara-wf test`. */
export const defaultJob = '00000000-0000-0000-0000-000000000000';

/**
 * Lays out the reference workflow in a folder that is missing or empty; returns the paths of its files. It is made beside and gets its
 * name when it is whole: whoever interrupts it finds nothing.
 */
export async function createProject(folder: string, project: NewProject, signal: AbortSignal): Promise<readonly string[]> {
  const target = resolve(folder);
  const there = await contents(target);
  if (there !== undefined && there.length > 0) {
    throw new ClaraError('usage', `the folder ${quoted(folder, 200)} is not empty`, { hint: 'name a new folder: `clara-wf init DIR`' });
  }
  // Below an empty folder that is there already: somebody may be in it.
  const beside = there === undefined ? join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`) : join(target, `.clara-wf.${randomUUID()}.tmp`);
  try {
    await mkdir(beside, { recursive: true });
    const made = await fill(beside, project, signal);
    signal.throwIfAborted();
    if (there === undefined) await rename(beside, target);
    else await moveUp(beside, target);
    return made;
  } catch (thrown) {
    await removeTree(beside);
    if (thrown instanceof ClaraError || systemCode(thrown) === undefined) throw thrown;
    throw new ClaraError('failed', `the project cannot be made in ${quoted(folder, 200)} (${messageOf(thrown)})`, { cause: thrown });
  }
}

async function fill(folder: string, { packageRoot, base }: NewProject, signal: AbortSignal): Promise<readonly string[]> {
  const withBase = (path: string, text: string) => (path !== projectPaths.values || base === undefined ? text
    : text.replace(/^( *)OPERATOR: .*$/m, (line, indent: string) => `${line}\n${indent}BASE: ${JSON.stringify(base)}`));
  const made = await copyTemplates(join(packageRoot, 'templates', 'workflow'), folder, withBase);
  for (const chart of [projectPaths.chart, projectPaths.trtisChart]) await mkdir(join(folder, chart, 'charts'), { recursive: true });
  const input = join(projectPaths.testData, defaultJob, 'ai-vnet', 'input');
  await writeTestVolume(join(folder, input), testVolumeSize, signal);
  return [...made, join(input, 'recon.mhd'), join(input, 'recon.raw')];
}

/** Undefined where there is no such folder. */
async function contents(folder: string): Promise<readonly string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw new ClaraError('failed', `${quoted(folder, 200)} cannot be the folder of a project (${systemCode(thrown) === 'ENOTDIR' ? 'it is a file' : messageOf(thrown)})`, { cause: thrown });
  }
}

/** Moves everything to the folder above; where that fails, what was moved is taken away again. */
async function moveUp(folder: string, target: string): Promise<void> {
  const moved: string[] = [];
  try {
    for (const name of await readdir(folder)) {
      await rename(join(folder, name), join(target, name));
      moved.push(name);
    }
    await rmdir(folder);
  } catch (thrown) {
    for (const name of moved) await rm(join(target, name), { recursive: true, force: true });
    throw thrown;
  }
}
