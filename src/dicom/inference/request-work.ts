import { ClaraError, messageOf } from '../../core/errors.ts';
import { type StoredRequest } from '../store/inference.ts';
import { delayAfter } from '../submit/delay.ts';
import { withSecrets } from './outputs.ts';
import { isUnreachable, type PlatformJob } from './platform-job.ts';
import { attempt, type Missing } from './retrieve/attempt.ts';
import { NoRoom } from './retrieve/store-instance.ts';
import { type InferenceOptions } from './service.ts';

export interface RequestWorkOptions extends InferenceOptions {
  readonly jobs: PlatformJob;
}

/** Attempts after the first one (dicom-adapter 13). */
const mostRetries = 3;
/** How often it is looked whether there is room again, in ms. */
const roomAgainMs = 1000;
/** Longest pause after a transfer for which there was not enough room, in ms. */
const longestRoomMs = 300_000;
const firstUnreachableMs = 2000;

/** The steps of one request, each of which goes on where the one before it, or an earlier run, has come to. */
export class RequestWork {
  readonly #options: RequestWorkOptions;
  /** Requests that wait for room: how many transfers in a row have found too little. */
  readonly #waiting = new Map<string, number>();
  /** Attempts in a row that did not reach the platform. */
  readonly #unreached = new Map<string, number>();

  constructor(options: RequestWorkOptions) {
    this.#options = options;
  }

  get isPaused(): boolean {
    return this.#waiting.size > 0;
  }

  /** Works on a request until it is done or has to wait; returns how long, in ms. */
  async step(id: string, signal: AbortSignal): Promise<number | undefined> {
    const { store, log } = this.#options;
    try {
      for (let stored = store.inference.get(id); stored !== undefined; stored = store.inference.get(id)) {
        const pause = await this.#next(stored, signal);
        this.#unreached.delete(id);
        if (pause !== 'go on') return pause;
      }
      return undefined;
    } catch (thrown) {
      if (signal.aborted) return undefined;
      if (!isUnreachable(thrown)) throw thrown;
      const times = (this.#unreached.get(id) ?? 0) + 1;
      this.#unreached.set(id, times);
      const pause = delayAfter({ kind: 'unreachable', times, firstMs: firstUnreachableMs }, this.#options.retryDelayMs);
      log.warn({ request: id, againInMs: pause }, `an inference request waits for the platform: ${messageOf(thrown)}`);
      return pause;
    }
  }

  async #next(stored: StoredRequest, signal: AbortSignal): Promise<number | 'go on' | undefined> {
    const { store, jobs } = this.#options;
    switch (stored.state) {
      case 'creating':
        return this.#create(stored, signal);
      case 'retrieving':
        return this.#retrieve(stored, signal);
      case 'failing':
        await jobs.cancel(stored.jobId!, `inference request: ${stored.error ?? 'failed'}`, signal);
        return this.#fail(stored);
      case 'dropping':
        if (stored.creating) await jobs.withdraw(stored, signal);
        store.inference.drop(stored.id);
        return undefined;
      case 'submitted':
      case 'failed':
        return undefined;
    }
  }

  /** The adapter ended before its sender was answered. */
  async #create({ id, transactionId }: StoredRequest, signal: AbortSignal): Promise<'go on'> {
    const { store, jobs, log } = this.#options;
    try {
      await jobs.create(id, signal);
    } catch (thrown) {
      if (signal.aborted || isUnreachable(thrown) || !(thrown instanceof ClaraError)) throw thrown;
      log.error({ err: thrown, transaction: transactionId }, `the job of an inference request, which an earlier run had not answered, could not be created: ${thrown.message}`);
      store.inference.dropping(id, Date.now());
    }
    return 'go on';
  }

