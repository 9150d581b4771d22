import { parseArgs } from 'node:util';
import { ClaraError } from '../../core/errors.ts';
import { nearest } from '../../core/text/nearest.ts';
import { shellWord } from '../../core/text/shell-word.ts';

/** A flag of an operator. */
export interface Flag {
  readonly name: string;
  /** What stands for its value in the help (`DIR`, `NUMBER`); undefined: a switch, which has none. */
  readonly value: string | undefined;
}

/** What may stand on the command line of an operator. */
export interface CommandLine {
  readonly program: string;
  readonly flags: readonly Flag[];
  /** The flag that the one word without a flag stands for; undefined: there may be none. */
  readonly positional: string | undefined;
}

export type GivenFlags = Readonly<Record<string, string | boolean | undefined>>;

const help: Flag = { name: 'help', value: undefined };

/**
 * Reads the command line of an operator.
 * @throws ClaraError `usage` about the first word that does not fit: an unknown flag, one without its value, a switch with one, a word too many.
 */
export function readFlags(line: CommandLine, argv: readonly string[]): GivenFlags {
  const flags = new Map([help, ...line.flags].map((flag) => [flag.name, flag]));
  const options = Object.fromEntries([...flags.values()].map(({ name, value }) => [name, { type: value === undefined ? 'boolean' as const : 'string' as const, ...(name === help.name ? { short: 'h' } : {}) }]));
  const args = joinNegativeNumbers(argv);
  // What is wrong is told in our words, so Node.js only takes the words apart.
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  const given: Record<string, string | boolean> = {};
  const free: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      free.push(token.value);
      if (line.positional === undefined || free.length > 1) throw strayWord(line, free);
      continue;
    }
    const flag = flags.get(token.name);
    if (flag === undefined) throw unknownFlag(line, args[token.index]!, flags.keys());
    if (flag.value === undefined) {
      if (token.value !== undefined) throw wrong(line, `${token.rawName} takes no value, and ${JSON.stringify(token.value)} is one`, `write ${token.rawName} alone`);
      given[flag.name] = true;
      continue;
    }
    const { value, inlineValue } = token;
    if (value === undefined || (inlineValue === false && isFlagLike(value))) throw withoutValue(line, flag, value, flags);
    given[flag.name] = value;
  }
  return { ...(line.positional === undefined || free.length === 0 ? {} : { [line.positional]: free[0] }), ...given };
}

function unknownFlag(line: CommandLine, word: string, known: Iterable<string>): ClaraError {
  const [flag] = word.split('=', 1);
  const near = nearest(flag!.replace(/^-+/, ''), known);
  return wrong(line, `unknown flag ${flag}`, near === undefined ? undefined : `did you mean --${near}?`);
}

function withoutValue(line: CommandLine, { name, value }: Flag, next: string | undefined, known: ReadonlyMap<string, Flag>): ClaraError {
  const isFlag = next === undefined || known.has(next.replace(/^-+/, '').split('=', 1)[0]!);
  return wrong(line, `--${name} needs a value: --${name} ${value}`, isFlag ? undefined : `a value that begins with a dash is written --${name}=${shellWord(next)}`);
}

function strayWord(line: CommandLine, words: readonly string[]): ClaraError {
  const word = words.at(-1)!;
  const [first] = line.flags;
  const hint = words.length > 1 ? `${JSON.stringify(words[0])} is the ${line.positional} folder already`
    : first?.value === 'DIR' && first.name !== 'output' ? `did you mean --${first.name} ${shellWord(word)}?` : undefined;
  return wrong(line, `unexpected argument ${JSON.stringify(word)}`, hint);
}

/** A complaint about the command line, which says as well where everything stands. */
function wrong({ program }: CommandLine, message: string, hint: string | undefined): ClaraError {
  const more = whereHelpIs(program);
  return new ClaraError('usage', message, { hint: hint === undefined ? more : `${hint}${hint.endsWith('?') ? '' : ';'} ${more}` });
}

/** For a hint: where the flags of an operator are explained. */
export function whereHelpIs(program: string): string {
  return `${program} --help lists every flag`;
}

function isFlagLike(word: string): boolean {
  return word.length > 1 && word.startsWith('-');
}

/** `--lower -200` as one word: a value with a leading dash is taken for a flag otherwise. */
function joinNegativeNumbers(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of argv) {
    const before = joined.at(-1);
    if (/^-[\d.]/.test(word) && before !== undefined && /^--[^=]+$/.test(before)) joined[joined.length - 1] = `${before}=${word}`;
    else joined.push(word);
  }
  return joined;
}
