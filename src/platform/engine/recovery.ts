import { ClaraError } from '../../core/errors.ts';
import { type Logger } from '../../system/log.ts';
import { type FoundOperator } from '../backends/backend.ts';
import { conditionOf, endOf, operatorConditions, statusOf, type EngineJob, type EngineOperator, type SqliteJobStore } from '../store/jobs.ts';
import { checkDemands } from './admission.ts';
import { standIn, type Definitions } from './definitions.ts';
import { type JobBook } from './job-book.ts';
import { unblock, type JobRun, type OperatorRun } from './job-run.ts';
import { type Ledger } from './ledger.ts';
import { demandOf, type BackendName } from './plan.ts';
import { type OperatorRunner } from './run/operator-runner.ts';
import { type ModelServing, type Planner } from './planner.ts';
import { type Scheduler } from './scheduler.ts';
import { checkServing } from './services/models.ts';
import { type ServiceHost } from './services/service-host.ts';

export interface RecoveryParts {
  readonly jobs: SqliteJobStore;
  readonly definitions: Definitions;
  readonly scheduler: Scheduler<OperatorRun>;
  readonly ledger: Ledger;
  readonly book: JobBook;
  readonly runner: OperatorRunner;
  readonly models: ModelServing;
  readonly planner: Planner;
  readonly services: ServiceHost;
  readonly log: Logger;
}

/**
 * Takes up the jobs that an earlier platform left, however it ended. Operators that are recorded as running are found by
 * their backend: those that never began run afresh, those that have ended are concluded, those that run are followed; where
 * one is lost, its job is evicted; where a service of theirs is, the job is faulted. Writes what it finds into the ledger, and starts nothing.
 */
export async function recoverJobs(parts: RecoveryParts): Promise<void> {
  await Promise.all(parts.jobs.active().map((record) => recoverJob(parts, record)));
  findServices(parts);
}

/** Operators that were found running may have lost a service in the meantime. */
function findServices({ book, planner, services }: RecoveryParts): void {
  for (const operator of book.running()) {
    const { job, definition, running } = operator;
    if (running === undefined) continue;
    for (const plan of planner.services(job.pipeline, definition)) {
      const keys = services.regain(job.id, plan);
      operator.services = [...operator.services, ...(keys.length === 0 ? [plan.key] : keys)];
      if (keys.length === 0) book.loseService(plan.key, [`${plan.title} ended while the platform was away`]);
    }
  }
}

async function recoverJob(parts: RecoveryParts, record: EngineJob): Promise<void> {
  const { jobs, definitions, scheduler, ledger, book } = parts;
  const started = conditionOf(record) === 'running';
  let run: JobRun;
  try {
    const definition = definitions.load(record.pipelineId, record.pipelineRevision, record.variables);
    run = book.add(record, definition);
    // This platform may have less than the one that accepted the job.
    checkDemands(record.id, definition.pipeline, scheduler.capacity);
    checkServing(record.id, definition.pipeline.operators, parts.models.image);
  } catch (thrown) {
    if (!(thrown instanceof ClaraError)) throw thrown;
    return refuse(parts, record, thrown);
  }
  if (record.pausedAt !== undefined) {
    run.limitMs += Date.now() - record.pausedAt;
    ledger.add(() => jobs.resume(run.id, run.limitMs));
  }
  await findOperators(parts, record, run);
  if (started) book.startClock(run);
  book.enqueue(run);
  if (started) book.endIfOver(run);
}

/** Ends a job that this platform cannot continue. Where operators of it run, they are stopped first. */
async function refuse(parts: RecoveryParts, record: EngineJob, reason: ClaraError): Promise<void> {
  const { jobs, ledger, book, log } = parts;
  log.error({ err: reason, job: record.id }, 'a job cannot be continued');
  const message = `it cannot be continued: ${reason.message}`;
  const run = book.get(record.id);
  if (conditionOf(record) !== 'running') {
    if (run !== undefined) book.forget(run);
    ledger.add(() => jobs.move(record.id, 'faulted', Date.now(), [message]));
    return;
  }
  if (run === undefined) return evictUnloadable(parts, record, message);
  await findOperators(parts, record, run);
  // It may be on its way to another end already.
  if (run.stopping === undefined) book.bringTo(run, 'evicted', message);
  else book.endIfOver(run);
}

/** Where the outputs of its operators belong is not known any more, so that none of them can count as completed from here on. */
async function evictUnloadable(parts: RecoveryParts, record: EngineJob, message: string): Promise<void> {
  const { jobs, ledger, book } = parts;
  const stopping = record.stopping ?? statusOf('evicted');
  ledger.add(() => jobs.stopping(record.id, stopping, [message]));
  const run = book.add(record, standIn(jobs.operators(record.id).map(({ name }) => name)));
  await findOperators(parts, { ...record, stopping }, run);
  book.endIfOver(run);
}

async function findOperators(parts: RecoveryParts, record: EngineJob, run: JobRun): Promise<void> {
  if (record.stopping !== undefined) run.stopping = endOf(record.stopping);
  const rows = parts.jobs.operators(run.id);
  for (const row of rows) {
    const operator = run.operators[row.position]!;
    operator.status = operatorConditions[row.status] ?? 'faulted';
    if (operator.status === 'completed') unblock(operator);
    if (operator.status === 'faulted') run.failed = true;
  }
  await Promise.all(run.operators.filter(({ status }) => status === 'pending').map((operator) => parts.runner.sweep(operator)));
  const running = rows.filter((row) => run.operators[row.position]!.status === 'running');
  await Promise.all(running.map((row) => findOperator(parts, run.operators[row.position]!, row, record.pausedAt !== undefined)));
}

async function findOperator({ book, runner, scheduler }: RecoveryParts, operator: OperatorRun, row: EngineOperator, paused: boolean): Promise<void> {
  const { job } = operator;
  const found = await look(runner, operator, row.backend as BackendName);
  // An earlier platform was killed while it stopped everything: who asked this operator to end is not known.
  const interrupted = paused && job.stopping === undefined;
  if (found.kind === 'never-started' || (found.kind === 'ended' && interrupted)) {
    await runner.forget(operator);
    book.again(operator);
  } else if (found.kind === 'running') {
    scheduler.occupy(operator, demandOf(operator.definition, scheduler.capacity), row.gpus);
    runner.adopt(operator, found.running);
    if (interrupted) runner.interrupt(operator);
    if (job.stopping !== undefined) runner.stop(operator);
  } else {
    if (found.end.kind === 'lost') book.bringTo(job, 'evicted', 'evicted: the platform was restarted and cannot resume it');
    // In a job that is being stopped nobody can say whether the operator ended before it was asked to.
    if (job.stopping !== undefined) operator.stopSent = found.end.kind === 'exited';
    runner.conclude(operator, found.end);
  }
}

/** What cannot even be looked for is lost. */
async function look(runner: OperatorRunner, operator: OperatorRun, backend: BackendName): Promise<FoundOperator> {
  try {
    return await runner.find(operator, backend);
  } catch (thrown) {
    if (!(thrown instanceof ClaraError)) throw thrown;
    return { kind: 'ended', end: { kind: 'lost', reason: thrown.message } };
  }
}
