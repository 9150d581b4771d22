import { type Connection } from '../../api/client.ts';
import { messageOf } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { type Logger } from '../../system/log.ts';
import { type ProcessorRules } from '../entities/processor.ts';
import { jobName } from '../inbox/job-name.ts';
import { tags } from '../part10/scanner.ts';
import { type InstanceFiles } from '../receive/instance-files.ts';
import { type StoredRequest } from '../store/inference.ts';
import { type AdapterStore } from '../store/store.ts';
import { DueWork } from '../submit/due-work.ts';
import { withoutSecrets } from './outputs.ts';
import { isUnreachable, PlatformJob } from './platform-job.ts';
import { type InferenceRequest } from './request/request.ts';
import { RequestWork } from './request-work.ts';
import { type WebClient } from './retrieve/web-client.ts';
import { type Sealing } from './sealing.ts';

export interface InferenceOptions {
  readonly store: AdapterStore;
  readonly files: InstanceFiles;
  readonly connection: Connection;
  readonly hasRoom: () => boolean;
  readonly web: WebClient;
  readonly sealing: Sealing;
  /** Longest pause before a failed step is tried again, in ms. */
  readonly retryDelayMs: number;
  /** There is a new submission. */
  readonly onSubmitted: () => void;
  readonly log: Logger;
}

/** What became of a request that came in; `taken`: its transaction is that of another request. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly transactionId: string; readonly jobId: string; readonly payloadId: string }
  | { readonly kind: 'taken' };

/** How requests stand, for `clara dicom status`. */
export interface InferenceStatus {
  readonly queued: number;
  readonly inProcess: number;
  readonly submitted: number;
  readonly failed: number;
  /** Retrieval waits for room on the disk. */
  readonly paused: boolean;
}

const atOnce = 4;
/** First pause of a submission after the platform could not be reached, in ms (dicom-adapter 5.2). */
const firstRetryMs = 5000;

/** Takes inference requests in and sees them through: job, retrieval, submission. All of it goes on after a restart. */
export class InferenceService {
  readonly #options: InferenceOptions;
  readonly #jobs: PlatformJob;
  readonly #work: RequestWork;
  readonly #due: DueWork;
  /** Requests whose senders are waiting. */
  readonly #accepting = new Map<string, Promise<StoredRequest>>();

  constructor(options: InferenceOptions) {
    const { store, connection, log } = options;
    this.#options = options;
    this.#jobs = new PlatformJob(store, connection);
    this.#work = new RequestWork({ ...options, jobs: this.#jobs });
    this.#due = new DueWork({
      atOnce,
      unfinished: () => store.inference.unfinished().map(({ id }) => id).filter((id) => !this.#accepting.has(id)),
      work: (id, signal) => this.#work.step(id, signal),
      onFailed: (request, thrown) => log.error({ err: thrown, request }, 'an inference request could not be worked on'),
    });
  }

  /** Goes on with the requests of an earlier run. */
  resume(): void {
    this.#due.wake();
  }

  async close(): Promise<void> {
    await this.#due.close();
    await Promise.allSettled(this.#accepting.values());
    this.#options.web.close();
  }

  /**
   * Takes a request in: it is on the disk, and its job exists, when this returns. The same request again is the same job, as
   * long as it has not failed. Throws what the platform says.
   */
  async accept(request: InferenceRequest, body: unknown): Promise<Acceptance> {
    const { store, sealing, log } = this.#options;
    const { transactionId } = request;
    const digest = sealing.digest(JSON.stringify(body));
    const known = store.inference.living(transactionId);
    if (known !== undefined && known.digest !== digest) return { kind: 'taken' };
    const id = known?.id ?? this.#add(request, digest);
    const stored = known?.jobId === undefined ? await this.#create(id) : known;
    if (known === undefined) log.info({ transaction: transactionId, job: stored.jobId, payload: stored.payloadId, sources: request.sources.map(({ uri }) => uri) }, 'an inference request was taken in');
    if (request.ignored.length > 0) log.warn({ transaction: transactionId, resources: request.ignored }, 'DIMSE resources are not used');
    return { kind: 'accepted', transactionId, jobId: stored.jobId!, payloadId: stored.payloadId! };
  }

  status(): InferenceStatus {
    const { creating, retrieving, submitted, failing, failed } = this.#options.store.inference.counts();
    const inProcess = this.#due.running.size;
    return { queued: Math.max(0, creating + retrieving + failing - inProcess), inProcess, submitted, failed, paused: this.#work.isPaused };
  }

  /** Whether it is being retrieved at this moment. */
  isInProcess(id: string): boolean {
    return this.#due.running.has(id);
  }

  #add(request: InferenceRequest, digest: string): string {
    const { store, sealing } = this.#options;
    const id = newId();
    const { transactionId, priority, algorithm } = request;
    const { request: sources, secrets } = withoutSecrets(request.sources);
    const { request: outputs, secrets: more } = withoutSecrets(request.outputs);
    const all = { ...secrets, ...more };
    const rules: ProcessorRules = { quietMs: 0, groupBy: tags.studyInstance, priority, retryDelayMs: firstRetryMs, pipelines: [{ name: algorithm.name, pipelineId: algorithm.pipelineId }] };
    const now = new Date();
    store.inference.add({
      id, transactionId, digest, request: { ...request, sources, outputs }, secrets: Object.keys(all).length === 0 ? undefined : sealing.seal(JSON.stringify(all)),
      jobName: jobName(transactionId, algorithm.name, now), rules,
    }, now.getTime());
    return id;
  }

  /** For as many senders as ask for it. */
  #create(id: string): Promise<StoredRequest> {
    const running = this.#accepting.get(id) ?? this.#createFirst(id).finally(() => {
      this.#accepting.delete(id);
      this.#due.wake();
    });
    this.#accepting.set(id, running);
    return running;
  }

  async #createFirst(id: string): Promise<StoredRequest> {
    const { store, log } = this.#options;
    try {
      return await this.#jobs.create(id, this.#due.signal);
    } catch (thrown) {
      // An adapter that ends leaves it to its next run. Else its sender is told that it failed, and it must not go on.
      if (!this.#due.signal.aborted) {
        log.error({ err: thrown, transaction: store.inference.get(id)?.transactionId, certain: !isUnreachable(thrown) }, `a job could not be created: ${messageOf(thrown)}`);
        store.inference.dropping(id, Date.now());
      }
      throw thrown;
    }
  }
}
