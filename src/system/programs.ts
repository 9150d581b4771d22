import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** The absolute path of a program, searched in the folders of a PATH; undefined where there is none that may be run. */
export function findProgram(name: string, path: string): string | undefined {
  for (const folder of path.split(':').filter((part) => part.startsWith('/'))) {
    const candidate = join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return candidate;
    } catch {
      // Not here, or not for us: the next folder.
    }
  }
  return undefined;
}
