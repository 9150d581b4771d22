import { resolve } from 'node:path';
import { parseDuration } from '../../core/duration.ts';
import { ClaraError } from '../../core/errors.ts';
import { longName, type OptionSpec } from '../../terminal/program/options.ts';

/** A path of a file, made absolute: the server runs in a folder of its own. */
export function absoluteFile(flags: string, help: string): OptionSpec<string | undefined> {
  return { flags, help, fallback: undefined, required: false, complete: 'file', parse: (value) => resolve(value) };
}

/** A duration, in seconds. */
export function seconds(flags: string, help: string): OptionSpec<number | undefined> {
  const parse = (value: string) => {
    const ms = parseDuration(value);
    if (ms !== undefined && ms > 0) return ms / 1000;
    throw new ClaraError('usage', `--${longName(flags)}: \`${value}\` is not a duration`, { hint: 'give seconds, or a number with s, m or h: 600, 10m' });
  };
  return { flags, help, fallback: undefined, required: false, parse };
}
