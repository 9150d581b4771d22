import { type Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { quoted, visible } from '../../core/names.ts';
import { nearest } from '../../core/text/nearest.ts';
import { settleIfPossible } from './change.ts';
import { type Problem, type Stage, type Workflow } from './model.ts';
import { readValues } from '../values/nodes.ts';
import { readModel } from '../values/read.ts';

/** Paths below the root of a project. */
export const projectPaths = {
  chart: 'charts/clara-workflow',
  values: 'charts/clara-workflow/values.yaml',
  stageValues: 'charts/clara-workflow/_stage_values.yaml',
  stages: 'charts/clara-workflow/templates/stages',
  trtisChart: 'charts/trtis',
  testData: 'test-data',
} as const;

/** The folder among those of the stages that new ones are copied from. */
export const templateStage = 'template';

/** A workflow project on the disk, as it was when it was opened. Paths are absolute. */
export interface Project {
  /** The folder that holds `charts`, real path. */
  readonly root: string;
  readonly paths: Readonly<Record<keyof typeof projectPaths, string>>;
  /** values.yaml, unchanged. */
  readonly valuesText: string;
  /** `workflow.id` of values.yaml. */
  readonly defaultWorkflow: string | undefined;
  /** Names of the folders of stages, without the template, in the order of the alphabet. */
  readonly stageFolders: readonly string[];
  /** What of values.yaml has the wrong shape; the whole check is `checkProject`. */
  readonly shapeProblems: readonly Problem[];
  /** In the order of values.yaml. */
  workflows(): readonly Workflow[];
  /** The blocks of `stages` in values.yaml, in its order. */
  stages(): readonly Stage[];
  findStage(name: string): Stage | undefined;
  /** Fails with `not-found` naming the ids that there are. */
  workflow(id: string): Workflow;
  /** Fails with `not-found` naming the stages that there are. */
  stage(name: string): Stage;
}

/**
 * Opens the project that `start` lies in: that folder, or the nearest one above it that holds charts/clara-workflow. Fails with `not-found` where
 * there is none, and with `usage` naming line and column where values.yaml is no YAML. `packageRoot` is that of this installation.
 */
export async function openProject(start: string, packageRoot: string): Promise<Project> {
  const root = await findRoot(start);
  await settleIfPossible(root);
  const paths = Object.fromEntries(Object.entries(projectPaths).map(([name, path]) => [name, join(root, path)])) as Project['paths'];
  const [valuesText, stageFolders] = await Promise.all([readText(paths.values, root), listStageFolders(paths.stages)]);
  const { defaultWorkflow, workflows, stages, problems } = readModel(readValues(valuesText, projectPaths.values), { file: projectPaths.values, root, packageRoot });
  const findStage = (name: string) => stages.find((stage) => stage.name === name);
  return {
    root, paths, valuesText, defaultWorkflow, stageFolders, shapeProblems: problems,
    workflows: () => workflows,
    stages: () => stages,
    findStage,
    workflow: (id) => workflows.find((workflow) => workflow.id === id) ?? fail('workflow', id, workflows.map((workflow) => workflow.id), 'create_workflow'),
    stage: (name) => findStage(name) ?? fail('stage', name, stages.map((stage) => stage.name), 'create_stage'),
  };
}

function fail(kind: 'workflow' | 'stage', name: string, known: readonly string[], create: string): never {
  const near = nearest(name, known);
  throw new ClaraError('not-found', `there is no ${kind} ${quoted(name)} (there ${known.length === 1 ? 'is' : 'are'} ${known.map(visible).join(', ') || 'none'})`, {
    hint: near === undefined ? `\`clara-wf ${create}\` makes one` : `did you mean ${quoted(near)}?`,
  });
}

async function findRoot(start: string): Promise<string> {
  let folder: string;
  try {
    folder = await realpath(resolve(start));
  } catch (thrown) {
    throw new ClaraError('not-found', `the folder ${quoted(start, 200)} cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
  for (let candidate = folder; ; candidate = dirname(candidate)) {
    if (await isFile(join(candidate, projectPaths.values))) return candidate;
    if (dirname(candidate) === candidate) break;
  }
  throw new ClaraError('not-found', `${quoted(folder, 200)} is not in a workflow project: neither it nor a folder above it holds ${projectPaths.values}`, {
    hint: '`clara-wf init DIR` makes one; `-C DIR` names the folder of another one',
  });
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (thrown) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(thrown) ?? '')) return false;
    throw thrown;
  }
}

/** Text that is written back unchanged has to be read without loss. */
async function readText(path: string, root: string): Promise<string> {
  const shown = relative(root, path);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (thrown) {
    throw new ClaraError('failed', `${shown} cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) throw new ClaraError('usage', `${shown} is not UTF-8 text`, { hint: 'save it as UTF-8' });
  return text;
}

async function listStageFolders(folder: string): Promise<readonly string[]> {
  try {
    const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => name !== templateStage && !name.startsWith('.'));
    // Helm follows links, too.
    const isFolder = async (entry: Dirent) => entry.isDirectory() || (entry.isSymbolicLink() && (await stat(join(folder, entry.name)).catch(() => undefined))?.isDirectory() === true);
    const folders = await Promise.all(entries.map(isFolder));
    return entries.filter((_, index) => folders[index]).map(({ name }) => name).sort();
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return [];
    throw new ClaraError('failed', `the stages cannot be listed (${messageOf(thrown)})`, { cause: thrown });
  }
}
