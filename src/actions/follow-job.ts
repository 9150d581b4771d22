import { type Connection } from '../api/client.ts';
import {
  JobOperatorStatus, JobState, type JobsStatusResponse, type JobsStatusResponse_JobOperatorDetails,
} from '../api/generated/nvidia/clara/platform/jobs.ts';
import { followLog } from './job-logs.ts';
import { waitForJob, type WaitOptions } from './wait-for-job.ts';

export interface FollowEvents {
  /** The job's state or status is another than before; also the first answer. */
  readonly onJob?: (status: JobsStatusResponse) => void;
  /** An operator's status is another than before; operators that wait for their turn say nothing. */
  readonly onOperator?: (operator: JobsStatusResponse_JobOperatorDetails, job: JobsStatusResponse) => void;
  /** Lines of an operator's log, in order for each operator. The next ones wait until these have been dealt with. */
  readonly onLog?: (operator: string, lines: readonly string[]) => void | Promise<void>;
}

/**
 * Follows a job until it has stopped and, where logs are wanted, until they are complete; returns the last answer.
 * Fails as waitForJob does.
 */
export async function followJob(connection: Connection, jobId: string, options: Omit<WaitOptions, 'onChange'> & FollowEvents): Promise<JobsStatusResponse> {
  const changes = new Changes();
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const logs = new Map<string, Promise<void>>();
  let failure: { readonly thrown: unknown } | undefined;
  const follow = async (operator: string): Promise<void> => {
    try {
      for await (const lines of followLog(connection, jobId, operator, signal)) await options.onLog!(operator, lines);
    } catch (thrown) {
      failure ??= { thrown };
      stop.abort();
    }
  };
  try {
    const last = await waitForJob(connection, jobId, {
      ...options,
      signal,
      onChange: (status) => {
        // What its operators came to is told before the job's own end, and after its beginning.
        const stopped = status.state === JobState.JOB_STATE_STOPPED;
        const changed = changes.ofJob(status);
        if (changed && !stopped) options.onJob?.(status);
        for (const operator of changes.ofOperators(status)) {
          options.onOperator?.(operator, status);
          if (options.onLog !== undefined && !logs.has(operator.name)) logs.set(operator.name, follow(operator.name));
        }
        if (changed && stopped) options.onJob?.(status);
      },
    });
    await Promise.all(logs.values());
    if (failure !== undefined) throw failure.thrown;
    return last;
  } catch (thrown) {
    // A log that failed has ended the wait: then it is the reason.
    const reason = failure?.thrown ?? thrown;
    stop.abort();
    await Promise.all(logs.values());
    throw reason;
  }
}

/** Remembers what was told. */
class Changes {
  #job = '';
  readonly #operators = new Map<string, JobOperatorStatus>();

  ofJob({ state, status }: JobsStatusResponse): boolean {
    const now = `${state}/${status}`;
    const changed = now !== this.#job;
    this.#job = now;
    return changed;
  }

  ofOperators({ operatorDetails }: JobsStatusResponse): JobsStatusResponse_JobOperatorDetails[] {
    return operatorDetails.filter(({ name, status }) => {
      const before = this.#operators.get(name) ?? JobOperatorStatus.JOB_OPERATOR_STATUS_PENDING;
      this.#operators.set(name, status);
      return status !== before && status !== JobOperatorStatus.JOB_OPERATOR_STATUS_UNKNOWN;
    });
  }
}
