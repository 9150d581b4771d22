import { type Connection } from '../../api/client.ts';
import { ClaraError } from '../../core/errors.ts';
import { type Logger } from '../../system/log.ts';
import { cleanFailure, withoutPatients } from '../private-log.ts';
import { type InstanceFiles } from '../receive/instance-files.ts';
import { type AdapterSettings } from '../settings/model.ts';
import { type AdapterStore } from '../store/store.ts';
import { type Submission } from '../store/submissions.ts';
import { delayAfter } from './delay.ts';
import { nextStep } from './steps.ts';

export interface SubmitterOptions {
  readonly store: AdapterStore;
  readonly files: InstanceFiles;
  readonly connection: Connection;
  readonly settings: AdapterSettings['services'];
  readonly log: Logger;
}

/** Submissions that are worked on at a time. */
const atOnce = 4;
const databaseAgainMs = 5000;

/** Turns submissions into jobs, step by step; what fails is tried again later, for ever where the platform cannot be reached. */
export class Submitter {
  readonly #options: SubmitterOptions;
  readonly #stop = new AbortController();
  readonly #working = new Map<string, Promise<void>>();
  /** When the next attempt is due, on the clock that never jumps. */
  readonly #dueAt = new Map<string, number>();
  /** Attempts in a row that did not reach the platform. */
  readonly #unreached = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SubmitterOptions) {
    this.#options = options;
  }

  /** There may be something to do. */
  wake(): void {
    clearTimeout(this.#timer);
    if (this.#stop.signal.aborted) return;
    const now = performance.now();
    let next = Infinity;
    for (const submission of this.#options.store.submissions.unfinished()) {
      if (this.#working.size >= atOnce) return;
      if (this.#working.has(submission.id)) continue;
      const due = this.#dueAt.get(submission.id) ?? 0;
      if (due > now) next = Math.min(next, due);
      else this.#begin(submission);
    }
    if (next < Infinity) this.#timer = setTimeout(() => this.wake(), next - now + 1);
  }

  /** Which submissions are being worked on, and in how many ms the others are due. */
  attempts(): { readonly running: ReadonlySet<string>; readonly dueInMs: ReadonlyMap<string, number> } {
    const now = performance.now();
    return { running: new Set(this.#working.keys()), dueInMs: new Map([...this.#dueAt].map(([id, due]) => [id, Math.max(0, Math.ceil(due - now))])) };
  }

  /** Begins anew with one that was given up; false where it was not. */
  retry(id: string): boolean {
    if (!this.#options.store.submissions.retry(id, Date.now())) return false;
    this.#dueAt.delete(id);
    this.#unreached.delete(id);
    this.wake();
    return true;
  }

  /** Stops after what is being done, which is cut short; the next run goes on with it. */
  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await Promise.all(this.#working.values());
  }

  #begin(submission: Submission): void {
    const { log } = this.#options;
    const work = this.#work(submission).catch((thrown: unknown) => {
      // Our own database failed: nothing is lost, and nothing was written.
      log.error({ err: thrown, group: submission.groupId }, 'a submission could not be worked on');
      this.#dueAt.set(submission.id, performance.now() + databaseAgainMs);
    }).finally(() => {
      this.#working.delete(submission.id);
      this.wake();
    });
    this.#working.set(submission.id, work);
  }

  /** All steps that go well. */
  async #work(submission: Submission): Promise<void> {
    const { store, log } = this.#options;
    for (let current = submission; !this.#stop.signal.aborted;) {
      try {
        await nextStep(current, { ...this.#options, signal: this.#stop.signal });
        this.#dueAt.delete(current.id);
        this.#unreached.delete(current.id);
        current = store.submissions.get(current.id)!;
        if (current.state !== 'completed') continue;
        log.info({ group: current.groupId, job: current.jobId, name: current.jobName, payload: current.payloadId }, 'a job was started');
        await this.#finish(current.groupId);
        return;
      } catch (thrown) {
        this.#fail(current, thrown);
        return;
      }
    }
  }

  #fail(submission: Submission, thrown: unknown): void {
    if (this.#stop.signal.aborted) return;
    const { store, settings, log } = this.#options;
    const { id, groupId, jobName } = submission;
    const isUnreachable = thrown instanceof ClaraError && thrown.kind === 'unreachable';
    const tries = submission.tries + (isUnreachable ? 0 : 1);
    if (isUnreachable) this.#unreached.set(id, (this.#unreached.get(id) ?? 0) + 1);
    // Files are named after patients.
    const clean = (text: string) => withoutPatients(text, store.inbox.instances(groupId).map(({ name }) => name));
    const err = cleanFailure(thrown, clean);
    store.submissions.failed(id, tries, err.message, Date.now());
    if (tries > settings.maxRetries) {
      store.submissions.moved(id, 'faulted', Date.now());
      log.error({ err, group: groupId, name: jobName, attempts: tries }, `a job could not be submitted and is given up; its instances are kept: ${err.message}`);
      return;
    }
    const delayMs = delayAfter(isUnreachable ? { kind: 'unreachable', times: this.#unreached.get(id)!, firstMs: submission.retryDelayMs } : { kind: 'refused', tries, maxRetries: settings.maxRetries }, settings.retryDelayMs);
    this.#dueAt.set(id, performance.now() + delayMs);
    log.warn({ group: groupId, name: jobName, step: submission.state, againInMs: delayMs }, `a job could not be submitted yet: ${err.message}`);
  }

  /** Removes the instances of a group once no job needs them any more. */
  async #finish(groupId: number): Promise<void> {
    const { store, files, log } = this.#options;
    if (store.submissions.ofGroup(groupId).some(({ state }) => state !== 'completed')) return;
    store.inbox.finish(groupId, Date.now());
    // What cannot be removed now is swept away at the next start.
    await Promise.all(store.inbox.instances(groupId).map(({ file }) => files.remove(file))).catch((thrown: unknown) => log.warn({ err: thrown, group: groupId }, 'instances could not be removed'));
  }
}
