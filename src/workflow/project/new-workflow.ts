import { ClaraError } from '../../core/errors.ts';
import { insertBlock } from '../values/edit.ts';
import { type Change } from './change.ts';
import { usualFolders } from './model.ts';
import { checkWorkflowId, yamlText } from './names.ts';
import { projectPaths, type Project } from './open.ts';

/** The change that adds a workflow over stages that exist, each waiting for the lock of the one before. */
export function planWorkflow(project: Project, id: string, names: readonly string[], args: ReadonlyMap<string, readonly string[]>): Change {
  checkWorkflowId(id);
  const there = project.workflows().find((workflow) => workflow.id === id);
  if (there !== undefined) throw new ClaraError('usage', `there is a workflow \`${id}\` already: ${projectPaths.values}, line ${there.position.line}`, { hint: 'choose another id, or edit that one' });
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ClaraError('usage', `the stage \`${twice}\` stands there twice; a workflow runs each stage once`);
  const stages = names.map((name) => project.stage(name));
  const foreign = [...args.keys()].find((name) => !names.includes(name));
  if (foreign !== undefined) throw new ClaraError('usage', `--arg: \`${foreign}\` is none of the stages (${names.join(', ')})`);
  const block = [
    `${yamlText(id)}:`,
    '  stages:', ...names.map((name) => `    - ${yamlText(name)}`),
    '  waitLocks:', ...stages.map((_, index) => `    - ${index === 0 ? '""' : yamlText(stages[index - 1]!.lockName)}`),
    '  args:', ...names.map((name) => `    - ${args.has(name) ? `[${args.get(name)!.map((word) => JSON.stringify(word)).join(', ')}]` : '""'}`),
    '  ioFolders:', ...usualFolders(names).map((folder) => `    - ${yamlText(folder)}`),
  ].map((line) => `  ${line}\n`).join('');
  return { root: project.root, valuesFile: project.paths.values, before: project.valuesText, after: insertBlock(project.valuesText, 'workflows', id, block, projectPaths.values) };
}
