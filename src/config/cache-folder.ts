import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Environment } from './settings.ts';

/** Where things may be kept that can be lost. Not below `~/.clara`: installers take that folder as the sign that `clara config` was run. */
export function cacheFolder(env: Environment = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'clara');
}
