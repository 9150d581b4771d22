import { execute } from './execute.ts';
import { runProcess } from '../terminal/process.ts';

/** Runs the command line of this process; `pluginFailed` says that it names a plugin that could not be run. */
export function runCommandLine(pluginFailed: boolean): Promise<void> {
  return runProcess((argv, surroundings) => execute(argv, surroundings, pluginFailed));
}
