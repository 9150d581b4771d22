import { join } from 'node:path';
import { loadSettings } from '../config/settings.ts';
import { createContext } from './context.ts';
import { verbs } from './declarations/index.ts';
import { type Io } from './output/io.ts';
import { type Command } from './program/declare.ts';
import { firstWord, parseCommandLine, type Globals } from './program/parse.ts';

/** What the process lends to a command line. */
export interface Surroundings {
  readonly io: Io;
  readonly signal: AbortSignal;
  readonly packageRoot: string;
  /** Called when another program takes over the terminal and the signals. */
  readonly handOver: () => void;
}

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
  switch (request.kind) {
    case 'help':
      await surroundings.io.write(request.text);
      return 0;
    case 'version':
      await run(verbs.find(({ name }) => name === 'version')!.commands[0]!, {}, [], { config: undefined, host: undefined, verbose: false }, surroundings);
      return 0;
    case 'run':
      await run(request.command, request.options, request.args, request.globals, surroundings);
      return 0;
  }
}

async function run(command: Command, options: Record<string, unknown>, args: readonly string[], globals: Globals, surroundings: Surroundings): Promise<void> {
  const context = createContext(surroundings.io, surroundings.signal, globals, surroundings.packageRoot);
  try {
    const work = await command.load();
    await work(context, options, args);
  } finally {
    context.close();
  }
}

async function tryPlugin(words: readonly string[], { io, packageRoot, handOver }: Surroundings): Promise<number | undefined> {
  const { findPlugin, locateIn, runPlugin, searchFolders } = await import('./plugins.ts');
  const plugin = findPlugin(words, locateIn(searchFolders(packageRoot)));
  if (plugin === undefined) return undefined;
  const settings = await loadSettings();
  const { stdin, stdout, stderr } = io.terminal;
  handOver();
  return runPlugin(plugin, join(packageRoot, 'bin', 'clara'), settings, Boolean(stdin.isTTY || stdout.isTTY || stderr.isTTY));
}

async function pluginNames(packageRoot: string): Promise<readonly string[]> {
  const { listPlugins } = await import('./plugins.ts');
  return listPlugins(packageRoot);
}
