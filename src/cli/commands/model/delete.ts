import { ModelsService } from '../../../api/generated/nvidia/clara/platform/models.ts';
import { type Context } from '../../../terminal/context.ts';
import { type PrintOptions } from '../../../terminal/print.ts';
import { forEachId } from '../each.ts';
import { resolveAll } from '../ids.ts';

export async function deleteModels(context: Context, options: PrintOptions, args: readonly string[]): Promise<void> {
  const connection = await context.connect();
  const models = connection.service(ModelsService);
  await forEachId(context, 'model', await resolveAll(context, connection, 'model', args), options, async (id) => {
    await models.deleteModel({ modelId: { value: id } }, { signal: context.signal });
    return { id, labels: [['MODEL_ID', id]], data: { modelId: id } };
  });
}
