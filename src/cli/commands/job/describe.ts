import { JobsService, type JobsStatusResponse } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { waitForJob } from '../../../actions/wait-for-job.ts';
import { type Context } from '../../../terminal/context.ts';
import { describeJobLines, jobDetails } from '../../views/jobs.ts';
import { printEvent, printItem, type PrintOptions } from '../../../terminal/print.ts';
import { resolveOne, wantedId } from '../ids.ts';

interface Options extends PrintOptions {
  readonly job: string | undefined;
  readonly watch: boolean;
}

export async function describeJob(context: Context, options: Options, args: readonly string[]): Promise<void> {
  const text = wantedId('job', options.job, args);
  const connection = await context.connect();
  const jobId = await resolveOne(context, connection, 'job', text);
  const lines = (job: JobsStatusResponse) => () => describeJobLines(job, Date.now(), context.io.style);
  if (options.watch) {
    let first = true;
    await waitForJob(connection, jobId, {
      signal: context.signal,
      onChange: async (job) => {
        await printEvent(context.io, jobDetails, job, () => (first ? lines(job)() : ['', ...lines(job)()]), options);
        first = false;
      },
    });
    return;
  }
  const job = await connection.service(JobsService).status({ jobId: { value: jobId } }, { signal: context.signal });
  await printItem(context.io, jobDetails, job, lines(job), options);
}
