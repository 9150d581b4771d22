import { type Context } from '../../terminal/context.ts';
import { openProject, type Project } from '../project/open.ts';

/** The workflow project that a command works on: that of `-C DIR`, or of the current folder. */
export function projectOf({ globals, packageRoot }: Pick<Context, 'globals' | 'packageRoot'>): Promise<Project> {
  return openProject(globals.directory ?? '.', packageRoot);
}
