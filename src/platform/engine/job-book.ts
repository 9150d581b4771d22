import { type JobEnd } from '../../core/states.ts';
import { statusOf, type EngineJob, type SqliteJobStore } from '../store/jobs.ts';
import { type LoadedDefinition } from './definitions.ts';
import { endOfJob, newJobRun, unblock, type JobRun, type OperatorRun } from './job-run.ts';
import { type Ledger } from './ledger.ts';
import { demandOf, type BackendName } from './plan.ts';
import { type Planner } from './planner.ts';
import { type OperatorRunner, type Outcome } from './run/operator-runner.ts';
import { type Scheduler } from './scheduler.ts';
import { type ServiceHost } from './services/service-host.ts';

export interface JobBookParts {
  readonly jobs: SqliteJobStore;
  readonly scheduler: Scheduler<OperatorRun>;
  readonly ledger: Ledger;
  readonly planner: Planner;
  readonly runner: OperatorRunner;
  readonly services: ServiceHost;
  /** Removes what a job that has ended holds in shared memory. */
  readonly freeMemory: (jobId: string) => void;
  readonly removeLeftovers: (jobId: string, position: number, operator: string, backend: BackendName) => void;
}

/**
 * Every job that is queued or runs, and how it moves on. Each move is put into the ledger with what follows from it, so
 * that it is saved before it shows; what may run now is put in line with the scheduler.
 */
export class JobBook {
  readonly #parts: JobBookParts;
  readonly #runs = new Map<string, JobRun>();
  #sequence = 0;

  constructor(parts: JobBookParts) {
    this.#parts = parts;
  }

  get(jobId: string): JobRun | undefined {
    return this.#runs.get(jobId);
  }

  all(): Iterable<JobRun> {
    return this.#runs.values();
  }

  running(): OperatorRun[] {
    return [...this.#runs.values()].flatMap(({ operators }) => operators.filter(({ status }) => status === 'running'));
  }

  add(record: EngineJob, { pipeline, graph }: LoadedDefinition): JobRun {
    const run = newJobRun(record, pipeline, graph, this.#sequence);
    this.#sequence += 1;
    this.#runs.set(run.id, run);
    this.#parts.services.want(run.id, pipeline.operators.flatMap((operator) => this.#parts.planner.services(pipeline, operator)));
    return run;
  }

  /** Puts everything of a job in line that waits for nothing. */
  enqueue(job: JobRun): void {
    for (const operator of job.operators) if (operator.status === 'pending' && operator.waitingFor === 0) this.#line(operator);
  }

  /** It is an operator's turn. */
  begin(operator: OperatorRun, gpus: readonly number[]): void {
    const { jobs, ledger, planner, runner } = this.#parts;
    const { job } = operator;
    const now = Date.now();
    operator.status = 'running';
    if (job.startedAt === undefined) {
      job.startedAt = now;
      ledger.add(() => jobs.move(job.id, 'running', now), () => this.startClock(job));
    }
    const backend = planner.backendOf(operator.definition);
    ledger.add(() => jobs.startOperator(job.id, operator.position, backend, gpus, now), () => runner.launch(operator, gpus));
  }

  /** An operator has ended. */
  takeIn(operator: OperatorRun, outcome: Outcome): void {
    const { jobs, scheduler, ledger, removeLeftovers } = this.#parts;
    const { job, position, definition } = operator;
    const now = Date.now();
    scheduler.release(operator);
    operator.running = undefined;
    if (outcome.kind === 'interrupted') {
      this.again(operator);
      return this.#line(operator);
    }
    operator.status = outcome.kind;
    const exitCode = outcome.kind === 'completed' ? 0 : outcome.exitCode;
    ledger.add(() => {
      jobs.endOperator(job.id, position, outcome.kind, exitCode, outcome.leftovers, now);
      jobs.addMessages(job.id, outcome.messages);
    }, outcome.leftovers ? () => removeLeftovers(job.id, position, definition.name, operator.plan!.backend) : undefined);
    if (outcome.kind === 'completed') {
      unblock(operator).forEach((ready) => this.#line(ready));
    } else {
      job.failed = true;
      scheduler.remove(({ job: other }) => other === job);
    }
    this.endIfOver(job);
  }

  /** An operator that is recorded as running is to run afresh. */
  again(operator: OperatorRun): void {
    const { jobs, ledger } = this.#parts;
    operator.status = 'pending';
    operator.stopSent = operator.interrupted = false;
    operator.plan = undefined;
    ledger.add(() => jobs.resetOperator(operator.job.id, operator.position));
  }

  /** Stops a running job: nothing new of it starts, what runs is asked to end. */
  bringTo(job: JobRun, end: JobEnd, ...messages: readonly string[]): void {
    const { jobs, scheduler, ledger, runner } = this.#parts;
    if (job.stopping !== undefined) return;
    job.stopping = end;
    scheduler.remove(({ job: other }) => other === job);
    ledger.add(() => jobs.stopping(job.id, statusOf(end), messages), () => {
      for (const operator of job.operators) if (operator.status === 'running') runner.stop(operator);
    });
    this.endIfOver(job);
  }

  /** A service is gone: the operators that were using it, and their jobs, cannot go on. */
  loseService(key: string, messages: readonly string[]): void {
    for (const { job, definition, services } of this.running()) {
      if (services.includes(key)) this.bringTo(job, 'faulted', `operator ${definition.name} lost what it uses`, ...messages);
    }
  }

  endIfOver(job: JobRun): void {
    const { jobs, ledger } = this.#parts;
    const now = Date.now();
    const end = endOfJob(job);
    if (end !== undefined) ledger.add(() => jobs.move(job.id, end, now), () => this.forget(job));
  }

  /** The job has stopped. */
  forget(job: JobRun): void {
    clearTimeout(job.deadline);
    this.#parts.scheduler.remove(({ job: other }) => other === job);
    this.#runs.delete(job.id);
    this.#parts.services.drop(job.id);
    this.#parts.freeMemory(job.id);
    job.waiting.forEach((resolve) => resolve());
  }

  /** Watches over the time limit of a job that has started. */
  startClock(job: JobRun): void {
    clearTimeout(job.deadline);
    if (job.startedAt === undefined) return;
    job.deadline = setTimeout(() => {
      this.bringTo(job, 'terminated', `stopped: it ran longer than its limit of ${job.limitMs / 1000} s`);
      this.#parts.ledger.commit();
    }, Math.max(0, job.startedAt + job.limitMs - Date.now())).unref();
  }

  stopClocks(): void {
    for (const job of this.#runs.values()) clearTimeout(job.deadline);
  }

  #line(operator: OperatorRun): void {
    const { scheduler } = this.#parts;
    const { job } = operator;
    if (job.stopping !== undefined || job.failed) return;
    scheduler.add({ key: operator, demand: demandOf(operator.definition, scheduler.capacity), priority: job.priority, order: job.order });
  }
}
