import { WireCode } from '../../api/wire-codes.ts';
import { ClaraError } from '../../core/errors.ts';
import { hasEnded, type JobEnd } from '../../core/states.ts';
import { type Logger } from '../../system/log.ts';
import { type Backend } from '../backends/backend.ts';
import { type JobLimits } from '../options.ts';
import { type JobRecord } from '../store/job-records.ts';
import { conditionOf, endOf, operatorConditions, statusOf, type EngineJob, type EngineOperator, type SqliteJobStore } from '../store/jobs.ts';
import { type Definitions, type LoadedDefinition } from './definitions.ts';
import { type Engine, type NamedValue } from './engine.ts';
import { endOfJob, newJobRun, unblock, type JobRun, type OperatorRun } from './job-run.ts';
import { type Ledger } from './ledger.ts';
import { operatorLog } from './logs.ts';
import { type OperatorRunner, type Outcome } from './operator-runner.ts';
import { demandOf, runFolder, type BackendName } from './plan.ts';
import { neverFits, type Scheduler } from './scheduler.ts';
import { type Planner } from './planner.ts';

export interface JobEngineParts {
  readonly jobs: SqliteJobStore;
  readonly definitions: Definitions;
  readonly planner: Planner;
  readonly backends: ReadonlyMap<BackendName, Backend>;
  readonly scheduler: Scheduler<OperatorRun>;
  readonly ledger: Ledger;
  /** Made with the engine's own `onEnd`. */
  readonly runner: (onEnd: (operator: OperatorRun, outcome: Outcome) => void) => OperatorRunner;
  /** Aborted when the engine has let go of its operators. */
  readonly watching: AbortController;
  readonly limits: JobLimits;
  readonly log: Logger;
}

/** How long a cancelling client waits for the end of the job before it gets the state as it is, in milliseconds. */
const cancelWaitMs = 5000;

/**
 * Brings together what may run (Scheduler), running it (OperatorRunner), saving it (Ledger) and the order of operators
 * in a job (JobRun). Everything that happens within one turn of the event loop is saved in one transaction.
 */
export class JobEngine implements Engine {
  readonly #parts: JobEngineParts;
  readonly #runner: OperatorRunner;
  readonly #runs = new Map<string, JobRun>();
  #ended: { readonly operator: OperatorRun; readonly outcome: Outcome }[] = [];
  #turn: NodeJS.Immediate | undefined;
  /** Whether operators may be started: from the end of the recovery to the beginning of the end. */
  #open = false;
  #closing = false;
  #sequence = 0;

