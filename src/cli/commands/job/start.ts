import { JobPriority, JobState, JobStatus } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { startJob as sendStart } from '../../../actions/submit-job.ts';
import { type Context } from '../../../terminal/context.ts';
import { protocolName } from '../../views/enums.ts';
import { labelLines, printItem, type PrintOptions } from '../../../terminal/print.ts';
import { resolveOne, wantedId } from '../ids.ts';
import { awaitSuccess } from './wait.ts';

interface Options extends PrintOptions {
  readonly job: string | undefined;
  readonly set: ReadonlyMap<string, string>;
  readonly wait: number | undefined;
}

export async function startJob(context: Context, options: Options, args: readonly string[]): Promise<void> {
  const text = wantedId('job', options.job, args);
  const connection = await context.connect();
  const jobId = await resolveOne(context, connection, 'job', text);
  const { state, status, priority } = await sendStart(connection, jobId, options.set, context.signal);
  const data = {
    jobId, state: protocolName(JobState, state), status: protocolName(JobStatus, status), priority: protocolName(JobPriority, priority),
  };
  const lines = () => labelLines([['JOB_ID', jobId], ['JOB_STATE', data.state], ['JOB_STATUS', data.status], ['JOB_PRIORITY', data.priority]]);
  await printItem(context.io, { kind: 'job', id: () => jobId, data: () => data }, data, lines, options);
  if (options.wait !== undefined) await awaitSuccess(context, connection, jobId, options.wait);
}
