import { isCalled, otherNumber, type Command, type Verb } from './declare.ts';
import { globalsOf } from './global-flags.ts';
import { claraProgram, type PluginName, type Program } from './help.ts';
import { longName, shortName, valueName, type Completion, type OptionSpec } from './options.ts';

/** A word that may stand where the cursor is, and what it means. */
export interface Candidate {
  readonly word: string;
  readonly meaning: string;
}

/** What can stand where the cursor is: words known here, or something that has to be looked up. */
export type Wanted =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'look-up'; readonly what: 'pipeline' | 'job' | 'payload' | 'model' | 'job-path' | 'plugin' | 'stage' | 'workflow'; readonly prefix: string; readonly before: string }
  | { readonly kind: 'files'; readonly foldersOnly: boolean };

const nothing: Wanted = { kind: 'words', candidates: [] };

/**
 * What the last word may become. Pure: nothing is asked of a platform or a disk. `before` of a look-up is text of the word
 * that stays in front of what is found (`--pipeline=`).
 */
export function whatCanStand(verbs: readonly Verb[], plugins: readonly PluginName[], words: readonly string[], self: Program = claraProgram): Wanted {
  const current = words.at(-1) ?? '';
  const { command, verb, position, pending } = walk(verbs, words.slice(0, -1), self);
  if (pending !== undefined) return valueOf(pending, current, '');
  if (verb === undefined) {
    if (position > 0) return { kind: 'files', foldersOnly: false };
    const shown = [
      ...verbs.filter(({ hidden }) => !hidden).map(({ name, summary }) => ({ word: name, meaning: summary })),
      { word: 'help', meaning: 'Help for a command' },
      ...pluginWords(plugins, []),
    ];
    return current.startsWith('-') ? flagWords([], current, ['--version'], self) : matching(shown, current);
  }
  if (current.startsWith('-')) {
    const specs = command === undefined ? [] : Object.values(command.options);
    const equals = current.indexOf('=');
    const spec = equals < 0 ? undefined : specs.find(({ flags }) => `--${longName(flags)}` === current.slice(0, equals));
    if (spec !== undefined) return valueOf(spec.complete, current.slice(equals + 1), current.slice(0, equals + 1));
    return flagWords(specs, current, [], self);
  }
  if (command === undefined) return matching(nouns(verb, current), current);
  const args = command.args ?? [];
  const argument = args[position] ?? (args.at(-1)?.many ? args.at(-1) : undefined);
  return argument === undefined ? nothing : valueOf(argument.complete, current, '');
}

/** The words that may follow words of plugins' names; the next word of each name that begins with them, once. */
export function pluginWords(plugins: readonly PluginName[], before: readonly string[]): Candidate[] {
  const found = new Map<string, string>();
  for (const { name, summary } of plugins) {
    const words = name.split(' ');
    const word = words[before.length];
    if (word === undefined || before.some((given, index) => given !== words[index])) continue;
    // What the plugin `foo` says counts for `foo`, not what `foo bar` does.
    const ends = words.length === before.length + 1;
    if (ends || !found.has(word)) found.set(word, ends ? summary ?? 'Plugin' : 'Plugin');
  }
  return [...found].map(([word, meaning]) => ({ word, meaning }));
}

interface Place {
  readonly verb: Verb | undefined;
  readonly command: Command | undefined;
  /** How many arguments (or, before a command is known, words) there are already. */
  readonly position: number;
  /** The last word was a flag that takes a value. */
  readonly pending: Completion | undefined;
}

/** Follows complete words through the tree. */
function walk(verbs: readonly Verb[], words: readonly string[], self: Program): Place {
  let verb: Verb | undefined;
  let command: Command | undefined;
  let position = 0;
  let pending: Completion | undefined;
  let onlyArguments = false;
  for (const word of words) {
    if (pending !== undefined) {
      pending = undefined;
    } else if (!onlyArguments && word === '--') {
      onlyArguments = true;
    } else if (!onlyArguments && word.startsWith('-')) {
      pending = pendingValue(command, word, self);
    } else if (verb === undefined && position === 0) {
      if (word === 'help') continue;
      verb = verbs.find((known) => isCalled(known, word));
      if (verb?.commands[0]?.noun === undefined) command = verb?.commands[0];
      if (verb === undefined) position += 1;
    } else if (verb !== undefined && command === undefined) {
      command = verb.commands.find(({ noun }) => noun === word || otherNumber(noun!) === word);
      if (command === undefined) return { verb: undefined, command: undefined, position: 1, pending: undefined };
    } else {
      position += 1;
    }
  }
  return { verb, command, position, pending };
}

/** What the next word is, where this one is a flag whose value is still to come. */
function pendingValue(command: Command | undefined, word: string, self: Program): Completion | undefined {
  if (word.includes('=')) return undefined;
  const specs: readonly (Pick<OptionSpec, 'flags' | 'complete'>)[] = [...Object.values(command?.options ?? {}), ...globalsOf(self)];
  const spec = specs.find(({ flags }) => `--${longName(flags)}` === word || shortName(flags) === word);
  if (spec === undefined || valueName(spec.flags) === undefined || spec.flags.includes('[=')) return undefined;
  return spec.complete ?? (spec.flags.startsWith('--config') ? 'file' : spec.flags.startsWith('-C') ? 'folder' : 'none');
}

function valueOf(completion: Completion | undefined, current: string, before: string): Wanted {
  if (completion === 'file' || completion === 'folder') return { kind: 'files', foldersOnly: completion === 'folder' };
  if (completion === undefined || completion === 'none') return nothing;
  if (typeof completion === 'string') return { kind: 'look-up', what: completion, prefix: current, before };
  // A list with commas: the part after the last comma is completed.
  const done = current.slice(0, current.lastIndexOf(',') + 1);
  return matching(completion.map((word) => ({ word: before + done + word, meaning: '' })), before + current);
}

function nouns(verb: Verb, current: string): Candidate[] {
  const shown = verb.commands.filter(({ hidden }) => !hidden).map(({ noun, summary }) => ({ word: noun!, meaning: summary }));
  if (shown.some(({ word }) => word.startsWith(current))) return shown;
  return shown.map(({ word, meaning }) => ({ word: otherNumber(word) ?? word, meaning }));
}

function flagWords(specs: readonly OptionSpec[], current: string, others: readonly string[], self: Program): Wanted {
  const known = [...specs.map(({ flags, help }) => ({ flags, help })), ...globalsOf(self), { flags: '-h, --help', help: 'help' }];
  return matching([...known.map(({ flags, help }) => ({ word: `--${longName(flags)}`, meaning: help })), ...others.map((word) => ({ word, meaning: '' }))], current);
}

function matching(candidates: readonly Candidate[], current: string): Wanted {
  return { kind: 'words', candidates: candidates.filter(({ word }) => word.startsWith(current)) };
}
