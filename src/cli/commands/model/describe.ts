import { ClaraError } from '../../../core/errors.ts';
import { type Context } from '../../../terminal/context.ts';
import { describeModelLines, modelList } from '../../views/models.ts';
import { printItem, type PrintOptions } from '../../../terminal/print.ts';
import { resolveOne } from '../ids.ts';
import { allModels } from './list.ts';

/** The API has no call for one model: it is looked for in the list. */
export async function describeModel(context: Context, options: PrintOptions, [text]: readonly string[]): Promise<void> {
  const connection = await context.connect();
  const id = await resolveOne(context, connection, 'model', text!);
  for await (const model of allModels(connection, context.signal)) {
    if (model.modelId?.value === id) return printItem(context.io, modelList, model, () => describeModelLines(model), options);
  }
  throw new ClaraError('not-found', `no model has the id ${id}`, { hint: '`clara list models` shows them' });
}
