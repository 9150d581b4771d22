import { type NamedPath } from '../../config/operator-environment.ts';
import { ClaraError } from '../../core/errors.ts';

/** An array or string in shared memory. Its name is also its flag, by which a file takes its place: `volume` is `--volume FILE`. */
export interface MemorySpec {
  readonly name: string;
  readonly help: string;
}

/** The file of each entry: the flag wins, then what the platform passed under its name. Throws where there is neither. */
export function resolveMemory<N extends string>(
  specs: readonly (MemorySpec & { readonly name: N })[], flags: Readonly<Record<string, string | boolean | undefined>>, passed: readonly NamedPath[],
): Record<N, string> {
  const resolved = {} as Record<N, string>;
  for (const { name } of specs) {
    const flag = flags[name];
    const file = typeof flag === 'string' ? flag : passed.find((entry) => entry.name.toLowerCase() === name)?.path;
    if (file === undefined || file === '') {
      throw new ClaraError('usage', `nothing in shared memory is named ${name}`, { hint: `name an input or output of the definition "${name}", or give a file: --${name} FILE` });
    }
    resolved[name] = file;
  }
  return resolved;
}
