import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** A plugin that answers a command line, and what is left of the line for it. */
export interface FoundPlugin {
  readonly path: string;
  readonly args: readonly string[];
}

export const prefix = 'clara-';
const longestFileName = 255;

/** The file name behind words of a command line: a dash inside a word is an underscore in the name (docs/plugins.md). */
export function fileNameOf(words: readonly string[]): string {
  return prefix + words.map((word) => word.replaceAll('-', '_')).join('-');
}

/** The words that a file name stands for, dashes where it has underscores; undefined where no words lead to it. */
export function wordsOf(fileName: string): readonly string[] | undefined {
  if (!fileName.startsWith(prefix)) return undefined;
  const words = fileName.slice(prefix.length).split('-').map((word) => word.replaceAll('_', '-'));
  // What begins with a dash is a flag, unless it is typed with an underscore.
  return words.includes('') ? undefined : words.map((word) => word.replace(/^-+/, (dashes) => '_'.repeat(dashes.length)));
}

/**
 * The plugin for a command line, by kubectl's rules: the words before the first flag name it, longest name first;
 * a dash inside a word is an underscore in the file name. `locate` says where an executable of a name is.
 */
export function findPlugin(argv: readonly string[], locate: (fileName: string) => string | undefined): FoundPlugin | undefined {
  const words = nameWords(argv);
  for (let count = words.length; count > 0; count -= 1) {
    const fileName = fileNameOf(words.slice(0, count));
    const path = Buffer.byteLength(fileName) > longestFileName ? undefined : locate(fileName);
    if (path !== undefined) return { path, args: argv.slice(count) };
  }
  return undefined;
}

/** The leading words of a command line that may be part of a plugin's name. */
function nameWords(argv: readonly string[]): readonly string[] {
  const end = argv.findIndex((word) => word.startsWith('-') || word === '' || /[/\0]/.test(word));
  return end === -1 ? argv : argv.slice(0, end);
}

/** The first folder that has an executable file of this name. */
export function locateIn(folders: readonly string[]): (fileName: string) => string | undefined {
  return (fileName) => folders.map((folder) => join(folder, fileName)).find(isProgram);
}

/** The file that would answer a command line if only it were executable. */
export function findUnexecutable(argv: readonly string[], folders: readonly string[]): string | undefined {
  return findPlugin(argv, (fileName) => folders.map((folder) => join(folder, fileName)).find((path) => isFile(path) && !isProgram(path)))?.path;
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return isFile(path);
  } catch {
    // Absent, or not ours to run: the search goes on.
    return false;
  }
}

export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Nothing there, or the way to it is no folder, a loop of links, or barred.
    return false;
  }
}
