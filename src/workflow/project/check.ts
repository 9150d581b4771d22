import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ClaraError, systemCode } from '../../core/errors.ts';
import { nearest } from '../../core/text/nearest.ts';
import { findMarks, pairOf } from '../values/marks.ts';
import { lockOf, problemLine, type Problem, type Stage, type Workflow } from './model.ts';
import { stageNameProblem } from './names.ts';
import { projectPaths, type Project } from './open.ts';

/** Files that every stage has. */
const stageFiles = ['container.yaml', 'volume.yaml'];

/**
 * Everything that is wrong with a project, in the order of values.yaml, then of folders. With `workflow`, what keeps that one from running: problems of other workflows and of stages that it does not
 * use are left out, and a stage that does not exist is an error.
 */
export async function checkProject(project: Project, workflow?: string): Promise<readonly Problem[]> {
  const chosen = workflow === undefined ? undefined : project.workflow(workflow);
  const stages = project.stages().filter(({ name }) => chosen === undefined || chosen.stages.includes(name));
  const folders = project.stageFolders.filter((name) => chosen === undefined || chosen.stages.includes(name));
  const found = [
    ...project.shapeProblems.filter((problem) => problem.workflow === undefined || chosen === undefined || problem.workflow === chosen.id),
    ...checkDefault(project, chosen),
    ...(chosen === undefined ? project.workflows() : [chosen]).flatMap((each) => checkWorkflow(project, each, chosen === undefined ? 'warning' : 'error')),
    ...stages.flatMap((stage) => checkStage(project, stage)),
    ...checkMarks(project, chosen),
  ].sort((left, right) => (left.at?.line ?? 0) - (right.at?.line ?? 0) || (left.at?.column ?? 0) - (right.at?.column ?? 0));
  return [...found, ...(await Promise.all(folders.map((name) => checkFolder(project, name)))).flat()];
}

/** Fails with `usage` listing what keeps a workflow from running; returns the warnings. */
export async function assertRunnable(project: Project, workflow: string): Promise<readonly Problem[]> {
  const problems = await checkProject(project, workflow);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return problems;
  throw new ClaraError('usage', `the workflow \`${workflow}\` cannot run: ${errors.length === 1 ? 'there is an error' : `there are ${errors.length} errors`}`, {
    details: errors.map(problemLine), hint: '`clara-wf lint` checks again',
  });
}

function inValues(at: Problem['at'], message: string, severity: Problem['severity'] = 'error', workflow?: string): Problem {
  return { severity, message, file: projectPaths.values, at, ...(workflow === undefined ? {} : { workflow }) };
}

function checkDefault(project: Project, chosen: Workflow | undefined): readonly Problem[] {
  const id = project.defaultWorkflow;
  if (chosen !== undefined || id === undefined || project.workflows().some((workflow) => workflow.id === id)) return [];
  return [inValues(undefined, `workflow.id is \`${id}\`, which is no workflow`)];
}

