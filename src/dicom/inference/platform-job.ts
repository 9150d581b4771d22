import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection } from '../../api/client.ts';
import { JobState } from '../../api/generated/nvidia/clara/platform/jobs.ts';
import { JobsService } from '../../api/services.ts';
import { ClaraError } from '../../core/errors.ts';
import { type AdapterStore } from '../store/store.ts';
import { type StoredRequest } from '../store/inference.ts';
import { createJob, findJob } from '../submit/create-job.ts';

/** Pause before the second and last attempt to create a job (platform-api 5.2), in ms. */
const againMs = 2000;
/** Longest text that is given as the reason of a cancellation. */
const mostReason = 1000;

/** What is done with the platform for a request. */
export class PlatformJob {
  readonly #store: AdapterStore;
  readonly #connection: Connection;

  constructor(store: AdapterStore, connection: Connection) {
    this.#store = store;
    this.#connection = connection;
  }

  /** Creates the job, once, and writes its ids down. A platform that cannot be reached is asked a second time. */
  async create(id: string, signal: AbortSignal): Promise<StoredRequest> {
    const { inference } = this.#store;
    for (let attempt = 1; ; attempt += 1) {
      const stored = inference.get(id)!;
      const { request: { transactionId, priority, algorithm }, jobName, creating } = stored;
      try {
        const { jobId, payloadId } = await createJob({ id, pipelineId: algorithm.pipelineId, jobName, source: transactionId, priority, creating }, {
          connection: this.#connection, signal, metadata: () => Promise.resolve({}), onAsking: () => inference.creating(id, Date.now()),
        });
        inference.created(id, jobId, payloadId, Date.now());
        return inference.get(id)!;
      } catch (thrown) {
        if (attempt > 1 || !isUnreachable(thrown)) throw thrown;
        await sleep(againMs, undefined, { signal });
      }
    }
  }

  /** Cancels a job that was never started; one that has ended in another way is left as it is. */
  async cancel(jobId: string, why: string, signal: AbortSignal): Promise<void> {
    const jobs = this.#connection.service(JobsService);
    try {
      await jobs.cancel({ jobId: { value: jobId }, reason: why.slice(0, mostReason) }, { signal });
    } catch (thrown) {
      if (isUnreachable(thrown) || signal.aborted) throw thrown;
      if (thrown instanceof ClaraError && thrown.kind === 'not-found') return;
      const { state } = await jobs.status({ jobId: { value: jobId } }, { signal });
      if (state !== JobState.JOB_STATE_STOPPED) throw thrown;
    }
  }

  /** Cancels the job of a request whose sender was told that there is none. */
  async withdraw({ id, request: { algorithm } }: StoredRequest, signal: AbortSignal): Promise<void> {
    const found = await findJob(this.#connection, { id, pipelineId: algorithm.pipelineId }, signal);
    if (found !== undefined) await this.cancel(found.jobId, 'the request failed before it was answered', signal);
  }
}

export function isUnreachable(thrown: unknown): boolean {
  return thrown instanceof ClaraError && thrown.kind === 'unreachable';
}
