import { loadSettings } from '../config/settings.ts';
import { type Surroundings } from './context.ts';
import { verbs } from './declarations/index.ts';
import { perform } from './perform.ts';
import { firstWord, parseCommandLine } from './program/parse.ts';

/** Runs one command line and returns the exit status of success, or that of a plugin; failures are thrown. */
export async function execute(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const words = argv[0] === 'help' && argv.length > 1 ? [...argv.slice(1), '--help'] : argv;
  const [first = ''] = words;
  const isBuiltIn = verbs.some(({ name }) => name === first);
  if (first !== '' && !first.startsWith('-') && !isBuiltIn) {
    const code = await tryPlugin(words, surroundings);
    if (code !== undefined) return code;
  }
  // Only the top page of the help names plugins, and a wrong command may have meant one.
  const plugins = firstWord(words) === undefined ? await pluginNames(surroundings.packageRoot) : [];
  const request = parseCommandLine(verbs, words, plugins);
  await perform(request, verbs.find(({ name }) => name === 'version')!.commands[0]!, surroundings);
  return 0;
}

async function tryPlugin(words: readonly string[], { io, packageRoot, handOver }: Surroundings): Promise<number | undefined> {
  const { findPlugin, locateIn, runPlugin, searchFolders } = await import('./plugins.ts');
  const plugin = findPlugin(words, locateIn(searchFolders(packageRoot)));
  if (plugin === undefined) return undefined;
  const settings = await loadSettings();
  const { stdin, stdout, stderr } = io.terminal;
  handOver();
  return runPlugin(plugin, packageRoot, settings, Boolean(stdin.isTTY || stdout.isTTY || stderr.isTTY));
}

async function pluginNames(packageRoot: string): Promise<readonly string[]> {
  const { listPlugins } = await import('./plugins.ts');
  return listPlugins(packageRoot);
}
