import { parseId } from '../../core/ids.ts';
import { type Logger } from '../../system/log.ts';
import { type TaskStore } from './store.ts';

export interface CleanerOptions {
  readonly store: TaskStore;
  /** How long after the last of its tasks has ended a job is forgotten; above 0. */
  readonly retainMs: number;
  /** Deletes a payload, if it is there; where it may not be, its job stays for the next time. */
  readonly deletePayload: ((id: string) => Promise<void>) | undefined;
  readonly log: Logger;
}

const longestPauseMs = 600_000;
const firstPauseMs = 30_000;

/**
 * Forgets jobs whose tasks have all ended a while ago, and deletes their payloads where the platform is set up to
 * (Clara guide, Results Service, Cleanup Service). A job that never registered anything is left alone.
 */
export class Cleaner {
  readonly #options: CleanerOptions;
  #timer: NodeJS.Timeout;
  #isClosed = false;
  #sweep: Promise<void> = Promise.resolve();

  constructor(options: CleanerOptions) {
    this.#options = options;
    this.#timer = this.#later(Math.min(firstPauseMs, this.#pauseMs()));
  }

  /** Settled when nothing is being deleted any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#sweep;
  }

  #later(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#sweep = this.#clean().catch((thrown: unknown) => this.#options.log.warn({ err: thrown }, 'old results could not be cleaned up; trying again later')).then(() => {
        if (!this.#isClosed) this.#timer = this.#later(this.#pauseMs());
      });
    }, ms).unref();
  }

  #pauseMs(): number {
    return Math.min(longestPauseMs, this.#options.retainMs / 4);
  }

  async #clean(): Promise<void> {
    const { store, retainMs, deletePayload, log } = this.#options;
    for (const { jobId, payloadIds } of store.endedJobs(Date.now() - retainMs)) {
      if (this.#isClosed) return;
      for (const id of payloadIds.map(parseId)) if (id !== undefined) await deletePayload?.(id);
      store.forget(jobId);
      log.info({ job: jobId, payloads: deletePayload === undefined ? [] : payloadIds }, 'the results of a job were cleaned up');
    }
  }
}
