import { basename, resolve } from 'node:path';
import { type NamedPath } from '../../config/operator-environment.ts';
import { ClaraError } from '../../core/errors.ts';

/** A folder that an operator reads or writes. Its name is also its flag: `mask` is `--mask DIR`. */
export interface FolderSpec {
  readonly name: string;
  /** Where it is mounted when nobody says otherwise. */
  readonly fallback: string;
  readonly help: string;
}

/**
 * Where each folder is: the flag wins, then what the platform passed, then the customary place. Of what the platform
 * passed, an entry belongs to the folder whose name it bears, or whose customary place it is; entries that bear
 * no such name (they are named for the operator that they come from, or not at all) are taken in order.
 */
export function resolveFolders<N extends string>(
  specs: readonly (FolderSpec & { readonly name: N })[],
  flags: Readonly<Record<string, string | boolean | undefined>>,
  passed: readonly NamedPath[],
): Record<N, string> {
  const claimed = new Map<N, NamedPath>();
  for (const spec of specs) {
    const own = passed.find((entry) => entry.name.toLowerCase() === spec.name)
      ?? passed.find((entry) => entry.path === spec.fallback)
      ?? passed.find((entry) => basename(entry.path) === spec.name);
    if (own !== undefined && ![...claimed.values()].includes(own)) claimed.set(spec.name, own);
  }
  const rest = passed.filter((entry) => ![...claimed.values()].includes(entry));
  const resolved = {} as Record<N, string>;
  for (const spec of specs) {
    const flag = flags[spec.name];
    const entry = claimed.get(spec.name) ?? rest.shift();
    resolved[spec.name] = typeof flag === 'string' ? flag : (entry?.path ?? spec.fallback);
  }
  return resolved;
}

/** The flag of the input that an error is about: the system would not read that very folder. Undefined: it is about something else. */
export function flagNaming(error: unknown, inputs: Readonly<Record<string, string>>): string | undefined {
  if (!(error instanceof ClaraError) || !(error.cause instanceof Error)) return undefined;
  const { path } = error.cause as NodeJS.ErrnoException;
  return typeof path !== 'string' ? undefined : Object.keys(inputs).find((name) => resolve(inputs[name]!) === resolve(path));
}
