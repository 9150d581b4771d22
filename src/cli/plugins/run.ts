import { runMain } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { adoptPluginEnvironment, loadSettings, pluginEnvironment, pluginFolders, programPath, type Settings } from '../../config/settings.ts';
import { builtInNames } from '../built-in-names.ts';
import { findPlugin, locateIn, type FoundPlugin } from './find.ts';
import { isForThisNode } from './interpreter.ts';

/** Where plugins of this installation may lie, in the order of the search. */
export function searchFolders(packageRoot: string): readonly string[] {
  return pluginFolders(bundledFolder(packageRoot));
}

export function bundledFolder(packageRoot: string): string {
  return join(packageRoot, 'plugins');
}

/** The `clara` that a plugin may call back. */
export function claraProgramOf(packageRoot: string): string {
  return join(packageRoot, 'bin', 'clara');
}

/**
 * Runs the plugin that a command line names, if it does, and returns the exit status to end with. What runs in this very
 * process ends it, too: then nothing is returned. Fails where the settings cannot be read or the file cannot be run.
 */
export async function runAsPlugin(argv: readonly string[], packageRoot: string): Promise<number | undefined> {
  // `clara help hello` asks the plugin as `clara hello --help` does.
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
  if (words.length === 0 || builtInNames.includes(words[0]!)) return undefined;
  const plugin = findPlugin(words, locateIn(searchFolders(packageRoot)));
  return plugin === undefined ? undefined : runInOurPlace(plugin, packageRoot, await loadSettings());
}

/** Our streams and signals are as we were given them: nothing has touched them yet. */
async function runInOurPlace(plugin: FoundPlugin, packageRoot: string, settings: Settings): Promise<number> {
  const bin = claraProgramOf(packageRoot);
  const isBundled = dirname(plugin.path) === bundledFolder(packageRoot);
  if (!isBundled && !isForThisNode(plugin.path, programPath())) {
    const [{ runInForeground }, { isatty }] = await Promise.all([import('../../system/run/foreground.ts'), import('node:tty')]);
    return runInForeground(plugin.path, plugin.args, { env: pluginEnvironment(bin, settings), onTerminal: [0, 1, 2].some((fd) => isatty(fd)) });
  }
  // To start Node.js a second time would double what the plugin takes.
  process.argv = [process.execPath, plugin.path, ...plugin.args];
  adoptPluginEnvironment(bin, settings);
  // Ours are compiled; their files in plugins/ only look for a Node.js that is new enough.
  const program = `./${basename(plugin.path)}.cjs`;
  if (isBundled) await import(program);
  // As Node.js itself runs a program. Not from within a promise of ours: what the plugin throws is its own to report.
  else setImmediate(() => runMain());
  return new Promise(() => undefined);
}
