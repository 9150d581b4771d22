import { type TaskState } from '../../../core/results.ts';
import { type Context } from '../../../terminal/context.ts';
import { printList, type PrintOptions } from '../../../terminal/print.ts';
import { taskList } from '../../views/results.ts';
import { resultsOf, type ServiceOption } from './service.ts';

interface Options extends PrintOptions, ServiceOption {
  readonly agent: string | undefined;
  readonly state: TaskState | undefined;
  readonly limit: number | undefined;
}

export async function listResults(context: Context, options: Options): Promise<void> {
  const { agent, state, limit } = options;
  const client = await resultsOf(context, options);
  const query = { ...(agent === undefined ? {} : { agent }), ...(state === undefined ? {} : { state }), ...(limit === undefined ? {} : { limit }) };
  await printList(context.io, taskList, client.list(query, { signal: context.signal }), options);
}
