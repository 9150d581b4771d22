import { basename, dirname } from 'node:path';
import { type Environment } from './settings.ts';

/**
 * The name that `clara-wf` was called by, for the first line of its help: what the script in a workflow's folder says
 * (CLARA_WF_NAME), `clara wf` where it runs as a plugin, else the name of its file.
 */
export function calledAs(program: string = process.argv[1] ?? '', env: Environment = process.env): string {
  if (env.CLARA_WF_NAME) return env.CLARA_WF_NAME;
  return basename(dirname(program)) === 'plugins' ? 'clara wf' : basename(program) || 'clara-wf';
}
