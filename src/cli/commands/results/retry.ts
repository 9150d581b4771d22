import { type Context } from '../../../terminal/context.ts';
import { type PrintOptions } from '../../../terminal/print.ts';
import { forEachId } from '../each.ts';
import { resultsOf, taskIds, type ServiceOption } from './service.ts';

export async function retryResults(context: Context, options: PrintOptions & ServiceOption, args: readonly string[]): Promise<void> {
  const { signal } = context;
  const client = await resultsOf(context, options);
  await forEachId(context, 'task', await taskIds(client, args, signal), options, async (id) => {
    await client.retry(id, { signal });
    const task = await client.get(id, { signal });
    return { id, labels: [['TASK_ID', id], ['STATE', task.state]], data: task };
  });
}
