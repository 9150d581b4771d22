import { type Connection } from '../../../api/client.ts';
import { PipelinesService, type PipelinesListResponse_PipelineDetails as Listed } from '../../../api/generated/nvidia/clara/platform/pipelines.ts';
import { type Context } from '../../../terminal/context.ts';
import { pipelineList } from '../../views/pipelines.ts';
import { printList, type PrintOptions } from '../../../terminal/print.ts';

export async function listPipelines(context: Context, options: PrintOptions): Promise<void> {
  await printList(context.io, pipelineList, pipelines(await context.connect(), context.signal), options);
}

async function* pipelines(connection: Connection, signal: AbortSignal): AsyncGenerator<Listed> {
  for await (const { details } of connection.service(PipelinesService).list({}, { signal })) {
    // The first message may carry a header and nothing else.
    if (details?.pipelineId) yield details;
  }
}
