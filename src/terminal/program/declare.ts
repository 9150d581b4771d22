import { type Context } from '../context.ts';
import { type Completion, type OptionTable, type OptionValues } from './options.ts';

/** What a command does: parsed options, then positional arguments. Results go to `context.io`, failures are thrown. */
export type Run<Table extends OptionTable> = (context: Context, options: OptionValues<Table>, args: readonly string[]) => Promise<void>;

export interface ArgumentSpec {
  /** As help shows it: `JOB_ID`. */
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
  /** Takes all that are left; the last argument only. */
  readonly many?: boolean;
  readonly complete?: Completion;
}

/** A command line and one sentence about it. */
export type Example = readonly [line: string, meaning: string];

/** Everything about a command but its work, which `load` fetches when it is run. */
export interface Declaration<Table extends OptionTable = OptionTable> {
  readonly verb: string;
  /** The resource, in the number that the documentation uses; the other number is accepted as well. */
  readonly noun?: string;
  readonly summary: string;
  /** More about it, below the usage line. */
  readonly description?: string;
  readonly args?: readonly ArgumentSpec[];
  readonly options: Table;
  readonly examples: readonly Example[];
  /** Left out of help and completion. */
  readonly hidden?: boolean;
  readonly load: () => Promise<Run<Table>>;
}

/** A declaration among others: what it is about is no longer in its type. */
export type Command = Declaration;

/** Declares a command; the compiler checks that its implementation fits its options. */
export function command<Table extends OptionTable>(declaration: Declaration<Table>): Command {
  return declaration as unknown as Command;
}

/** A verb of the command line, with its commands by noun, or a single one without. */
export interface Verb {
  readonly name: string;
  /** Other words for it; help names them, the first one stays its name. */
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly hidden?: boolean;
  /** The second word says what to do (`clara plugin list`), not with what (`clara list jobs`). */
  readonly isTopic?: boolean;
  readonly commands: readonly Command[];
}

/** Whether a word of the command line means this verb. */
export function isCalled(verb: Verb, word: string | undefined): boolean {
  return word !== undefined && (verb.name === word || (verb.aliases ?? []).includes(word));
}

const plurals: Readonly<Record<string, string>> = { pipeline: 'pipelines', job: 'jobs', payload: 'payloads', model: 'models', operator: 'operators' };

/** The noun in its other number: `jobs` for `job`, `job` for `jobs`. */
export function otherNumber(noun: string): string | undefined {
  return plurals[noun] ?? Object.entries(plurals).find(([, plural]) => plural === noun)?.[0];
}
