import { PipelinesService } from '../../../api/generated/nvidia/clara/platform/pipelines.ts';
import { type Context } from '../../../terminal/context.ts';
import { type PrintOptions } from '../../../terminal/print.ts';
import { forEachId } from '../each.ts';
import { resolveAll } from '../ids.ts';

export async function deletePipelines(context: Context, options: PrintOptions, args: readonly string[]): Promise<void> {
  const connection = await context.connect();
  const pipelines = connection.service(PipelinesService);
  await forEachId(context, 'pipeline', await resolveAll(context, connection, 'pipeline', args), options, async (id) => {
    await pipelines.remove({ pipelineId: { value: id } }, { signal: context.signal });
    return { id, labels: [['PIPELINE_ID', id]], data: { pipelineId: id } };
  });
}
