import { ClaraError } from '../../core/errors.ts';
import { parseDuration } from '../../core/duration.ts';

/** What the shell can complete a value with. Other words are completed by the shell itself, as file names. */
export type Completion = 'pipeline' | 'job' | 'payload' | 'model' | 'job-path' | 'plugin' | 'stage' | 'workflow' | 'file' | 'folder' | 'none' | readonly string[];

/** One flag of a command. `Value` is what the command gets. */
export interface OptionSpec<Value = unknown> {
  /** `-n, --name <text>`; `<…>` takes a value, `[=…]` takes one only after `=`, neither is a switch. */
  readonly flags: string;
  readonly help: string;
  /** Turns the value's text into what the command gets; complains with a ClaraError. `previous` is set for repeated flags. */
  readonly parse?: (text: string, previous: Value | undefined) => Value;
  readonly fallback: Value;
  /** The default as help shows it. */
  readonly shownDefault?: string;
  readonly required: boolean;
  readonly complete?: Completion;
}

// The parameter of `parse` would make OptionSpec invariant; specs of any value are kept side by side in a table.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type OptionTable = Readonly<Record<string, OptionSpec<any>>>;
export type OptionValues<Table extends OptionTable> = { readonly [Name in keyof Table]: Table[Name] extends OptionSpec<infer Value> ? Value : never };

/** The long name of a flag without its dashes: `created-after`. */
export function longName(flags: string): string {
  return /--([a-z0-9-]+)/.exec(flags)![1]!;
}

/** The short letter with its dash, where the flag has one. */
export function shortName(flags: string): string | undefined {
  return /(?:^|\s)(-[A-Za-z])(?:,|\s|$)/.exec(flags)?.[1];
}

/** How the value is called in help: `PIPELINE_ID`; undefined for a switch. */
export function valueName(flags: string): string | undefined {
  return /[<=]([^>\]]+)[>\]]/.exec(flags)?.[1];
}

export function flag(flags: string, help: string): OptionSpec<boolean> {
  return { flags, help, fallback: false, required: false };
}

interface Details {
  readonly complete?: Completion;
}

/** A text that may be left out. */
export function text(flags: string, help: string, details: Details = {}): OptionSpec<string | undefined> {
  return { flags, help, fallback: undefined, required: false, ...details };
}

/** A text that has to be given. */
export function requiredText(flags: string, help: string, details: Details = {}): OptionSpec<string> {
  return { flags, help, fallback: '', required: true, ...details };
}

/** A flag that may be repeated; the values in order. */
export function texts(flags: string, help: string, details: Details & { readonly required?: boolean } = {}): OptionSpec<readonly string[]> {
  return { flags, help, fallback: [], required: false, parse: (value, previous = []) => [...previous, value], ...details };
}

/** One word of a few; the command gets what the word stands for. */
export function choice<Value>(flags: string, help: string, words: Readonly<Record<string, Value>>, fallback?: string): OptionSpec<Value | undefined> {
  const parse = (value: string) => pick(flags, value, words);
  const known = { flags, help: `${help}: ${Object.keys(words).join(', ')}`, parse, required: false, complete: Object.keys(words) };
  return fallback === undefined ? { ...known, fallback: undefined } : { ...known, fallback: words[fallback], shownDefault: fallback };
}

/** Several words of a few, repeated or joined by commas. */
export function choices<Value>(flags: string, help: string, words: Readonly<Record<string, Value>>): OptionSpec<readonly Value[]> {
  return {
    flags,
    help: `${help}: ${Object.keys(words).join(', ')}; several with commas`,
    fallback: [],
    required: false,
    complete: Object.keys(words),
    parse: (value, previous = []) => [...previous, ...value.split(',').map((word) => pick(flags, word.trim(), words))],
  };
}

/** Case does not matter, nor does the protocol's prefix: `stopped`, `STOPPED` and `JOB_STATE_STOPPED` are the same. */
function pick<Value>(flags: string, word: string, words: Readonly<Record<string, Value>>): Value {
  const plain = word.toLowerCase();
  const key = Object.keys(words).find((known) => known === plain || String(words[known]).toLowerCase() === plain);
  if (key !== undefined) return words[key]!;
  throw new ClaraError('usage', `--${longName(flags)}: \`${word}\` is not one of ${Object.keys(words).join(', ')}`);
}

/** A whole number in a range. */
export function integer(flags: string, help: string, least: number, most: number): OptionSpec<number | undefined> {
  const parse = (value: string) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new ClaraError('usage', `--${longName(flags)}: \`${value}\` is not a whole number from ${least} to ${most}`);
  };
  return { flags, help, parse, fallback: undefined, required: false };
}

/** `NAME=VALUE`, repeated; the last value of a name wins, and the value may hold `=`. */
export function assignments(flags: string, help: string): OptionSpec<ReadonlyMap<string, string>> {
  const parse = (value: string, previous: ReadonlyMap<string, string> = new Map<string, string>()) => {
    const at = value.indexOf('=');
    if (at > 0) return new Map([...previous, [value.slice(0, at), value.slice(at + 1)]]);
    throw new ClaraError('usage', `--${longName(flags)}: \`${value}\` is not NAME=VALUE`);
  };
  return { flags, help, parse, fallback: new Map<string, string>(), required: false };
}

/** A point in time in ms since 1970: ISO 8601 (a date alone is midnight, local time), or how long ago: `2h`, `3d`. */
export function time(flags: string, help: string): OptionSpec<number | undefined> {
  const parse = (value: string) => {
    const ago = parseDuration(value);
    if (ago !== undefined && !/^\d+$/.test(value)) return Date.now() - ago;
    const iso = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/.test(value);
    const at = iso ? Date.parse(value.length === 10 ? `${value}T00:00` : value) : Number.NaN;
    if (!Number.isNaN(at)) return at;
    throw new ClaraError('usage', `--${longName(flags)}: \`${value}\` is not a time`, {
      hint: 'give ISO 8601 (2026-03-08, 2026-03-08T18:06, 2026-03-08T18:06:31Z) or how long ago (90m, 2h, 3d)',
    });
  };
  return { flags, help, parse, fallback: undefined, required: false };
}

/** Whether to wait, and for how long: undefined is not at all, Infinity is for ever. */
export function wait(help: string): OptionSpec<number | undefined> {
  const parse = (value: string) => {
    if (value === '') return Infinity;
    const ms = parseDuration(value);
    if (ms !== undefined) return ms;
    throw new ClaraError('usage', `--wait: \`${value}\` is not a duration`, { hint: 'give seconds, or a number with s, m or h: --wait=90, --wait=10m' });
  };
  return { flags: '--wait [=duration]', help, parse, fallback: undefined, required: false };
}

export type OutputFormat = 'text' | 'wide' | 'json' | 'yaml' | 'name';
const formats: Readonly<Record<string, OutputFormat>> = { wide: 'wide', json: 'json', yaml: 'yaml', name: 'name' };

/** `-o`; undefined is the plain text. */
export function output(words: readonly OutputFormat[] = ['wide', 'json', 'yaml', 'name']): OptionSpec<OutputFormat | undefined> {
  return choice('-o, --output <format>', 'print as', Object.fromEntries(words.map((word) => [word, formats[word]!])));
}

/** `--watch`, with the letter that kubectl gives it. */
export function watch(help: string): OptionSpec<boolean> {
  return flag('-w, --watch', help);
}

export function quiet(): OptionSpec<boolean> {
  return flag('-q, --quiet', 'print ids only');
}
