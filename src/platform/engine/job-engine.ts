import { WireCode } from '../../api/wire-codes.ts';
import { ClaraError } from '../../core/errors.ts';
import { hasEnded } from '../../core/states.ts';
import { type Logger } from '../../system/log.ts';
import { removeTree } from '../../system/remove-tree.ts';
import { type Backend } from '../backends/backend.ts';
import { type JobLimits } from '../options.ts';
import { type JobRecord } from '../store/job-records.ts';
import { conditionOf, type EngineJob, type SqliteJobStore } from '../store/jobs.ts';
import { admit } from './admission.ts';
import { type Definitions } from './definitions.ts';
import { type Engine, type NamedValue } from './engine.ts';
import { JobBook } from './job-book.ts';
import { type JobRun, type OperatorRun } from './job-run.ts';
import { type Ledger } from './ledger.ts';
import { type SharedMemory } from './memory/shared-memory.ts';
import { operatorLog, type LogOptions } from './logs.ts';
import { runFolder, type BackendName } from './plan.ts';
import { type ModelServing, type Planner } from './planner.ts';
import { recoverJobs } from './recovery.ts';
import { type OperatorRunner, type Outcome } from './run/operator-runner.ts';
import { upcoming } from './run/spares.ts';
import { type Scheduler } from './scheduler.ts';
import { type ServiceHost } from './services/service-host.ts';

export interface JobEngineParts {
  readonly jobs: SqliteJobStore;
  readonly definitions: Definitions;
  readonly planner: Planner;
  readonly backends: ReadonlyMap<BackendName, Backend>;
  readonly scheduler: Scheduler<OperatorRun>;
  readonly ledger: Ledger;
  /** Made with what the engine wants to be told. */
  readonly runner: (services: ServiceHost, isCurrent: (job: JobRun) => boolean, onEnd: (operator: OperatorRun, outcome: Outcome) => void) => OperatorRunner;
  readonly services: (onLoss: (key: string, messages: readonly string[]) => void) => ServiceHost;
  /** Aborted when the engine has let go of its operators. */
  /** What serves models, where something does. */
  readonly models: ModelServing;
  readonly memory: SharedMemory;
  readonly watching: AbortController;
  readonly limits: JobLimits;
  readonly log: Logger;
}

/** How long a cancelling client waits for the end of the job before it gets the state as it is, in milliseconds. */
const cancelWaitMs = 5000;

/**
 * Brings together what may run (Scheduler), running it (OperatorRunner), where each job stands (JobBook) and saving that
 * (Ledger). Everything that happens within one turn of the event loop is saved in one transaction.
 */
export class JobEngine implements Engine {
  readonly #parts: JobEngineParts;
  readonly #services: ServiceHost;
  readonly #runner: OperatorRunner;
  readonly #book: JobBook;
  #ended: { readonly operator: OperatorRun; readonly outcome: Outcome }[] = [];
  #turn: NodeJS.Immediate | undefined;
  /** Whether the jobs that an earlier platform left are all taken up; what ends before is taken in afterwards. */
  #recovered = false;
  /** Whether operators may be started: from the end of the recovery to the beginning of the end. */
  #open = false;
  #closing = false;

