import { Option, type Command as Commander } from 'commander';
import { visible } from '../../core/names.ts';
import { type Command, type Verb } from './declare.ts';
import { type GlobalFlag } from './global-flags.ts';
import { longName, shortName, valueName } from './options.ts';

/** A program as its users know it: `clara` itself, or a bundled plugin that is built the same way. */
export interface Program {
  /** As typed: `clara`, `clara platform`. */
  readonly name: string;
  /** What follows the name in the usage line. */
  readonly usage: string;
  readonly intro: string;
  /** Last lines of the help. */
  readonly footer: readonly string[];
  /** The whole help of the bare program, where an original prescribes its form; usage, intro and footer are not shown then. */
  readonly help?: string;
  /** The flags that each of its commands takes; without it those of `clara`. */
  readonly globals?: readonly GlobalFlag[];
}

/** A plugin as help and completion show it. */
export interface PluginName {
  /** Its words, joined with blanks. */
  readonly name: string;
  readonly summary: string | undefined;
}

export const claraProgram: Program = {
  name: 'clara',
  usage: '<command> [type] [flags]',
  intro: 'clara runs medical-imaging pipelines: definitions, jobs and their payloads on a Clara platform.',
  footer: [
    'Types: pipeline, job, payload, model; singular and plural mean the same. An id may be cut to its first digits.',
    '`clara <command> --help` and `clara <command> <type> --help` say more.',
  ],
};

/** `-n NAME -p PIPELINE_ID [flags] ARG...`, what follows the command's words. */
export function usageOf(command: Command): string {
  const required = Object.values(command.options).filter((spec) => spec.required)
    .map((spec) => `${shortName(spec.flags) ?? `--${longName(spec.flags)}`} ${valueName(spec.flags)!}`);
  const optional = Object.values(command.options).some((spec) => !spec.required) ? ['[flags]'] : [];
  const args = (command.args ?? []).map(({ name, many, optional: may }) => (may ? `[${name}]` : name) + (many ? '...' : ''));
  return [...required, ...args, ...optional].join(' ');
}

/** Fills in what `clara --help` or the help of a plugin says. */
export function describeProgram(commander: Commander, program: Program, verbs: readonly Verb[], plugins: readonly PluginName[]): void {
  if (program.help !== undefined) {
    const { help } = program;
    commander.helpInformation = () => help;
    return;
  }
  const shown = verbs.filter(({ hidden }) => !hidden);
  const width = Math.max(...shown.map(({ name }) => name.length), ...plugins.map(({ name }) => name.length).filter((length) => length <= longestColumn)) + 2;
  describe(commander, `${program.name} ${program.usage}`, [
    ...wrap(program.intro),
    '',
    'Commands:',
    ...rows(width, shown.map(({ name, summary }) => [name, summary])),
    ...(plugins.length === 0 ? [] : ['', 'Plugins:', ...rows(width, plugins.map(({ name, summary }) => [visible(name), visible(summary ?? `see \`clara ${name} --help\``)]))]),
  ], program.footer.flatMap((text) => wrap(text)));
}

/** Fills in what `clara <verb> --help` says, for a verb with types. */
export function describeVerb(child: Commander, verb: Verb, program: Program): Commander {
  const shown = verb.commands.filter(({ hidden }) => !hidden);
  const width = Math.max(...shown.map(({ noun }) => noun!.length)) + 2;
  // There are no flags but those of every command.
  child.addHelpOption(new Option('-h, --help', 'help for the command').helpGroup('Global flags:'));
  const [word, title] = verb.isTopic === true ? ['command', 'Commands:'] : ['type', 'Types:'];
  return describe(child, `${program.name} ${verb.name} <${word}> [flags]`, [
    `${verb.summary}.`, '', title, ...rows(width, shown.map(({ noun, summary }) => [noun!, summary])),
  ], [`\`${program.name} ${verb.name} <${word}> --help\` says more.`]);
}

/** Fills in what a command's `--help` says: usage, arguments, flags, worked examples. */
export function describeCommand(leaf: Commander, verb: Verb, command: Command, program: Program): void {
  const args = command.args ?? [];
  const width = Math.max(0, ...args.map(({ name }) => name.length)) + 2;
  describe(leaf, [program.name, command.verb, ...(command.noun === undefined ? [] : [command.noun]), usageOf(command)].join(' '), [
    `${command.summary}.`,
    ...(command.description === undefined ? [] : ['', ...wrap(command.description)]),
    ...(verb.aliases === undefined ? [] : ['', `Also: ${verb.aliases.join(', ')}`]),
    ...(args.length === 0 ? [] : ['', 'Arguments:', ...rows(width, args.map(({ name, help }) => [name, help]))]),
  ], ['Examples:', ...command.examples.flatMap(([line, meaning]) => [`  # ${meaning}`, `  ${line}`])]);
}

function describe(command: Commander, usage: string, above: readonly string[], below: readonly string[]): Commander {
  return command.description(above.join('\n')).addHelpText('after', `\n${below.join('\n')}`).configureHelp({
    commandUsage: () => usage,
    visibleCommands: () => [],
    visibleArguments: () => [],
    optionTerm: ({ flags, optional }) => (optional ? flags.replace(' [', '[=') : flags),
    styleTitle: (title) => (title === 'Options:' ? 'Flags:' : title),
    // The text has its lines already; only the help of flags is still to be wrapped.
    preformatted: (text) => text.includes('\n'),
  });
}

/** Names and meanings in two columns; a meaning that is too long goes on below itself. */
function rows(width: number, pairs: readonly (readonly [string, string])[]): string[] {
  return pairs.flatMap(([name, meaning]) => {
    const lines = wrap(meaning, lineLength - width - 2).map((line, index) => `  ${(index === 0 && name.length < width ? name : '').padEnd(width)}${line}`);
    return name.length < width ? lines : [`  ${name}`, ...lines];
  });
}

/** A longer name has a line of its own. */
const longestColumn = 24;

const lineLength = 80;

/** The lines of a text; a line break in it ends a paragraph. */
function wrap(text: string, most = lineLength): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    for (const word of paragraph.split(' ')) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}
