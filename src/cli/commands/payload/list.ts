import { type JobsListResponse_JobDetails as Job } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { type Context } from '../../../terminal/context.ts';
import { payloadList } from '../../views/payloads.ts';
import { printList, type PrintOptions } from '../../../terminal/print.ts';
import { filteredJobs, wireFilter, type JobFilterOptions } from '../job/filter.ts';

/** The API has no list of payloads: those of jobs are found through the jobs. */
export async function listPayloads(context: Context, options: PrintOptions & JobFilterOptions): Promise<void> {
  const connection = await context.connect();
  const filter = await wireFilter(context, connection, options);
  await printList(context.io, payloadList, withPayload(filteredJobs(connection, filter, options, context.signal)), options);
}

async function* withPayload(jobs: AsyncIterable<Job>): AsyncGenerator<Job> {
  for await (const job of jobs) if (job.payloadId) yield job;
}
