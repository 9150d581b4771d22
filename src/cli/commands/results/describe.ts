import { ClaraError } from '../../../core/errors.ts';
import { type Context } from '../../../terminal/context.ts';
import { printItem, type PrintOptions } from '../../../terminal/print.ts';
import { describeTaskLines, taskList } from '../../views/results.ts';
import { resultsOf, taskIds, type ServiceOption } from './service.ts';

export async function describeResult(context: Context, options: PrintOptions & ServiceOption, args: readonly string[]): Promise<void> {
  const client = await resultsOf(context, options);
  const [id] = await taskIds(client, args, context.signal);
  if (id === undefined) throw new ClaraError('usage', 'missing TASK_ID', { hint: '`clara results list` shows the ids' });
  const task = await client.get(id, { signal: context.signal });
  await printItem(context.io, taskList, task, () => describeTaskLines(task), options);
}
