import { join, relative } from 'node:path';
import { visible } from '../../core/names.ts';
import { type Context } from '../../terminal/context.ts';
import { createProject } from '../project/create.ts';

/** `clara-wf init [DIR]`: prints the files that it made, relative to the current folder. */
export async function initProject({ io, globals, packageRoot, signal }: Context, { base }: { readonly base: string | undefined }, [folder]: readonly string[]): Promise<void> {
  const target = folder ?? globals.directory ?? '.';
  const made = await createProject(target, { packageRoot, base }, signal);
  await io.lines(made.map((path) => visible(join(target, path))));
  const inside = relative('.', target) === '';
  io.note(`next: \`${inside ? '' : `cd '${target.replaceAll("'", "'\\''")}' && `}clara-wf test\``);
}
