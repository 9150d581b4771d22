import { type LocalState } from '../../actions/local-platform.ts';
import { JobState } from '../../api/generated/nvidia/clara/platform/jobs.ts';
import { JobsService } from '../../api/services.ts';
import { messageOf } from '../../core/errors.ts';
import { openConnection } from '../../terminal/connect.ts';
import { type Context } from '../../terminal/context.ts';
import { reachableAt } from './endpoint.ts';

export type JobCount =
  | { readonly kind: 'known'; readonly running: number; readonly pending: number }
  | { readonly kind: 'unknown'; readonly reason: string };

/** How long the platform of this machine gets to answer, in ms; it may be stuck, and `stop` must work then. */
const patienceMs = 5000;

/** Asks a running local platform for its unfinished jobs. One that does not answer, or refuses us, is no failure. */
export async function countJobs(context: Context, state: Extract<LocalState, { kind: 'running' }>): Promise<JobCount> {
  const settings = await context.settings();
  try {
    const connection = await openConnection({ ...settings, host: reachableAt(state.ready, settings) }, context.io);
    try {
      const filter = { pipelineId: [], hasState: [JobState.JOB_STATE_PENDING, JobState.JOB_STATE_RUNNING], hasStatus: [], completedBefore: undefined, createdAfter: undefined };
      const count = { running: 0, pending: 0 };
      for await (const { jobDetails } of connection.service(JobsService).list({ filter }, { signal: context.signal, timeoutMs: patienceMs })) {
        if (jobDetails?.state === JobState.JOB_STATE_RUNNING) count.running += 1;
        else if (jobDetails?.state === JobState.JOB_STATE_PENDING) count.pending += 1;
      }
      return { kind: 'known', ...count };
    } finally {
      connection.close();
    }
  } catch (thrown) {
    context.signal.throwIfAborted();
    return { kind: 'unknown', reason: messageOf(thrown) };
  }
}
