import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { insertBlock, removeBlock } from '../values/edit.ts';
import { findMarks, pairOf } from '../values/marks.ts';
import { type Change } from './change.ts';
import { checkStageName, yamlText } from './names.ts';
import { projectPaths, templateStage, type Project } from './open.ts';

/** What stands for the name in the files that new stages are copied from. */
const placeholder = '__STAGE__';

/** What a new stage is given instead of the defaults. */
export interface StageWishes {
  /** `repository[:tag]`. */
  readonly image: string | undefined;
  /** The container's command, one word an entry; empty: that of the image. */
  readonly command: readonly string[];
  /** Folder that the image is built from, and its Dockerfile; relative to the current folder. */
  readonly build: { readonly context: string; readonly dockerfile: string | undefined } | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
}

/** The change that adds a stage. Fails with `usage`, before anything is touched, where the name is no name or taken. */
export async function planNewStage(project: Project, name: string, wishes: StageWishes): Promise<Change> {
  checkStageName(name);
  const taken = project.stageFolders.includes(name) ? `its folder is ${projectPaths.stages}/${name}`
    : project.findStage(name) !== undefined ? `its block is in ${projectPaths.values}, line ${project.stage(name).position.line}`
      : pairOf(findMarks(project.valuesText), name).kind !== 'none' ? `its marks are in ${projectPaths.values}` : undefined;
  if (taken !== undefined) throw new ClaraError('usage', `there is a stage \`${name}\` already: ${taken}`, { hint: `\`clara-wf ds ${name} --force\` deletes it` });
  const template = join(project.paths.stages, templateStage);
  const block = wish(fill(await readTemplate(project.paths.stageValues, project), name), wishes, project.root);
  const files = new Map<string, string>();
  for (const file of await listTemplate(template, project)) {
    files.set(file.split(sep).map((part) => part.replace(/^_/, '')).join(sep), fill(await readTemplate(join(template, file), project), name));
  }
  const after = insertBlock(project.valuesText, 'stages', name, block, projectPaths.values);
  if (pairOf(findMarks(after), name).kind !== 'pair') {
    throw new ClaraError('failed', `${projectPaths.stageValues} has no marks ##BEGIN_${placeholder}## and ##END_${placeholder}##`, { hint: 'they are what `clara-wf ds` finds the block by' });
  }
  return { root: project.root, valuesFile: project.paths.values, before: project.valuesText, after, folder: { kind: 'add', path: join(project.paths.stages, name), files } };
}

export interface Removal {
  readonly change: Change;
  /** Ids of the workflows that list the stage. */
  readonly usedBy: readonly string[];
}

/**
 * The change that deletes a stage. Fails with `not-found` where there is none, and with `usage` where folder and block do not belong together; `force`
 * deletes what there is.
 */
export function planRemoval(project: Project, name: string, force: boolean): Removal {
  // "template" and whatever else is no stage must not be found.
  const hasFolder = project.stageFolders.includes(name);
  const pair = pairOf(findMarks(project.valuesText), name);
  const hasBlock = pair.kind !== 'none' || project.findStage(name) !== undefined;
  if (!hasFolder && !hasBlock) {
    if (name === templateStage) throw new ClaraError('usage', `\`${templateStage}\` is no stage, but the folder that stages are copied from`);
    project.stage(name);
  }
  const hint = `\`clara-wf ds ${name} --force\` deletes what there is`;
  if (!hasBlock && !force) throw new ClaraError('usage', `the stage \`${name}\` has a folder and no block in ${projectPaths.values}`, { hint });
  if (!hasFolder && !force) throw new ClaraError('usage', `the stage \`${name}\` has a block in ${projectPaths.values} and no folder ${projectPaths.stages}/${name}`, { hint });
  const after = hasBlock ? removeBlock(project.valuesText, name, projectPaths.values) : project.valuesText;
  return {
    change: {
      root: project.root, valuesFile: project.paths.values, before: project.valuesText, after,
      ...(hasFolder ? { folder: { kind: 'remove' as const, path: join(project.paths.stages, name) } } : {}),
    },
    usedBy: project.workflows().filter(({ stages }) => stages.includes(name)).map(({ id }) => id),
  };
}

function fill(text: string, name: string): string {
  return text.replaceAll(placeholder, name);
}

/** Sets image, command and build in the text of a block. */
function wish(block: string, { image, command, build, buildArgs }: StageWishes, root: string): string {
  let text = block;
  if (image !== undefined) {
    const { repository, tag } = splitImage(image);
    text = replaceValue(replaceValue(text, 'repository', repository), 'tag', tag);
  }
  const added = [
    ...(command.length === 0 ? [] : ['command:', ...command.map((word) => `  - ${JSON.stringify(word)}`)]),
    ...(build === undefined ? [] : [
      'build:', `  context: ${JSON.stringify(storedPath(build.context, root))}`,
      ...(build.dockerfile === undefined ? [] : [`  dockerfile: ${JSON.stringify(storedPath(build.dockerfile, root))}`]),
      ...(buildArgs.size === 0 ? [] : ['  args:', ...[...buildArgs].map(([key, value]) => `    ${yamlText(key)}: ${JSON.stringify(value)}`)]),
    ]),
  ];
  if (added.length === 0) return text;
  // Before the mounts, where the image is; a template without them gets it at the end.
  const at = /^( *)mount:/m.exec(text) ?? /^( *)##END_/m.exec(text);
  const indent = ' '.repeat((at?.[1] ?? '').length + (at !== null && /##END_/.test(at[0]) ? 2 : 0));
  const where = at?.index ?? text.length;
  return `${text.slice(0, where)}${added.map((line) => `${indent}${line}\n`).join('')}${text.slice(where)}`;
}

function replaceValue(block: string, key: string, value: string): string {
  const line = new RegExp(`^( *${key}: *).*$`, 'm');
  if (!line.test(block)) throw new ClaraError('failed', `${projectPaths.stageValues} has no line \`${key}:\` to put the image into`);
  return block.replace(line, (_, before: string) => before + yamlText(value));
}

/** The tag is what follows the last colon, unless a slash comes after that (a registry's port). */
function splitImage(image: string): { readonly repository: string; readonly tag: string } {
  if (!/^[A-Za-z0-9][A-Za-z0-9._\/:-]*$/.test(image) || image.endsWith(':')) {
    throw new ClaraError('usage', `--image: ${JSON.stringify(image)} is not repository[:tag]`);
  }
  const colon = image.lastIndexOf(':');
  return colon < 0 || image.includes('/', colon) ? { repository: image, tag: 'latest' } : { repository: image.slice(0, colon), tag: image.slice(colon + 1) };
}

/** Relative to the project, so that a copy of it works; what begins with `${clara}` is found anywhere. */
function storedPath(path: string, root: string): string {
  if (path === '${clara}' || path.startsWith('${clara}/')) return path;
  return relative(root, resolve(path)) || '.';
}

async function readTemplate(path: string, project: Project): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw templateMissing(path, project, thrown);
  }
}

async function listTemplate(folder: string, project: Project): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
  } catch (thrown) {
    throw templateMissing(folder, project, thrown);
  }
}

function templateMissing(path: string, project: Project, thrown: unknown): ClaraError {
  const why = systemCode(thrown) === 'ENOENT' ? 'it is missing' : messageOf(thrown);
  return new ClaraError('failed', `new stages are copied from ${relative(project.root, path)}, which cannot be read (${why})`, { cause: thrown, hint: '`clara-wf init` in another folder makes one to copy' });
}