  async #retrieve(stored: StoredRequest, signal: AbortSignal): Promise<number | 'go on' | undefined> {
    const { store, log, hasRoom } = this.#options;
    const about = { transaction: stored.transactionId, job: stored.jobId };
    const transfers = this.#waiting.get(stored.id);
    if (!hasRoom()) {
      if (transfers === undefined) log.warn(about, 'the disk is too full: retrieval waits until there is room');
      this.#waiting.set(stored.id, transfers ?? 0);
      return roomAgainMs;
    }
    let missing: Missing;
    try {
      missing = await this.#attempt(stored, signal);
    } catch (thrown) {
      if (!(thrown instanceof NoRoom)) {
        if (signal.aborted || !(thrown instanceof ClaraError)) throw thrown;
        store.inference.failing(stored.id, thrown.message, Date.now());
        return 'go on';
      }
      const times = (transfers ?? 0) + 1;
      log.warn(about, 'the disk became too full: retrieval waits until there is room');
      this.#waiting.set(stored.id, times);
      return delayAfter({ kind: 'unreachable', times, firstMs: roomAgainMs }, longestRoomMs);
    }
    this.#waiting.delete(stored.id);
    return this.#settle(stored, missing);
  }

  #attempt({ id, transactionId, jobId, groupId, request, secrets }: StoredRequest, signal: AbortSignal): Promise<Missing> {
    const { store, files, hasRoom, web, sealing, log } = this.#options;
    return attempt({
      inputs: request.inputs, sources: withSecrets(request.sources, secrets, sealing), done: store.inference.items(id), files, hasRoom, web, signal,
      take: (file) => store.commits.run(() => store.inference.addFile(groupId!, file, Date.now())),
      onDone: (item) => store.inference.itemDone(id, item),
      onRetrieved: (at, source, { instances, added }) => log.info({ transaction: transactionId, job: jobId, at, source, instances, added }, 'instances were retrieved'),
    });
  }

  /** After an attempt: submits, tries again later, or gives up (dicom-adapter 13: what there is after the last attempt is submitted). */
  #settle(stored: StoredRequest, missing: Missing): number | 'go on' | undefined {
    const { store, retryDelayMs, log } = this.#options;
    const files = store.inbox.count(stored.groupId!);
    const why = [...missing].map(([at, reason]) => `${at}: ${reason}`).join('\n') || (files === 0 ? 'nothing was found' : '');
    const about = { transaction: stored.transactionId, job: stored.jobId, files };
    if (why !== '' && stored.tries < mostRetries) {
      const tries = stored.tries + 1;
      store.inference.tried(stored.id, tries, why, Date.now());
      const pause = delayAfter({ kind: 'refused', tries, maxRetries: mostRetries }, retryDelayMs);
      log.warn({ ...about, tries, againInMs: pause }, `not everything could be retrieved yet: ${why}`);
      return pause;
    }
    if (files === 0) {
      log.error(about, `an inference request is given up: ${why}`);
      store.inference.failing(stored.id, why, Date.now());
      return 'go on';
    }
    if (why !== '') log.warn(about, `a job gets what could be retrieved: ${why}`);
    this.#submit(stored, why);
    return undefined;
  }

  #submit({ id, transactionId, jobId, payloadId, groupId, jobName, request, secrets }: StoredRequest, missing: string): void {
    const { store, sealing, onSubmitted } = this.#options;
    const { algorithm, priority } = request;
    const kept = Object.fromEntries(withSecrets(request.outputs, secrets, sealing).flatMap(({ at, authorization }) => (authorization === undefined ? [] : [[at, authorization]])));
    const now = Date.now();
    store.db.transaction(() => {
      store.submissions.addCreated({
        id, groupId: groupId!, pipelineName: algorithm.name, pipelineId: algorithm.pipelineId, jobName, source: transactionId, priority, retryDelayMs: firstUnreachableMs, jobId: jobId!, payloadId: payloadId!,
      }, now);
      store.inference.submitted(id, groupId!, {
        secrets: Object.keys(kept).length === 0 ? undefined : sealing.seal(JSON.stringify(kept)), missing: missing === '' ? undefined : missing,
        why: `the inference request ${transactionId}${missing === '' ? '' : ', incomplete'}`,
      }, now);
    });
    onSubmitted();
  }

  async #fail({ id, transactionId, jobId }: StoredRequest): Promise<undefined> {
    const { store, files, log } = this.#options;
    const left = store.inference.failed(id, Date.now());
    // What cannot be removed now is swept away at the next start.
    await Promise.all(left.map((file) => files.remove(file))).catch((thrown: unknown) => log.warn({ err: thrown, transaction: transactionId }, 'files could not be removed'));
    log.info({ transaction: transactionId, job: jobId }, 'the job of a failed inference request was cancelled');
    return undefined;
  }
}