/** Pure: what is wrong with the lists of one workflow, as far as their lengths fit. */
export function checkWorkflow(project: Pick<Project, 'findStage' | 'stages'>, workflow: Workflow, unknownStage: Problem['severity']): readonly Problem[] {
  const { id, stages, waitLocks, ioFolders, entries, position } = workflow;
  const problems: Problem[] = [];
  const complain = (at: Problem['at'], message: string, severity: Problem['severity'] = 'error') => problems.push(inValues(at ?? position, `the workflow \`${id}\`: ${message}`, severity, id));
  const written: string[] = [];
  for (const [index, name] of stages.entries()) {
    if (stages.indexOf(name) < index) complain(entries?.stages[index], `the stage \`${name}\` stands there twice`);
    const stage = project.findStage(name);
    const at = entries?.stages[index];
    if (stage === undefined) {
      const near = nearest(name, project.stages().map((known) => known.name));
      complain(at, `there is no stage \`${name}\`${near === undefined ? ` (\`clara-wf cs ${name}\` makes it)` : `; did you mean \`${near}\`?`}`, unknownStage);
    }
    const lock = waitLocks[index];
    if (lock === '' && index > 0) complain(entries?.waitLocks[index], `\`${name}\` does not wait for a lock: it would begin before \`${stages[index - 1]!}\` is done`);
    if (lock !== undefined && lock !== '' && !written.includes(lock)) {
      complain(entries?.waitLocks[index], written.length === 0 ? `\`${name}\` is the first stage and waits for \`${lock}\`, which none writes` : `\`${name}\` waits for \`${lock}\`, which no stage before it writes (they write ${written.join(', ')})`);
    }
    const own = stage?.lockName ?? lockOf(name);
    if (written.includes(own)) complain(at, `\`${name}\` writes the lock \`${own}\`, as a stage before it does`);
    written.push(own);
  }
  for (const [index, folder] of ioFolders.entries()) {
    if (folder === '' || folder.startsWith('/') || folder.split('/').includes('..')) complain(entries?.ioFolders[index], `ioFolders: ${JSON.stringify(folder)} is no folder below the payload`);
  }
  return problems;
}

function checkStage(project: Project, stage: Stage): readonly Problem[] {
  const problems: Problem[] = [];
  const complain = (message: string, severity: Problem['severity'] = 'error') => problems.push(inValues(stage.position, `the stage \`${stage.name}\`: ${message}`, severity));
  const name = stageNameProblem(stage.name);
  if (name !== undefined) complain(`its name ${name}`);
  if (stage.stageName !== stage.name) complain(`stageName is \`${stage.stageName}\``, 'warning');
  if (!stage.appDir.startsWith('/')) complain(`appDir \`${stage.appDir}\` is not an absolute path`);
  if (stage.lockDir.replace(/\/+$/, '') !== `${stage.appDir.replace(/\/+$/, '')}/locks`) complain(`lockDir is \`${stage.lockDir}\`; the locks that stages share are mounted at \`${stage.appDir}/locks\``);
  if (!project.stageFolders.includes(stage.name)) complain(`it has no folder ${projectPaths.stages}/${stage.name}`);
  return problems;
}

function checkMarks(project: Project, chosen: Workflow | undefined): readonly Problem[] {
  const marks = findMarks(project.valuesText);
  const names = new Set([...marks.map(({ stage }) => stage), ...project.stages().map(({ name }) => name)]);
  return [...names].filter((name) => chosen === undefined || chosen.stages.includes(name)).flatMap((name) => {
    const pair = pairOf(marks, name);
    const stage = project.findStage(name);
    switch (pair.kind) {
      case 'broken': return [inValues(pair.position, pair.reason, chosen === undefined ? 'error' : 'warning')];
      case 'none': return stage === undefined ? [] : [inValues(stage.position, `the stage \`${name}\` has no marks ##BEGIN_${name}## and ##END_${name}## around it; \`clara-wf ds\` needs them`, 'warning')];
      case 'pair':
        if (stage === undefined) return [inValues(pair.begin.position, `there is no stage \`${name}\` between its marks`)];
        return stage.position.line > pair.begin.position.line && stage.position.line < pair.end.position.line ? []
          : [inValues(pair.begin.position, `the stage \`${name}\` (line ${stage.position.line}) is not between its marks`)];
    }
  });
}

async function checkFolder(project: Project, name: string): Promise<readonly Problem[]> {
  const folder = `${projectPaths.stages}/${name}`;
  const missing: string[] = [];
  for (const file of stageFiles) if (!(await isThere(join(project.root, folder, file)))) missing.push(file);
  return [
    ...(project.findStage(name) === undefined ? [{ severity: 'error' as const, message: `there is no block of the stage \`${name}\` in ${projectPaths.values}`, file: folder, at: undefined }] : []),
    ...missing.map((file) => ({ severity: 'error' as const, message: `the stage \`${name}\` has no ${file}`, file: folder, at: undefined })),
  ];
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}
