import { Command as Commander, CommanderError, Option } from 'commander';
import { ClaraError } from '../../core/errors.ts';
import { nearest } from '../../core/text/nearest.ts';
import { type CommandGlobals } from '../context.ts';
import { isCalled, otherNumber, type Command, type Verb } from './declare.ts';
import { globalsOf } from './global-flags.ts';
import { claraProgram, describeCommand, describeProgram, describeVerb, type PluginName, type Program } from './help.ts';
import { longName, shortName, valueName, type OptionSpec } from './options.ts';

export interface Globals extends CommandGlobals {
  readonly verbose: boolean;
}

/** What a command line asks for. */
export type Request =
  | { readonly kind: 'run'; readonly command: Command; readonly options: Record<string, unknown>; readonly args: readonly string[]; readonly globals: Globals }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' };

/**
 * Reads a command line without running anything. Complaints are ClaraErrors of kind `usage`.
 * Only the part of the tree that the first word names is built: start-up time counts.
 */
export function parseCommandLine(verbs: readonly Verb[], argv: readonly string[], plugins: readonly PluginName[] = [], self: Program = claraProgram): Request {
  let request: Request | undefined;
  let printed = '';
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
  const chosen = firstWord(words, self);
  const program = prepare(new Commander(self.name), (text) => { printed += text; });
  addGlobals(program.option('-V, --version', 'print the version'), self).allowUnknownOption();
  describeProgram(program, self, verbs, plugins);
  for (const verb of verbs) {
    const child = program.command(verb.name, { hidden: verb.hidden === true });
    if (!isCalled(verb, chosen)) continue;
    child.aliases(verb.aliases ?? []);
    const [only] = verb.commands;
    if (only !== undefined && only.noun === undefined) {
      fill(child, verb, only, self, (asked) => { request = asked; });
      continue;
    }
    addGlobals(describeVerb(child, verb, self), self);
    for (const command of verb.commands) {
      const leaf = child.command(command.noun!, { hidden: command.hidden === true });
      const other = otherNumber(command.noun!);
      if (other !== undefined) leaf.alias(other);
      fill(leaf, verb, command, self, (asked) => { request = asked; });
    }
    child.allowUnknownOption().action(() => { throw noNoun(verb, child.args, self); });
  }
  program.action(() => {
    if (program.opts().version === true) request = { kind: 'version' };
    else if (program.args.length > 0) throw unknownWord(program.args, verbs, plugins, self);
    else program.outputHelp();
  });
  try {
    program.parse(words, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode !== 0) throw complaint(thrown);
  }
  if (request === undefined && chosen !== undefined) checkHelpTopic(words, verbs, plugins, self);
  return request ?? { kind: 'help', text: printed };
}

/** Help for a command that does not exist is an error, not the help of something else. */
function checkHelpTopic(words: readonly string[], verbs: readonly Verb[], plugins: readonly PluginName[], self: Program): void {
  const first = firstWord(words, self)!;
  const verb = verbs.find((known) => isCalled(known, first));
  if (verb === undefined) throw unknownWord(words.slice(words.indexOf(first)), verbs, plugins, self);
  const second = firstWord(words.slice(words.indexOf(first) + 1), self);
  const takesNouns = verb.commands.some(({ noun }) => noun !== undefined);
  if (!takesNouns || second === undefined || verb.commands.some(({ noun }) => noun === second || otherNumber(noun!) === second)) return;
  throw noNoun(verb, [second], self);
}

/** The first word that is neither a flag nor the value of a global one. */
export function firstWord(words: readonly string[], self: Program = claraProgram): string | undefined {
  const takesValue = globalsOf(self).filter(({ flags }) => valueName(flags) !== undefined).flatMap(({ flags }) => [`--${longName(flags)}`, shortName(flags) ?? []].flat());
  return words.find((word, index) => !word.startsWith('-') && !takesValue.includes(words[index - 1] ?? ''));
}

