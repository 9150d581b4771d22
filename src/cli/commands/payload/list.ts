import { type Connection } from '../../../api/client.ts';
import { reusable, storedPayloads } from '../../../actions/stored-payloads.ts';
import { type Context } from '../../../terminal/context.ts';
import { payloadList, type ListedPayload } from '../../views/payloads.ts';
import { printList, type PrintOptions } from '../../../terminal/print.ts';
import { filteredJobs, wireFilter, type JobFilterOptions } from '../job/filter.ts';

type Options = PrintOptions & JobFilterOptions;

export async function listPayloads(context: Context, options: Options): Promise<void> {
  const connection = await context.connect();
  await printList(context.io, payloadList, listed(context, connection, options), options);
}

/** The payloads of the jobs that pass the filters, as far as they are still there; without a filter then the reusable ones. */
async function* listed(context: Context, connection: Connection, options: Options): AsyncGenerator<ListedPayload> {
  const filter = await wireFilter(context, connection, options);
  const stored = await storedPayloads(connection, { signal: context.signal });
  let left = options.limit ?? Infinity;
  for await (const job of filteredJobs(connection, filter, { ...options, limit: undefined }, context.signal)) {
    const id = job.payloadId?.value;
    if (id === undefined || stored?.has(id) === false) continue;
    yield { id, job, metadata: {} };
    left -= 1;
    if (left === 0) return;
  }
  if (isFiltered(options)) return;
  for (const { id, metadata } of reusable(stored).slice(0, left)) yield { id, job: undefined, metadata };
}

/** Whether only payloads of certain jobs are wanted. */
function isFiltered({ state, status, pipeline, createdAfter, completedBefore, name }: Options): boolean {
  return state.length > 0 || status.length > 0 || pipeline.length > 0 || createdAfter !== undefined || completedBefore !== undefined || name !== undefined;
}
