import { join } from 'node:path';
import { ClaraError } from '../../core/errors.ts';
import { visible } from '../../core/names.ts';
import { type Context } from '../../terminal/context.ts';
import { applyChange } from '../project/change.ts';
import { planNewStage } from '../project/stage-edits.ts';
import { projectOf } from './place.ts';

interface Options {
  readonly image: string | undefined;
  readonly command: readonly string[];
  readonly build: string | undefined;
  readonly buildArg: ReadonlyMap<string, string>;
}

/** `clara-wf cs STAGE_NAME`: what it prints is the original's (Clara Pipeline Generation Guide). */
export async function createStage(context: Context, { image, command, build, buildArg }: Options, [name = '']: readonly string[]): Promise<void> {
  if (build === undefined && buildArg.size > 0) throw new ClaraError('usage', '--build-arg goes with --build');
  const project = await projectOf(context);
  const change = await planNewStage(project, name, { image, command, build: build === undefined ? undefined : splitBuild(build), buildArgs: buildArg });
  await applyChange(change, context.signal);
  await context.io.lines([
    `Stage '${name}' is created at: ${visible(join(project.paths.stages, name))}`,
    `Default values for Stage '${name}' are added to: ${visible(project.paths.values)}`,
  ]);
}

/** `CONTEXT[:DOCKERFILE]`; the last colon separates. */
function splitBuild(build: string): { readonly context: string; readonly dockerfile: string | undefined } {
  const colon = build.lastIndexOf(':');
  const [context, dockerfile] = colon < 0 ? [build, undefined] : [build.slice(0, colon), build.slice(colon + 1)];
  if (context === '' || dockerfile === '') throw new ClaraError('usage', `--build: ${JSON.stringify(build)} is not CONTEXT[:DOCKERFILE]`);
  return { context, dockerfile };
}