function prepare(command: Commander, print: (text: string) => void): Commander {
  command.exitOverride().configureOutput({ writeOut: print, writeErr: print, outputError: () => undefined });
  return command.helpCommand(false).helpOption('-h, --help', 'help for the command').enablePositionalOptions().allowExcessArguments();
}

function addGlobals(command: Commander, self: Program): Commander {
  for (const { flags, help } of globalsOf(self)) command.addOption(new Option(flags, help).helpGroup('Global flags:'));
  return command;
}

function fill(leaf: Commander, verb: Verb, command: Command, self: Program, ask: (request: Request) => void): void {
  const specs = new Map<string, OptionSpec>();
  for (const [key, spec] of Object.entries(command.options)) {
    const help = spec.shownDefault === undefined ? spec.help : `${spec.help} (default: ${spec.shownDefault})`;
    const option = new Option(spec.flags.replace('[=', '['), help);
    if (spec.parse) option.argParser((text: string, previous: unknown) => spec.parse!(text, previous));
    specs.set(key, spec);
    leaf.addOption(option);
  }
  describeCommand(addGlobals(leaf, self), verb, command, self);
  leaf.argument('[words...]').allowExcessArguments();
  onlyAfterEquals(leaf);
  leaf.action(() => {
    const given = leaf.opts<Record<string, unknown>>();
    const options: Record<string, unknown> = {};
    for (const [key, spec] of specs) options[key] = isNegation(spec) ? given[attribute(spec)] === false : given[attribute(spec)] ?? spec.fallback;
    const args = leaf.args;
    checkComplete(command, given, args, self);
    ask({ kind: 'run', command, options, args, globals: collectGlobals(leaf, self) });
  });
}

/** `--no-x` is the switch that turns `x` off: commander keeps it under that name. */
function isNegation(spec: OptionSpec): boolean {
  return longName(spec.flags).startsWith('no-');
}

