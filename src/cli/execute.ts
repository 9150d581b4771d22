import { ClaraError } from '../core/errors.ts';
import { builtInNames } from './built-in-names.ts';
import { type Surroundings } from '../terminal/context.ts';
import { verbs } from './declarations/index.ts';
import { perform } from '../terminal/perform.ts';
import { type PluginName } from '../terminal/program/help.ts';
import { firstWord, parseCommandLine } from '../terminal/program/parse.ts';

/** Runs one command line that no plugin has answered and returns the exit status of success; failures are thrown. `pluginFailed`: one should have. */
export async function execute(argv: readonly string[], surroundings: Surroundings, pluginFailed = false): Promise<number> {
  if (pluginFailed) {
    surroundings.handOver();
    const { runAsPlugin } = await import('./plugins/run.ts');
    const code = await runAsPlugin(argv, surroundings.packageRoot);
    if (code !== undefined) return code;
  }
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
  // Only the top page of the help names plugins, and a wrong command may have meant one.
  const command = firstWord(words);
  const plugins = command === undefined || !builtInNames.includes(command) ? await pluginNames(words, surroundings.packageRoot) : [];
  const request = parseCommandLine(verbs, words, plugins);
  await perform(request, verbs.find(({ name }) => name === 'version')!.commands[0]!, surroundings);
  return 0;
}

/** Fails where the words name a plugin that may not be run. */
async function pluginNames(words: readonly string[], packageRoot: string): Promise<readonly PluginName[]> {
  const [{ reachablePlugins }, { searchFolders }, { findUnexecutable }] = await Promise.all([import('./plugins/catalog.ts'), import('./plugins/run.ts'), import('./plugins/find.ts')]);
  const folders = searchFolders(packageRoot);
  const file = findUnexecutable(words, folders);
  if (file !== undefined) throw new ClaraError('usage', `the plugin ${file} is not executable`, { hint: `run \`chmod +x ${file}\`` });
  return reachablePlugins(folders, builtInNames);
}
