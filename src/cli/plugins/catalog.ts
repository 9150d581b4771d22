import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, systemCode } from '../../core/errors.ts';
import { isFile, isProgram, prefix, wordsOf } from './find.ts';
import { readSidecar } from './sidecar.ts';

/** Why a plugin's file is not run, or not as it was meant to. */
export type PluginProblem =
  | { readonly kind: 'shadowed'; readonly by: string }
  | { readonly kind: 'hidden'; readonly by: string }
  | { readonly kind: 'not-executable' }
  | { readonly kind: 'no-name' }
  | { readonly kind: 'no-target' }
  | { readonly kind: 'interpreter'; readonly reason: string }
  | { readonly kind: 'sidecar'; readonly reason: string };

export interface PluginFile {
  /** As typed after `clara`: `foo bar`. The file's name where no words lead to it. */
  readonly name: string;
  readonly path: string;
  readonly summary: string | undefined;
  readonly completion: boolean;
  readonly problems: readonly PluginProblem[];
}

/** A plugin folder that is there and cannot be looked into. */
export interface UnreadableFolder {
  readonly path: string;
  readonly reason: string;
}

export interface Catalog {
  /** In the order of the search; shadowed ones as well. */
  readonly files: readonly PluginFile[];
  readonly unreadable: readonly UnreadableFolder[];
}

/** Everything in these folders that looks like a plugin, and what is wrong with it. Runs none of it. */
export function surveyPlugins(folders: readonly string[], builtIns: readonly string[]): Catalog {
  const files: PluginFile[] = [];
  const unreadable: UnreadableFolder[] = [];
  const winners = new Map<string, string>();
  for (const folder of uniqueFolders(folders)) {
    for (const fileName of namesIn(folder, unreadable)) {
      const path = join(folder, fileName);
      const winner = winners.get(fileName);
      // The same program by another way, as npm links the bundled ones.
      if (winner !== undefined && sameFile(winner, path)) continue;
      const file = look(path, fileName, winner, builtIns);
      if (file === undefined) continue;
      if (winner === undefined && isProgram(path)) winners.set(fileName, path);
      files.push(file);
    }
  }
  return { files, unreadable };
}

const fatal: readonly PluginProblem['kind'][] = ['shadowed', 'hidden', 'not-executable', 'no-name', 'no-target'];

/** Those that a command line can reach, sorted by name. */
export function reachablePlugins(folders: readonly string[], builtIns: readonly string[]): readonly PluginFile[] {
  return surveyPlugins(folders, builtIns).files.filter(({ problems }) => !problems.some(({ kind }) => fatal.includes(kind)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A problem as a part of a sentence. */
export function describeProblem(problem: PluginProblem): string {
  switch (problem.kind) {
    case 'shadowed': return `shadowed by ${problem.by}`;
    case 'hidden': return `hidden by the built-in \`${problem.by}\``;
    case 'not-executable': return 'not executable';
    case 'no-name': return 'its name stands for no command';
    case 'no-target': return 'a link to nothing';
    case 'interpreter':
    case 'sidecar': return problem.reason;
  }
}

function look(path: string, fileName: string, winner: string | undefined, builtIns: readonly string[]): PluginFile | undefined {
  const words = wordsOf(fileName);
  const [first = ''] = words ?? [];
  const problems: PluginProblem[] = [];
  if (words === undefined) problems.push({ kind: 'no-name' });
  if (builtIns.includes(first)) problems.push({ kind: 'hidden', by: first });
  if (!isFile(path)) {
    // A folder of that name is nobody's plugin; a link that leads nowhere was one.
    if (!isBrokenLink(path)) return undefined;
    problems.push({ kind: 'no-target' });
  } else if (!isProgram(path)) {
    problems.push({ kind: 'not-executable' });
  } else if (winner !== undefined) {
    problems.push({ kind: 'shadowed', by: winner });
  }
  const sidecar = readSidecar(path);
  if (sidecar.problem !== undefined) problems.push({ kind: 'sidecar', reason: sidecar.problem });
  return { name: words?.join(' ') ?? fileName, path, summary: sidecar.summary, completion: sidecar.completion, problems };
}

function namesIn(folder: string, unreadable: UnreadableFolder[]): string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith(prefix) && !name.endsWith('.json')).sort();
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') unreadable.push({ path: folder, reason: reasonOf(thrown) });
    return [];
  }
}

const reasons: Readonly<Record<string, string>> = { EACCES: 'permission denied', ENOTDIR: 'it is not a folder', ELOOP: 'a link that leads to itself' };

function reasonOf(thrown: unknown): string {
  return reasons[systemCode(thrown) ?? ''] ?? messageOf(thrown);
}

/** PATH often names a folder twice, once by a link. */
function uniqueFolders(folders: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return folders.filter((folder) => {
    const real = realOf(folder) ?? folder;
    return seen.size !== seen.add(real).size;
  });
}

function sameFile(one: string, other: string): boolean {
  const real = realOf(other);
  return real !== undefined && realOf(one) === real;
}

function isBrokenLink(path: string): boolean {
  return realOf(path) === undefined;
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    // Not there, or a link to what is not there.
    return undefined;
  }
}
