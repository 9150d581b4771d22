import { JobsService, JobState, JobStatus } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { type Context } from '../../../terminal/context.ts';
import { protocolName } from '../../views/enums.ts';
import { type PrintOptions } from '../../../terminal/print.ts';
import { forEachId } from '../each.ts';
import { resolveAll } from '../ids.ts';
import { awaitEnd } from './wait.ts';

interface Options extends PrintOptions {
  readonly reason: string | undefined;
  readonly wait: number | undefined;
}

export async function cancelJobs(context: Context, options: Options, args: readonly string[]): Promise<void> {
  const connection = await context.connect();
  const jobs = connection.service(JobsService);
  const end = Date.now() + (options.wait ?? 0);
  await forEachId(context, 'job', await resolveAll(context, connection, 'job', args), options, async (id) => {
    const answer = await jobs.cancel({ jobId: { value: id }, reason: options.reason ?? '' }, { signal: context.signal });
    const waits = options.wait !== undefined && answer.jobState !== JobState.JOB_STATE_STOPPED;
    const last = waits ? await awaitEnd(context, connection, id, Math.max(0, end - Date.now())) : undefined;
    const jobState = protocolName(JobState, last?.state ?? answer.jobState);
    const jobStatus = protocolName(JobStatus, last?.status ?? answer.jobStatus);
    return { id, labels: [['JOB_ID', id], ['JOB_STATE', jobState], ['JOB_STATUS', jobStatus]], data: { jobId: id, jobState, jobStatus } };
  });
}