  constructor(parts: JobEngineParts) {
    this.#parts = parts;
    this.#services = parts.services((key, messages) => {
      this.#book.loseService(key, messages);
      parts.ledger.commit();
    });
    this.#runner = parts.runner(this.#services, (job) => this.#book.get(job.id) === job, (operator, outcome) => {
      this.#ended.push({ operator, outcome });
      this.#wake();
    });
    this.#book = new JobBook({
      ...parts, freeMemory: (jobId) => void this.#freeMemory(jobId), services: this.#services, runner: this.#runner, removeLeftovers: (...run) => this.#removeLeftovers(...run),
    });
  }

  async start(jobId: string, variables: readonly NamedValue[]): Promise<JobRecord> {
    const { jobs, definitions, limits, planner, backends, scheduler, models } = this.#parts;
    const record = this.#startable(jobId);
    const definition = definitions.load(record.pipelineId, record.pipelineRevision, variables);
    const { pipeline } = definition;
    await admit(record, pipeline, jobs.operators(jobId).map(({ name }) => name), { capacity: scheduler.capacity, planner, backends, models });
    this.#startable(jobId);
    jobs.queue(jobId, variables, Math.min(limits.defaultMs, limits.maximumMs), Date.now());
    const queued = jobs.get(jobId)!;
    this.#book.enqueue(this.#book.add(queued, definition));
    this.#wake();
    return queued;
  }

  async cancel(jobId: string, reason: string): Promise<JobRecord> {
    const { jobs, ledger } = this.#parts;
    const condition = conditionOf(this.#get(jobId));
    if (hasEnded(condition)) throw new ClaraError('failed', `job ${jobId} has ended already (${condition})`, { wireCode: WireCode.jobCancel });
    const message = reason === '' ? 'canceled' : `canceled: ${reason}`;
    const run = this.#book.get(jobId);
    if (condition === 'running' && run !== undefined) {
      const ended = new Promise<void>((resolve) => run.waiting.push(resolve));
      this.#book.bringTo(run, 'canceled', message);
      ledger.commit();
      await withPatience(ended, cancelWaitMs);
    } else {
      jobs.move(jobId, 'canceled', Date.now(), [message]);
      if (run !== undefined) this.#book.forget(run);
      this.#wake();
    }
    return jobs.get(jobId)!;
  }

  readLogs(jobId: string, operator: string, options: LogOptions): AsyncIterable<readonly string[]> {
    const { jobs, planner } = this.#parts;
    return operatorLog(jobs, this.#get(jobId), planner.jobFolder(jobId), operator, options);
  }

  async forget({ id, pipelineId }: Pick<JobRecord, 'id' | 'pipelineId'>): Promise<void> {
    const { definitions, planner } = this.#parts;
    await removeTree(planner.jobFolder(id));
    definitions.forget(pipelineId);
  }

  async recover(): Promise<void> {
    const { jobs, backends, memory } = this.#parts;
    for (const { jobId, position, name, backend } of jobs.leftovers()) this.#removeLeftovers(jobId, position, name, backend as BackendName);
    await memory.sweep(new Set(jobs.active().map(({ id }) => id)));
    await this.#services.recover();
    await recoverJobs({ ...this.#parts, runner: this.#runner, book: this.#book, services: this.#services });
    this.#services.sweep();
    for (const backend of backends.values()) backend.tidy();
    this.#recovered = true;
    this.#open = !this.#closing;
    this.#pass();
  }

  async close(how: 'detach' | 'stop'): Promise<void> {
    const { ledger, watching } = this.#parts;
    if (this.#closing) return;
    this.#closing = true;
    this.#open = false;
    this.#book.stopClocks();
    if (how === 'detach') this.#runner.detach();
    else this.#interruptAll();
    await this.#runner.idle();
    this.#pass();
    await this.#services.close(how);
    watching.abort();
    clearImmediate(this.#turn);
    ledger.close();
  }

  /** Stops everything in a way that the next platform can go on from; that is recorded first, in case it is cut short. */
  #interruptAll(): void {
    const { jobs, ledger } = this.#parts;
    const now = Date.now();
    for (const run of this.#book.all()) if (run.startedAt !== undefined && run.stopping === undefined) ledger.add(() => jobs.pause(run.id, now));
    ledger.commit();
    for (const operator of this.#book.running()) this.#runner.interrupt(operator);
  }

  async #freeMemory(jobId: string): Promise<void> {
    const { memory, log } = this.#parts;
    try {
      await memory.remove(jobId);
    } catch (thrown) {
      log.warn({ err: thrown, job: jobId }, 'cannot remove what a job left in shared memory; the next start tries again');
    }
  }

  #get(jobId: string): EngineJob {
    const record = this.#parts.jobs.get(jobId);
    if (record === undefined) throw new ClaraError('not-found', `there is no job ${jobId}`, { wireCode: WireCode.missingJob });
    return record;
  }

  #startable(jobId: string): EngineJob {
    const record = this.#get(jobId);
    const condition = conditionOf(record);
    if (this.#closing) throw new ClaraError('failed', 'the platform is stopping', { wireCode: WireCode.jobStart });
    if (condition !== 'created') {
      throw new ClaraError('failed', `job ${jobId} was started before (it is ${condition})`, {
        wireCode: WireCode.jobStart, hint: hasEnded(condition) ? 'create another job to run the pipeline again' : undefined,
      });
    }
    return record;
  }

  #wake(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#pass();
    });
  }

  /** One turn: takes in what has ended, decides what runs next, saves both together, then starts it. */
  #pass(): void {
    if (!this.#recovered) return;
    const { scheduler, ledger } = this.#parts;
    const ended = this.#ended;
    this.#ended = [];
    for (const { operator, outcome } of ended) this.#book.takeIn(operator, outcome);
    if (this.#open) for (let picked = scheduler.next(); picked !== undefined; picked = scheduler.next()) this.#book.begin(picked.key, picked.gpus);
    ledger.commit();
    if (this.#open) this.#runner.prepare(upcoming(scheduler.inUse()));
  }

  #removeLeftovers(jobId: string, position: number, operator: string, backend: BackendName): void {
    const { jobs, ledger, planner, log } = this.#parts;
    this.#runner.clean(backend, { jobId, operator }, runFolder(planner.jobFolder(jobId), operator)).then(
      // Saved with whatever is saved next; doing it again would do no harm.
      () => ledger.add(() => jobs.clearLeftovers([{ jobId, position }])),
      (thrown: unknown) => log.warn({ err: thrown, job: jobId, operator }, 'cannot remove what an operator left'),
    );
  }
}

/** Resolves when the work is done, or when patience ends. */
async function withPatience(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  })]);
  clearTimeout(timer);
}