function attribute(spec: OptionSpec): string {
  return longName(spec.flags).replace(/^no-/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A flag of the innermost command wins over the same one further left. */
function collectGlobals(leaf: Commander, self: Program): Globals {
  const merged: Record<string, unknown> = {};
  for (let command: Commander | null = leaf; command !== null; command = command.parent) {
    const own = command.opts<Record<string, unknown>>();
    for (const { name } of globalsOf(self)) merged[name] ??= own[name];
  }
  const given = (name: string) => merged[name] as string | undefined;
  return { config: given('config'), host: given('host'), directory: given('directory'), verbose: merged.verbose === true };
}

/** `--wait` takes a value after `=` only, so that `clara cancel jobs --wait ID` keeps its argument; commander would take the next word. */
function onlyAfterEquals(leaf: Commander): void {
  const parseOptions = leaf.parseOptions.bind(leaf);
  leaf.parseOptions = (argv: string[]) => {
    const words: string[] = [];
    for (let index = 0; index < argv.length; index += 1) {
      const word = argv[index]!;
      if (word === '--') {
        words.push(...argv.slice(index));
        break;
      }
      const option = leaf.options.find(({ long, short }) => word === long || word === short);
      words.push(option?.optional ? `${option.long}=` : word);
      if (option?.required && index + 1 < argv.length) words.push(argv[index += 1]!);
    }
    return parseOptions(words);
  };
}

function checkComplete(command: Command, given: Record<string, unknown>, args: readonly string[], self: Program): void {
  const wanted = command.args ?? [];
  const missing = [
    ...Object.values(command.options).filter((spec) => spec.required && given[attribute(spec)] === undefined)
      .map((spec) => `--${longName(spec.flags)} ${valueName(spec.flags)!}`),
    ...wanted.slice(args.length).filter(({ optional }) => !optional).map(({ name }) => name),
  ];
  const stray = args[wanted.length];
  const lacking = Object.values(command.options).find((spec) => spec.required && given[attribute(spec)] === undefined);
  const hint = stray !== undefined && lacking !== undefined
    ? `did you mean \`${shortName(lacking.flags) ?? `--${longName(lacking.flags)}`} ${stray}\`?` : `see \`${self.name} ${commandWords(command)} --help\``;
  if (missing.length > 0) throw new ClaraError('usage', `missing ${missing.join(' and ')}`, { hint });
  const most = wanted.at(-1)?.many ? Infinity : wanted.length;
  if (args.length > most) throw new ClaraError('usage', `unexpected argument \`${args[most]!}\``, { hint });
}

/** The words that name a command: `create job`. */
export function commandWords(command: Command): string {
  return command.noun === undefined ? command.verb : `${command.verb} ${command.noun}`;
}

function noNoun(verb: Verb, args: readonly string[], self: Program): ClaraError {
  const nouns = verb.commands.filter(({ hidden }) => !hidden).map(({ noun }) => noun!);
  const list = nouns.join(', ');
  const [word] = args;
  if (word?.startsWith('-')) return unknownFlag(word, [], `${self.name} ${verb.name}`, self);
  const asked = verb.isTopic === true ? 'say what to do' : `say what to ${verb.name}`;
  if (word === undefined) return new ClaraError('usage', `${asked}: ${list}`, { hint: `see \`${self.name} ${verb.name} --help\`` });
  const near = nearest(word, nouns.flatMap((noun) => [noun, otherNumber(noun) ?? noun]));
  return new ClaraError('usage', `\`${self.name} ${verb.name}\` does not know the ${verb.isTopic === true ? 'command' : 'type'} \`${word}\` (it knows ${list})`, {
    hint: near === undefined ? `see \`${self.name} ${verb.name} --help\`` : `did you mean \`${self.name} ${verb.name} ${near}\`?`,
  });
}

function unknownWord(words: readonly string[], verbs: readonly Verb[], plugins: readonly PluginName[], self: Program): ClaraError {
  const [first = '', second = ''] = words;
  if (first.startsWith('-')) return unknownFlag(first, ['--version', '--help'], self.name, self);
  const firstWords = plugins.map(({ name }) => name.split(' ')[0]!);
  if (plugins.some(({ name }) => name === first)) {
    return new ClaraError('usage', `\`${first}\` is a plugin, and flags come after its name`, { hint: `\`${self.name} ${first} --help\` may tell which it takes` });
  }
  const names = [...verbs.filter(({ hidden }) => !hidden).flatMap(({ name, aliases = [] }) => [name, ...aliases]), ...firstWords];
  const turned = verbs.some(({ name }) => name === second) && otherNumber(first) !== undefined;
  const near = nearest(first, names);
  // `clara foo`, where there is `clara-foo-bar`: the word is right, and lacks another.
  const longer = plugins.filter(({ name }) => name.startsWith(`${first} `)).slice(0, 3).map(({ name }) => `\`${self.name} ${name}\``);
  const hint = turned ? `the verb comes first: \`clara ${second} ${first}\``
    : longer.length > 0 ? `did you mean ${longer.join(' or ')}?`
    : near === undefined ? `\`${self.name} --help\` lists the commands` : `did you mean \`${self.name} ${near}\`?`;
  const why = self === claraProgram ? ` (no built-in and no plugin \`clara-${first}\`)` : '';
  return new ClaraError('usage', `unknown command \`${first}\`${why}`, { hint });
}

function unknownFlag(word: string, known: readonly string[], where: string, self: Program): ClaraError {
  const near = nearest(word, [...known, ...globalsOf(self).map(({ flags }) => `--${longName(flags)}`)]);
  return new ClaraError('usage', `unknown option \`${word}\``, {
    hint: near === undefined ? `flags of a command come after its words; see \`${where} --help\`` : `did you mean \`${near}\`?`,
  });
}

/** Commander's sentence as one of ours: quotes and suggestion moved to where they belong. */
function complaint(error: CommanderError): ClaraError {
  const [sentence = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const meant = suggestion === undefined ? undefined : /\(Did you mean (?:one of )?(.*)\?\)/.exec(suggestion)?.[1];
  const message = sentence.replaceAll("'", '`');
  return new ClaraError('usage', message, { hint: meant === undefined ? 'see the same command with --help' : `did you mean \`${meant}\`?` });
}