  constructor(parts: JobEngineParts) {
    this.#parts = parts;
    this.#runner = parts.runner((operator, outcome) => {
      this.#ended.push({ operator, outcome });
      this.#wake();
    });
  }

  async start(jobId: string, variables: readonly NamedValue[]): Promise<JobRecord> {
    const { jobs, definitions, limits } = this.#parts;
    const record = this.#startable(jobId);
    const definition = definitions.load(record.pipelineId, record.pipelineRevision, variables);
    this.#refuse(record, definition);
    await this.#checkBackends(record, definition);
    this.#startable(jobId);
    jobs.queue(jobId, variables, Math.min(limits.defaultMs, limits.maximumMs), Date.now());
    this.#enqueue(this.#add(jobs.get(jobId)!, definition));
    return jobs.get(jobId)!;
  }

  async cancel(jobId: string, reason: string): Promise<JobRecord> {
    const { jobs } = this.#parts;
    const record = this.#get(jobId);
    const condition = conditionOf(record);
    if (hasEnded(condition)) throw new ClaraError('failed', `job ${jobId} has ended already (${condition})`, { wireCode: WireCode.jobCancel });
    const message = reason === '' ? 'canceled' : `canceled: ${reason}`;
    const run = this.#runs.get(jobId);
    if (condition !== 'running' || run === undefined) {
      jobs.move(jobId, 'canceled', Date.now(), [message]);
      if (run !== undefined) this.#forget(run);
      return jobs.get(jobId)!;
    }
    const ended = new Promise<void>((resolve) => run.waiting.push(resolve));
    this.#bringTo(run, 'canceled', message);
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), cancelWaitMs);
    await Promise.race([ended, new Promise<void>((resolve) => patience.signal.addEventListener('abort', () => resolve()))]);
    clearTimeout(timer);
    return jobs.get(jobId)!;
  }

  readLogs(jobId: string, operator: string, options: { readonly follow: boolean; readonly signal: AbortSignal }): AsyncIterable<readonly string[]> {
    const { jobs, planner } = this.#parts;
    return operatorLog(jobs, this.#get(jobId), planner.jobFolder(jobId), operator, options);
  }

  async recover(): Promise<void> {
    const { jobs, log } = this.#parts;
    for (const { jobId, position, name, backend } of jobs.leftovers()) this.#removeLeftovers(jobId, position, name, backend as BackendName);
    await Promise.all(jobs.active().map(async (record) => {
      try {
        const definition = this.#parts.definitions.load(record.pipelineId, record.pipelineRevision, record.variables);
        await this.#resume(record, this.#add(record, definition));
      } catch (thrown) {
        if (!(thrown instanceof ClaraError)) throw thrown;
        log.error({ err: thrown, job: record.id }, 'a job cannot be continued');
        const end = conditionOf(record) === 'running' ? 'evicted' : 'faulted';
        this.#parts.ledger.add(() => jobs.move(record.id, end, Date.now(), [`it cannot be continued: ${thrown.message}`]));
      }
    }));
    for (const backend of this.#parts.backends.values()) backend.tidy();
    this.#open = !this.#closing;
    this.#pass();
  }

  async close(how: 'detach' | 'stop'): Promise<void> {
    const { ledger, watching } = this.#parts;
    if (this.#closing) return;
    this.#closing = true;
    this.#open = false;
    for (const run of this.#runs.values()) clearTimeout(run.deadline);
    if (how === 'detach') this.#runner.detach();
    else this.#interruptAll();
    await this.#runner.idle();
    this.#pass();
    watching.abort();
    clearImmediate(this.#turn);
    ledger.close();
  }

  /** Stops everything in a way that the next platform can go on from; that is recorded first, in case it is cut short. */
  #interruptAll(): void {
    const { jobs, ledger } = this.#parts;
    const now = Date.now();
    for (const run of this.#runs.values()) if (run.startedAt !== undefined && run.stopping === undefined) ledger.add(() => jobs.pause(run.id, now));
    ledger.commit();
    for (const operator of this.#running()) this.#runner.interrupt(operator);
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

  /** Refuses what can never run here. */
  #refuse(record: EngineJob, { pipeline }: LoadedDefinition): void {
    const { jobs, scheduler } = this.#parts;
    const names = pipeline.operators.map(({ name }) => name);
    if (jobs.operators(record.id).map(({ name }) => name).join('\n') !== names.join('\n')) {
      throw new ClaraError('usage', 'the variables change the names of operators; those are fixed when a job is created', { wireCode: WireCode.invalidJobVariable });
    }
    const problems = pipeline.operators.flatMap((operator) =>
      neverFits(demandOf(operator, scheduler.capacity), scheduler.capacity).map((problem) => `operator ${operator.name}: ${problem}`));
    if (problems.length > 0) {
      throw new ClaraError('failed', `job ${record.id} can never run here: ${problems[0]}`, {
        wireCode: WireCode.jobStart, details: problems.slice(1), hint: 'lower the requests of the definition, or start the platform with more (--cpus, --memory, --gpus)',
      });
    }
  }

  async #checkBackends(record: EngineJob, definition: LoadedDefinition): Promise<void> {
    const { planner, backends } = this.#parts;
    const plans = definition.pipeline.operators.map((operator) => planner.plan(record, definition.pipeline, operator));
    try {
      for (const [name, backend] of backends) await backend.check(plans.filter((plan) => plan.backend === name));
    } catch (thrown) {
      if (!(thrown instanceof ClaraError)) throw thrown;
      throw new ClaraError(thrown.kind, thrown.message, { hint: thrown.hint, details: thrown.details, cause: thrown, wireCode: WireCode.jobStart });
    }
  }

  #add(record: EngineJob, { pipeline, graph }: LoadedDefinition): JobRun {
    const run = newJobRun(record, pipeline, graph, this.#sequence);
    this.#sequence += 1;
    this.#runs.set(run.id, run);
    return run;
  }

  /** Takes up a job where an earlier platform left it. */
  async #resume(record: EngineJob, run: JobRun): Promise<void> {
    const { jobs, ledger } = this.#parts;
    if (record.pausedAt !== undefined) {
      run.limitMs += Date.now() - record.pausedAt;
      ledger.add(() => jobs.resume(run.id, run.limitMs));
    }
    if (record.stopping !== undefined) run.stopping = endOf(record.stopping);
    const rows = jobs.operators(run.id);
    for (const row of rows) {
      const operator = run.operators[row.position]!;
      operator.status = operatorConditions[row.status] ?? 'faulted';
      if (operator.status === 'completed') unblock(operator);
      if (operator.status === 'faulted') run.failed = true;
    }
    await Promise.all(rows.map((row) => this.#find(run.operators[row.position]!, row, record.pausedAt !== undefined)));
    this.#limit(run);
    this.#enqueue(run);
    if (conditionOf(record) === 'running') this.#endIfOver(run, Date.now());
  }

  /** Finds an operator that is recorded as running. */
  async #find(operator: OperatorRun, row: EngineOperator, paused: boolean): Promise<void> {
    const { scheduler } = this.#parts;
    const { job } = operator;
    if (operator.status !== 'running') return;
    const found = await this.#runner.find(operator, row.backend as BackendName);
    // An earlier platform was killed while it stopped everything: who asked this operator to end is not known.
    const interrupted = paused && job.stopping === undefined;
    if (found.kind === 'never-started' || (found.kind === 'ended' && interrupted)) {
      await this.#runner.forget(operator);
      return this.#again(operator);
    }
    if (found.kind === 'running') {
      scheduler.occupy(operator, demandOf(operator.definition, scheduler.capacity), row.gpus);
      this.#runner.adopt(operator, found.running);
      if (interrupted) this.#runner.interrupt(operator);
      if (job.stopping !== undefined) this.#runner.stop(operator);
      return;
    }
    if (found.end.kind === 'lost') this.#bringTo(job, 'evicted', 'evicted: the platform was restarted and cannot resume it');
    // In a job that is being stopped nobody can say whether the operator ended before it was asked to.
    if (job.stopping !== undefined) operator.stopSent = found.end.kind === 'exited';
    this.#runner.conclude(operator, found.end);
  }

  /** Takes note that an operator is to run afresh. */
  #again(operator: OperatorRun): void {
    const { jobs, ledger } = this.#parts;
    operator.status = 'pending';
    operator.stopSent = operator.interrupted = false;
    operator.plan = undefined;
    ledger.add(() => jobs.resetOperator(operator.job.id, operator.position));
  }

  /** Puts everything of a job in line that waits for nothing. */
  #enqueue(run: JobRun): void {
    for (const operator of run.operators) if (operator.status === 'pending' && operator.waitingFor === 0) this.#line(operator);
    this.#wake();
  }

  #line(operator: OperatorRun): void {
    const { scheduler } = this.#parts;
    const { job } = operator;
    if (job.stopping !== undefined || job.failed) return;
    scheduler.add({ key: operator, demand: demandOf(operator.definition, scheduler.capacity), priority: job.priority, order: job.order });
  }

  #wake(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#pass();
    });
  }

  /** One turn: takes in what has ended, decides what runs next, saves both together, then starts it. */
  #pass(): void {
    const { scheduler, ledger } = this.#parts;
    const ended = this.#ended;
    this.#ended = [];
    for (const { operator, outcome } of ended) this.#takeIn(operator, outcome);
    if (this.#open) for (let picked = scheduler.next(); picked !== undefined; picked = scheduler.next()) this.#begin(picked.key, picked.gpus);
    ledger.commit();
  }

  #begin(operator: OperatorRun, gpus: readonly number[]): void {
    const { jobs, ledger, planner } = this.#parts;
    const { job } = operator;
    const now = Date.now();
    operator.status = 'running';
    if (job.startedAt === undefined) {
      job.startedAt = now;
      ledger.add(() => jobs.move(job.id, 'running', now), () => this.#limit(job));
    }
    const backend = planner.backendOf(operator.definition);
    ledger.add(() => jobs.startOperator(job.id, operator.position, backend, gpus, now), () => this.#runner.launch(operator, gpus));
  }

  #takeIn(operator: OperatorRun, outcome: Outcome): void {
    const { jobs, scheduler, ledger } = this.#parts;
    const { job, position, definition } = operator;
    const now = Date.now();
    scheduler.release(operator);
    operator.running = undefined;
    if (outcome.kind === 'interrupted') {
      this.#again(operator);
      return this.#line(operator);
    }
    operator.status = outcome.kind;
    const exitCode = outcome.kind === 'completed' ? 0 : outcome.exitCode;
    ledger.add(() => {
      jobs.endOperator(job.id, position, outcome.kind, exitCode, outcome.leftovers, now);
      jobs.addMessages(job.id, outcome.messages);
    }, outcome.leftovers ? () => this.#removeLeftovers(job.id, position, definition.name, operator.plan!.backend) : undefined);
    if (outcome.kind === 'completed') {
      unblock(operator).forEach((ready) => this.#line(ready));
    } else {
      job.failed = true;
      scheduler.remove(({ job: other }) => other === job);
    }
    this.#endIfOver(job, now);
  }

  #endIfOver(job: JobRun, now: number): void {
    const { jobs, ledger } = this.#parts;
    const end = endOfJob(job);
    if (end !== undefined) ledger.add(() => jobs.move(job.id, end, now), () => this.#forget(job));
  }

  #forget(job: JobRun): void {
    clearTimeout(job.deadline);
    this.#parts.scheduler.remove(({ job: other }) => other === job);
    this.#runs.delete(job.id);
    job.waiting.forEach((resolve) => resolve());
  }

  /** Stops a running job: nothing new of it starts, what runs is asked to end. */
  #bringTo(job: JobRun, end: JobEnd, message: string): void {
    const { jobs, scheduler, ledger } = this.#parts;
    if (job.stopping !== undefined) return;
    job.stopping = end;
    scheduler.remove(({ job: other }) => other === job);
    ledger.add(() => jobs.stopping(job.id, statusOf(end), [message]), () => {
      for (const operator of job.operators) if (operator.status === 'running') this.#runner.stop(operator);
    });
    this.#endIfOver(job, Date.now());
    ledger.commit();
  }

  #limit(job: JobRun): void {
    clearTimeout(job.deadline);
    if (job.startedAt === undefined || this.#closing) return;
    job.deadline = setTimeout(() => {
      this.#bringTo(job, 'terminated', `stopped: it ran longer than its limit of ${job.limitMs / 1000} s`);
    }, Math.max(0, job.startedAt + job.limitMs - Date.now()));
  }

  #running(): OperatorRun[] {
    return [...this.#runs.values()].flatMap(({ operators }) => operators.filter(({ status }) => status === 'running'));
  }

  #removeLeftovers(jobId: string, position: number, name: string, backend: BackendName): void {
    const { jobs, ledger, planner, log } = this.#parts;
    this.#runner.clean(backend, { jobId, operator: name }, runFolder(planner.jobFolder(jobId), name)).then(
      // Saved with whatever is saved next; doing it again would do no harm.
      () => ledger.add(() => jobs.clearLeftovers([{ jobId, position }])),
      (thrown: unknown) => log.warn({ err: thrown, job: jobId, operator: name }, 'cannot remove what an operator left'),
    );
  }
}
