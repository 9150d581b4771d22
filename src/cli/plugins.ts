import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { adoptPluginEnvironment, pluginEnvironment, pluginFolders, type Settings } from '../config/settings.ts';
import { runInForeground } from '../system/run/foreground.ts';

/** A plugin that answers a command line, and what is left of the line for it. */
export interface FoundPlugin {
  readonly path: string;
  readonly args: readonly string[];
}

const longestFileName = 255;

/**
 * The plugin for a command line, by kubectl's rules: the words before the first flag name it, longest name first;
 * a dash inside a word is an underscore in the file name. `locate` says where an executable of a name is.
 */
export function findPlugin(argv: readonly string[], locate: (fileName: string) => string | undefined): FoundPlugin | undefined {
  const end = argv.findIndex((word) => word.startsWith('-') || word === '' || /[/\0]/.test(word));
  const words = end === -1 ? argv : argv.slice(0, end);
  for (let count = words.length; count > 0; count -= 1) {
    const fileName = ['clara', ...words.slice(0, count).map((word) => word.replaceAll('-', '_'))].join('-');
    const path = Buffer.byteLength(fileName) > longestFileName ? undefined : locate(fileName);
    if (path !== undefined) return { path, args: argv.slice(count) };
  }
  return undefined;
}

/** The first folder that has an executable file of this name. */
export function locateIn(folders: readonly string[]): (fileName: string) => string | undefined {
  return (fileName) => folders.map((folder) => join(folder, fileName)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Absent, or not ours to run: the search goes on.
    return false;
  }
}

/** Where plugins of this installation may lie, in the order of the search. */
export function searchFolders(packageRoot: string): readonly string[] {
  return pluginFolders(join(packageRoot, 'plugins'));
}

/** The first words of the plugins in the bundled and the user's folder, for help and completion; PATH is left out, it may be slow. */
export function listPlugins(packageRoot: string): readonly string[] {
  const names = searchFolders(packageRoot).slice(0, 2).flatMap((folder) => programsIn(folder));
  return [...new Set(names)].sort();
}

function programsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith('clara-') && isProgram(join(folder, name)))
      .map((name) => name.slice('clara-'.length).split('-')[0]!.replaceAll('_', '-'));
  } catch {
    // Most users have no such folder.
    return [];
  }
}

/** Runs a plugin in our place and returns the exit status to end with. */
export async function runPlugin(plugin: FoundPlugin, packageRoot: string, settings: Settings, onTerminal: boolean): Promise<number> {
  const bin = join(packageRoot, 'bin', 'clara');
  // Ours are programs of this installation: they go on in this process, which has Node.js and compiled code already.
  if (dirname(plugin.path) === join(packageRoot, 'plugins')) {
    process.argv = [process.execPath, plugin.path, ...plugin.args];
    adoptPluginEnvironment(bin, settings);
    const program = `./${basename(plugin.path)}.cjs`;
    await import(program);
    // It ends the process.
    return new Promise(() => undefined);
  }
  return runInForeground(plugin.path, plugin.args, { env: pluginEnvironment(bin, settings), onTerminal });
}
