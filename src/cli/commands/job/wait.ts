import { type Connection } from '../../../api/client.ts';
import { type JobsStatusResponse } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { jobFailure, succeeded, waitForJob } from '../../../actions/wait-for-job.ts';
import { type Context } from '../../../terminal/context.ts';
import { progressText } from '../../views/jobs.ts';

/** Waits for a job's end with a line on the terminal that says how far it is; fails with exit code 6 where it did not succeed. */
export async function awaitSuccess(context: Context, connection: Connection, jobId: string, timeoutMs: number): Promise<void> {
  const job = await awaitEnd(context, connection, jobId, timeoutMs);
  if (!succeeded(job)) throw await jobFailure(connection, job, context.signal);
}

/** Waits until a job has stopped, however it ended. */
export async function awaitEnd({ io, signal }: Context, connection: Connection, jobId: string, timeoutMs: number): Promise<JobsStatusResponse> {
  const progress = await io.progress('waiting for the job');
  try {
    return await waitForJob(connection, jobId, { timeoutMs, signal, onChange: (job) => progress.update(progressText(job)) });
  } finally {
    progress.stop();
  }
}
