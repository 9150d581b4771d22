import { ClaraError } from '../../core/errors.ts';

/** A setting of an operator: a flag for the shell, a variable for pipelines, a default for everybody else. */
export type OptionSpec =
  | { readonly kind: 'number'; readonly variable: string; readonly fallback: number; readonly help: string; readonly minimum?: number; readonly maximum?: number; readonly integer?: boolean }
  | { readonly kind: 'choice'; readonly variable: string; readonly fallback: string; readonly choices: readonly string[]; readonly help: string }
  | { readonly kind: 'text'; readonly variable: string; readonly fallback: string | undefined; readonly help: string }
  | { readonly kind: 'switch'; readonly variable: string; readonly help: string };

export type OptionTable = Readonly<Record<string, OptionSpec>>;

export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends { kind: 'number' } ? number : T[K] extends { kind: 'switch' } ? boolean : T[K] extends { kind: 'text' } ? string | undefined : string;
};

/** A value that was given, and what to call its origin in an error. */
interface Given {
  readonly text: string;
  readonly source: string;
}

/**
 * The value of every option: flag first, then variable, then default.
 * @throws ClaraError `usage` naming every value that does not fit, all at once.
 */
export function resolveOptions<T extends OptionTable>(
  table: T,
  flags: Readonly<Record<string, string | boolean | undefined>>,
  variable: (name: string) => string | undefined,
): OptionValues<T> {
  const problems: string[] = [];
  const entries = Object.entries(table).map(([name, spec]) => {
    const given = givenValue(name, spec, flags[name], variable(spec.variable));
    try {
      return [name, given === undefined ? fallbackOf(spec) : convert(spec, given)] as const;
    } catch (error) {
      problems.push((error as ClaraError).message);
      return [name, undefined] as const;
    }
  });
  if (problems.length > 0) throw new ClaraError('usage', problems.join('; '), { hint: '--help lists every setting' });
  return Object.fromEntries(entries) as OptionValues<T>;
}

/** What stands for the value of a flag in the help; undefined: a switch, which takes none. */
export function placeholderOf(spec: OptionSpec): string | undefined {
  switch (spec.kind) {
    case 'number': return 'NUMBER';
    case 'choice': return spec.choices.join('|');
    case 'text': return 'TEXT';
    case 'switch': return undefined;
  }
}

function givenValue(name: string, spec: OptionSpec, flag: string | boolean | undefined, variable: string | undefined): Given | undefined {
  if (flag !== undefined) return { text: String(flag), source: `--${name}` };
  return variable === undefined ? undefined : { text: variable.trim(), source: spec.variable };
}

function fallbackOf(spec: OptionSpec): number | string | boolean | undefined {
  return spec.kind === 'switch' ? false : spec.fallback;
}

function convert(spec: OptionSpec, { text, source }: Given): number | string | boolean {
  switch (spec.kind) {
    case 'number': {
      const value = text === '' ? NaN : Number(text);
      if (Number.isNaN(value)) throw new ClaraError('usage', `${source} must be a number, not ${quote(text)}`);
      if (spec.integer === true && !Number.isInteger(value)) throw new ClaraError('usage', `${source} must be a whole number, not ${text}`);
      if (spec.minimum !== undefined && value < spec.minimum) throw new ClaraError('usage', `${source} must be at least ${spec.minimum}, not ${text}`);
      if (spec.maximum !== undefined && value > spec.maximum) throw new ClaraError('usage', `${source} must be at most ${spec.maximum}, not ${text}`);
      return value;
    }
    case 'choice':
      if (!spec.choices.includes(text)) throw new ClaraError('usage', `${source} must be one of ${spec.choices.join(', ')}, not ${quote(text)}`);
      return text;
    case 'text':
      return text;
    case 'switch':
      if (/^(1|true|yes|on)$/i.test(text)) return true;
      if (/^(0|false|no|off)$/i.test(text)) return false;
      throw new ClaraError('usage', `${source} must be true or false, not ${quote(text)}`);
  }
}

function quote(text: string): string {
  return JSON.stringify(text);
}
