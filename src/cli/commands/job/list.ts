import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection } from '../../../api/client.ts';
import { type JobsListRequest_JobFilter, type JobsListResponse_JobDetails as Listed } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { type Context } from '../../../terminal/context.ts';
import { jobList } from '../../views/jobs.ts';
import { printEvent, printList, rowLayout, type PrintOptions } from '../../../terminal/print.ts';
import { filteredJobs, wireFilter, type JobFilterOptions } from './filter.ts';

interface Options extends PrintOptions, JobFilterOptions {
  readonly watch: boolean;
}

export async function listJobs(context: Context, options: Options): Promise<void> {
  const connection = await context.connect();
  const filter = await wireFilter(context, connection, options);
  if (options.watch) return watchJobs(context, connection, filter, options);
  await printList(context.io, jobList, filteredJobs(connection, filter, options, context.signal), options);
}

/** Pause between two looks, in ms; a platform that needs long for its list is asked less often. */
const pauseMs = 1000;
const pauseFactor = 4;

/** Prints every job once, oldest first, and again whenever it changes, until it is interrupted. */
async function watchJobs(context: Context, connection: Connection, filter: JobsListRequest_JobFilter, options: Options): Promise<void> {
  const seen = new Map<string, string>();
  const { header, row } = rowLayout(jobList, options, context.io.style);
  let above = [header];
  for (;;) {
    const asked = Date.now();
    const changed: Listed[] = [];
    for await (const job of filteredJobs(connection, filter, options, context.signal)) {
      const id = job.jobId!.value;
      const now = `${job.state} ${job.status} ${job.stopped?.value ?? 0} ${job.started?.value ?? 0}`;
      if (seen.get(id) !== now) changed.push(job);
      seen.set(id, now);
    }
    for (const job of changed.reverse()) {
      await printEvent(context.io, jobList, job, () => [...above, row(job)], options);
      above = [];
    }
    await sleep(Math.max(pauseMs, pauseFactor * (Date.now() - asked)), undefined, { signal: context.signal });
  }
}
