import { ClaraError } from '../../core/errors.ts';
import { visible } from '../../core/names.ts';
import { type Context } from '../../terminal/context.ts';
import { applyChange } from '../project/change.ts';
import { planWorkflow } from '../project/new-workflow.ts';
import { projectOf } from './place.ts';

/** `clara-wf cw WORKFLOW_ID STAGE_NAME…`. */
export async function createWorkflow(context: Context, { arg }: { readonly arg: readonly string[] }, [id = '', ...stages]: readonly string[]): Promise<void> {
  const project = await projectOf(context);
  await applyChange(planWorkflow(project, id, stages, argumentsOf(arg)), context.signal);
  await context.io.line(`Workflow '${id}' is added to: ${visible(project.paths.values)}`);
}

/** `STAGE=ARGUMENT`, in order for each stage. */
function argumentsOf(given: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const text of given) {
    const at = text.indexOf('=');
    if (at <= 0) throw new ClaraError('usage', `--arg: ${JSON.stringify(text)} is not STAGE=ARGUMENT`);
    found.set(text.slice(0, at), [...(found.get(text.slice(0, at)) ?? []), text.slice(at + 1)]);
  }
  return found;
}
