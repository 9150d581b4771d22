import { type Command as Commander } from 'commander';
import { type Command, type Verb } from './declare.ts';
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
export function describeProgram(commander: Commander, program: Program, verbs: readonly Verb[], plugins: readonly string[]): void {
  const shown = verbs.filter(({ hidden }) => !hidden);
  const width = Math.max(...shown.map(({ name }) => name.length), ...plugins.map((name) => name.length)) + 2;
  const lines = (title: string, rows: readonly (readonly [string, string])[]) =>
    rows.length === 0 ? [] : [title, ...rows.map(([name, meaning]) => `  ${name.padEnd(width)}${meaning}`), ''];
  commander.usage(program.usage).description(program.intro).configureHelp({ visibleCommands: () => [] });
  commander.addHelpText('after', () => `\n${[
    ...lines('Commands:', shown.map((verb) => [verb.name, verb.summary])),
    ...lines('Plugins:', plugins.map((name) => [name, `\`clara ${name} --help\` says more`])),
    ...program.footer,
  ].join('\n')}`);
}

/** Fills in what `clara <verb> --help` says, for a verb with types. */
export function describeVerb(child: Commander, verb: Verb): Commander {
  const shown = verb.commands.filter(({ hidden }) => !hidden);
  const width = Math.max(...shown.map(({ noun }) => noun!.length)) + 2;
  child.usage('<type> [flags]').description(verb.summary).configureHelp({ visibleCommands: () => [] });
  return child.addHelpText('after', `\n${['Types:', ...shown.map(({ noun, summary }) => `  ${noun!.padEnd(width)}${summary}`),
    '', `\`clara ${verb.name} <type> --help\` says more.`].join('\n')}`);
}

/** Fills in what a command's `--help` says: usage, arguments, flags, worked examples. */
export function describeCommand(leaf: Commander, command: Command): void {
  leaf.usage(usageOf(command)).description([command.summary, ...(command.description === undefined ? [] : ['', command.description])].join('\n'));
  leaf.configureHelp({ visibleArguments: () => [] });
  const args = command.args ?? [];
  const width = Math.max(0, ...args.map(({ name }) => name.length)) + 2;
  const sections = [
    ...(args.length === 0 ? [] : ['Arguments:', ...args.map(({ name, help }) => `  ${name.padEnd(width)}${help}`), '']),
    'Examples:',
    ...command.examples.flatMap(([line, meaning]) => [`  # ${meaning}`, `  ${line}`]),
  ];
  leaf.addHelpText('after', `\n${sections.join('\n')}`);
}
