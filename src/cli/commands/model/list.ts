import { type Connection } from '../../../api/client.ts';
import { ModelsService, type ModelDetails } from '../../../api/generated/nvidia/clara/platform/models.ts';
import { type Context } from '../../../terminal/context.ts';
import { modelList } from '../../views/models.ts';
import { printList, type PrintOptions } from '../../../terminal/print.ts';

export async function listModels(context: Context, options: PrintOptions): Promise<void> {
  await printList(context.io, modelList, allModels(await context.connect(), context.signal), options);
}

/** Every model; a message may hold any number of them (platform-api 3.5). */
export async function* allModels(connection: Connection, signal: AbortSignal): AsyncGenerator<ModelDetails> {
  for await (const { models } of connection.service(ModelsService).listModels({}, { signal })) yield* models;
}
