import { type Connection } from '../../api/client.ts';
import { ClaraError } from '../../core/errors.ts';
import { type Logger } from '../../system/log.ts';
import { cleanFailure, withoutPatients } from '../private-log.ts';
import { type InstanceFiles } from '../receive/instance-files.ts';
import { type AdapterSettings } from '../settings/model.ts';
import { type AdapterStore } from '../store/store.ts';
import { type Submission } from '../store/submissions.ts';
import { delayAfter } from './delay.ts';
import { DueWork } from './due-work.ts';
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

/** Turns submissions into jobs, step by step; what fails is tried again later, for ever where the platform cannot be reached. */
export class Submitter {
  readonly #options: SubmitterOptions;
  readonly #due: DueWork;
  /** Attempts in a row that did not reach the platform. */
  readonly #unreached = new Map<string, number>();

  constructor(options: SubmitterOptions) {
    const { store, log } = options;
    this.#options = options;
    this.#due = new DueWork({
      atOnce, unfinished: () => store.submissions.unfinished().map(({ id }) => id), work: (id, signal) => this.#work(id, signal),
      // Our own database failed: nothing is lost, and nothing was written.
      onFailed: (submission, thrown) => log.error({ err: thrown, submission }, 'a submission could not be worked on'),
    });
  }

  /** There may be something to do. */
  wake(): void {
    this.#due.wake();
  }

  /** Which submissions are being worked on, and in how many ms the others are due. */
  attempts(): { readonly running: ReadonlySet<string>; readonly dueInMs: ReadonlyMap<string, number> } {
    return { running: this.#due.running, dueInMs: this.#due.dueInMs() };
  }

  /** Begins anew with one that was given up; false where it was not. */
  retry(id: string): boolean {
    if (!this.#options.store.submissions.retry(id, Date.now())) return false;
    this.#unreached.delete(id);
    this.#due.hurry(id);
    return true;
  }

  /** Stops after what is being done, which is cut short; the next run goes on with it. */
  close(): Promise<void> {
    return this.#due.close();
  }

  /** All steps that go well; returns the ms until the next attempt at one that did not. */
  async #work(id: string, signal: AbortSignal): Promise<number | undefined> {
    const { store, log } = this.#options;
    for (let current = store.submissions.get(id); current !== undefined && !signal.aborted; current = store.submissions.get(id)) {
      try {
        await nextStep(current, { ...this.#options, signal });
      } catch (thrown) {
        return signal.aborted ? undefined : this.#fail(current, thrown);
      }
      this.#unreached.delete(id);
      const { state, groupId, jobId, payloadId, jobName } = store.submissions.get(id)!;
      if (state !== 'completed') continue;
      log.info({ group: groupId, job: jobId, name: jobName, payload: payloadId }, 'a job was started');
      await this.#tidy(groupId);
      break;
    }
    return undefined;
  }

  #fail(submission: Submission, thrown: unknown): number | undefined {
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
      return undefined;
    }
    const delayMs = delayAfter(isUnreachable ? { kind: 'unreachable', times: this.#unreached.get(id)!, firstMs: submission.retryDelayMs } : { kind: 'refused', tries, maxRetries: settings.maxRetries }, settings.retryDelayMs);
    log.warn({ group: groupId, name: jobName, step: submission.state, againInMs: delayMs }, `a job could not be submitted yet: ${err.message}`);
    return delayMs;
  }

  /** Removes the instances of a group once no job needs them any more. */
  async #tidy(groupId: number): Promise<void> {
    const { store, files, log } = this.#options;
    if (!store.inbox.isDone(groupId)) return;
    // What cannot be removed now is swept away at the next start.
    await Promise.all(store.inbox.instances(groupId).map(({ file }) => files.remove(file))).catch((thrown: unknown) => log.warn({ err: thrown, group: groupId }, 'instances could not be removed'));
  }
}
