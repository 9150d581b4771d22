import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { clara, tempDir, type Finished, type RunOptions } from '../../helpers/run.ts';

export interface Home {
  /** CLARA_HOME of this test. */
  readonly folder: string;
  readonly platform: (args: readonly string[], options?: RunOptions) => Promise<Finished>;
  readonly clara: (args: readonly string[], options?: RunOptions) => Promise<Finished>;
}

/** A home of its own, in a path with spaces; what runs in it is stopped when the test ends. */
export function home(): Home {
  const folder = join(tempDir(), 'a home');
  mkdirSync(folder);
  const inHome = (args: readonly string[], options: RunOptions = {}) => clara(args, { ...options, env: { CLARA_HOME: folder, ...options.env } });
  onTestFinished(async () => void (await inHome(['platform', 'stop', '-y'])));
  return { folder, clara: inHome, platform: (args, options) => inHome(['platform', ...args], options) };
}

/** The address in the output of `start`. */
export function endpointOf({ stdout }: Finished): string {
  return /^API: +(\S+)/m.exec(stdout)![1]!;
}
