import { join } from 'node:path';
import { ClaraError } from '../../core/errors.ts';
import { visible } from '../../core/names.ts';
import { type Context } from '../../terminal/context.ts';
import { confirm } from '../../terminal/output/confirm.ts';
import { applyChange } from '../project/change.ts';
import { planRemoval } from '../project/stage-edits.ts';
import { projectOf } from './place.ts';

/** `clara-wf ds STAGE_NAME`: takes away what `cs` made; workflows and test data stay. */
export async function deleteStage(context: Context, { force, yes }: { readonly force: boolean; readonly yes: boolean }, [name = '']: readonly string[]): Promise<void> {
  const { io, signal } = context;
  const project = await projectOf(context);
  const { change, usedBy } = planRemoval(project, name, force);
  const users = `${usedBy.length === 1 ? 'the workflow' : 'the workflows'} ${usedBy.map(visible).join(', ')}`;
  if (usedBy.length > 0 && !force) {
    throw new ClaraError('usage', `the stage \`${name}\` is in ${users}`, { hint: 'take it out of there first, or pass --force' });
  }
  if (!yes && !(await confirm(io, `Delete the stage '${name}', its folder and its values?`, '-y', signal))) {
    io.note('nothing was deleted');
    return;
  }
  await applyChange(change, signal);
  if (usedBy.length > 0) io.warn(`${users} still ${usedBy.length === 1 ? 'lists' : 'list'} \`${name}\``);
  await io.lines([
    ...(change.folder === undefined ? [] : [`Stage '${name}' is deleted from: ${visible(join(project.paths.stages, name))}`]),
    ...(change.after === change.before ? [] : [`Default values for Stage '${name}' are removed from: ${visible(project.paths.values)}`]),
  ]);
}
