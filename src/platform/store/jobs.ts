import { JobOperatorStatus, JobState, JobStatus } from '../../api/generated/nvidia/clara/platform/jobs.ts';
import { checkJobMove, checkOperatorMove, type JobCondition, type OperatorCondition } from '../../core/states.ts';
import { type Database, type SqlValue } from '../../system/database/sqlite.ts';
import { type JobFilter, type JobRecord, type JobStore, type NewJob, type OperatorRecord } from './job-records.ts';

/** What the engine keeps beside the record that clients see. */
export interface EngineJob extends JobRecord {
  readonly variables: readonly { readonly name: string; readonly value: string }[];
  /** Milliseconds that the job may run, counted from its start. */
  readonly limitMs: number;
  /** The status that a running job is being brought to: it is to stop, its operators may still run. */
  readonly stopping: JobStatus | undefined;
  readonly pausedAt: number | undefined;
}

export interface EngineOperator extends OperatorRecord {
  readonly position: number;
  readonly backend: string | undefined;
  readonly gpus: readonly number[];
}

/** An operator of an ended run that may have left outputs or a container behind. */
export interface Leftover {
  readonly jobId: string;
  readonly position: number;
  readonly name: string;
  readonly backend: string;
}

const pageSize = 256;

/** Jobs and their operators in the platform's database. Moves are checked against the tables of core/states.ts. */
export class SqliteJobStore implements JobStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  create(job: NewJob): void {
    this.#db.prepare(
      `INSERT INTO jobs (id, name, pipeline_id, pipeline_revision, payload_id, state, status, priority, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(job.id, job.name, job.pipelineId, job.pipelineRevision, job.payloadId,
      JobState.JOB_STATE_PENDING, JobStatus.JOB_STATUS_HEALTHY, job.priority, job.createdAt);
    const insert = this.#db.prepare('INSERT INTO operators (job_id, position, name, status, created_at) VALUES (?, ?, ?, ?, ?)');
    for (const [position, name] of job.operators.entries()) {
      insert.run(job.id, position, name, JobOperatorStatus.JOB_OPERATOR_STATUS_PENDING, job.createdAt);
    }
  }

  get(id: string): EngineJob | undefined {
    const row = this.#db.prepare('SELECT * FROM jobs WHERE id = ?').get<JobRow>(id);
    return row === undefined ? undefined : toJob(row);
  }

  ofPayload(payloadId: string): EngineJob | undefined {
    const row = this.#db.prepare('SELECT * FROM jobs WHERE payload_id = ?').get<JobRow>(payloadId);
    return row === undefined ? undefined : toJob(row);
  }

  delete(id: string): void {
    this.#db.prepare('DELETE FROM operators WHERE job_id = ?').run(id);
    this.#db.prepare('DELETE FROM jobs WHERE id = ?').run(id);
  }

  *list(filter: JobFilter): Generator<JobRecord> {
    const { where, parameters } = conditions(filter);
    const page = this.#db.prepare(`SELECT * FROM jobs WHERE seq < ?${where} ORDER BY seq DESC LIMIT ${pageSize}`);
    let before = Number.MAX_SAFE_INTEGER;
    for (;;) {
      const rows = page.all<JobRow>(before, ...parameters);
      for (const row of rows) yield toJob(row);
      if (rows.length < pageSize) return;
      before = rows.at(-1)!.seq;
    }
  }

  operators(jobId: string): readonly EngineOperator[] {
    return this.#db.prepare('SELECT * FROM operators WHERE job_id = ? ORDER BY position').all<OperatorRow>(jobId).map(toOperator);
  }

  unfinished(pipelineId: string): number {
    return this.#db.prepare('SELECT count(*) AS n FROM jobs WHERE pipeline_id = ? AND state <> ?')
      .get<{ n: number }>(pipelineId, JobState.JOB_STATE_STOPPED)!.n;
  }

  /** Jobs that were started and have not stopped, in the order in which they were queued. */
  active(): readonly EngineJob[] {
    return this.#db.prepare('SELECT * FROM jobs WHERE state IN (?, ?) AND queued_at IS NOT NULL ORDER BY queued_at, seq')
      .all<JobRow>(JobState.JOB_STATE_PENDING, JobState.JOB_STATE_RUNNING).map(toJob);
  }

  queue(id: string, variables: EngineJob['variables'], limitMs: number, now: number): void {
    this.#check(id, 'queued');
    this.#db.prepare('UPDATE jobs SET queued_at = ?, variables = ?, limit_ms = ? WHERE id = ?').run(now, JSON.stringify(variables), limitMs, id);
  }

  /** Moves a job on, with what it has to say about it. */
  move(id: string, to: Exclude<JobCondition, 'created' | 'queued'>, now: number, messages: readonly string[] = []): void {
    this.#check(id, to);
    if (to === 'running') {
      this.#db.prepare('UPDATE jobs SET state = ?, started_at = ? WHERE id = ?').run(JobState.JOB_STATE_RUNNING, now, id);
    } else {
      this.#db.prepare('UPDATE jobs SET state = ?, status = ?, stopped_at = ?, stopping = NULL, paused_at = NULL WHERE id = ?')
        .run(JobState.JOB_STATE_STOPPED, endStatus[to], now, id);
    }
    this.addMessages(id, messages);
  }

  /** Records that a running job is to stop, so that whoever runs the platform next goes on with it. */
  stopping(id: string, status: JobStatus, messages: readonly string[]): void {
    this.#db.prepare('UPDATE jobs SET stopping = ? WHERE id = ?').run(status, id);
    this.addMessages(id, messages);
  }

  addMessages(id: string, messages: readonly string[]): void {
    if (messages.length === 0) return;
    const { messages: before } = this.#db.prepare('SELECT messages FROM jobs WHERE id = ?').get<{ messages: string }>(id)!;
    this.#db.prepare('UPDATE jobs SET messages = ? WHERE id = ?').run(JSON.stringify([...(JSON.parse(before) as string[]), ...messages]), id);
  }

  pause(id: string, now: number): void {
    this.#db.prepare('UPDATE jobs SET paused_at = ? WHERE id = ?').run(now, id);
  }

  /** The clock of the time limit goes on; the pause is added to the limit. */
  resume(id: string, limitMs: number): void {
    this.#db.prepare('UPDATE jobs SET paused_at = NULL, limit_ms = ? WHERE id = ?').run(limitMs, id);
  }

  startOperator(jobId: string, position: number, backend: string, gpus: readonly number[], now: number): void {
    this.#checkOperator(jobId, position, 'running');
    this.#db.prepare('UPDATE operators SET status = ?, started_at = ?, backend = ?, gpus = ? WHERE job_id = ? AND position = ?')
      .run(JobOperatorStatus.JOB_OPERATOR_STATUS_RUNNING, now, backend, gpus.length === 0 ? null : JSON.stringify(gpus), jobId, position);
  }

  endOperator(jobId: string, position: number, to: 'completed' | 'faulted', exitCode: number | undefined, leftovers: boolean, now: number): void {
    this.#checkOperator(jobId, position, to);
    this.#db.prepare('UPDATE operators SET status = ?, stopped_at = ?, exit_code = ?, leftovers = ? WHERE job_id = ? AND position = ?')
      .run(operatorStatus[to], now, exitCode ?? null, leftovers ? 1 : 0, jobId, position);
  }

  /** A running operator is to run afresh: it never began, or was stopped together with the platform. */
  resetOperator(jobId: string, position: number): void {
    this.#checkOperator(jobId, position, 'pending');
    this.#db.prepare('UPDATE operators SET status = ?, started_at = NULL, backend = NULL, gpus = NULL WHERE job_id = ? AND position = ?')
      .run(JobOperatorStatus.JOB_OPERATOR_STATUS_PENDING, jobId, position);
  }

  leftovers(): readonly Leftover[] {
    return this.#db.prepare('SELECT job_id AS jobId, position, name, backend FROM operators WHERE leftovers = 1').all<Leftover>();
  }

  clearLeftovers(done: readonly Pick<Leftover, 'jobId' | 'position'>[]): void {
    const clear = this.#db.prepare('UPDATE operators SET leftovers = 0 WHERE job_id = ? AND position = ?');
    this.#db.transaction(() => done.forEach(({ jobId, position }) => clear.run(jobId, position)));
  }

  #check(id: string, to: JobCondition): void {
    const row = this.#db.prepare('SELECT state, status, queued_at FROM jobs WHERE id = ?').get<Pick<JobRow, 'state' | 'status' | 'queued_at'>>(id);
    if (row === undefined) throw new Error(`there is no job ${id}`);
    checkJobMove(conditionOf({ state: row.state, status: row.status, queuedAt: row.queued_at ?? undefined }), to);
  }

  #checkOperator(jobId: string, position: number, to: OperatorCondition): void {
    const row = this.#db.prepare('SELECT status FROM operators WHERE job_id = ? AND position = ?').get<{ status: JobOperatorStatus }>(jobId, position);
    if (row === undefined) throw new Error(`job ${jobId} has no operator ${position}`);
    checkOperatorMove(operatorConditions[row.status] ?? 'faulted', to);
  }
}

/** State, status and queueing of a job in one word. */
export function conditionOf(job: Pick<JobRecord, 'state' | 'status' | 'queuedAt'>): JobCondition {
  if (job.state === JobState.JOB_STATE_PENDING) return job.queuedAt === undefined ? 'created' : 'queued';
  return job.state === JobState.JOB_STATE_RUNNING ? 'running' : endOf(job.status);
}

const endStatus = {
  completed: JobStatus.JOB_STATUS_HEALTHY,
  faulted: JobStatus.JOB_STATUS_FAULTED,
  canceled: JobStatus.JOB_STATUS_CANCELED,
  evicted: JobStatus.JOB_STATUS_EVICTED,
  terminated: JobStatus.JOB_STATUS_TERMINATED,
} as const;

type Ends = keyof typeof endStatus;

/** The end that a status stands for, as `stopping` holds it. */
export function endOf(status: JobStatus): Ends {
  return (Object.keys(endStatus) as Ends[]).find((end) => endStatus[end] === status) ?? 'faulted';
}

export function statusOf(end: Ends): JobStatus {
  return endStatus[end];
}

/** An operator's status in the words of core/states.ts. */
export const operatorConditions: Readonly<Partial<Record<JobOperatorStatus, OperatorCondition>>> = {
  [JobOperatorStatus.JOB_OPERATOR_STATUS_PENDING]: 'pending',
  [JobOperatorStatus.JOB_OPERATOR_STATUS_RUNNING]: 'running',
  [JobOperatorStatus.JOB_OPERATOR_STATUS_COMPLETED]: 'completed',
  [JobOperatorStatus.JOB_OPERATOR_STATUS_FAULTED]: 'faulted',
};

const operatorStatus = {
  completed: JobOperatorStatus.JOB_OPERATOR_STATUS_COMPLETED,
  faulted: JobOperatorStatus.JOB_OPERATOR_STATUS_FAULTED,
} as const;

/** The filter as SQL; absent criteria leave no trace, so that the planner can use an index. */
function conditions(filter: JobFilter): { where: string; parameters: SqlValue[] } {
  const terms: (readonly [string, SqlValue])[] = [];
  if (filter.completedBefore !== undefined) terms.push(['stopped_at < ?', filter.completedBefore]);
  if (filter.createdAfter !== undefined) terms.push(['created_at > ?', filter.createdAfter]);
  for (const [column, values] of [['state', filter.states], ['status', filter.statuses], ['pipeline_id', filter.pipelineIds]] as const) {
    if (values.length > 0) terms.push([`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(values)]);
  }
  return { where: terms.map(([term]) => ` AND ${term}`).join(''), parameters: terms.map(([, value]) => value) };
}

interface JobRow {
  readonly seq: number;
  readonly id: string;
  readonly name: string;
  readonly pipeline_id: string;
  readonly pipeline_revision: number;
  readonly payload_id: string;
  readonly state: JobState;
  readonly status: JobStatus;
  readonly priority: JobRecord['priority'];
  readonly created_at: number;
  readonly queued_at: number | null;
  readonly started_at: number | null;
  readonly stopped_at: number | null;
  readonly messages: string;
  readonly variables: string | null;
  readonly limit_ms: number | null;
  readonly stopping: JobStatus | null;
  readonly paused_at: number | null;
}

interface OperatorRow {
  readonly job_id: string;
  readonly position: number;
  readonly name: string;
  readonly status: JobOperatorStatus;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly stopped_at: number | null;
  readonly exit_code: number | null;
  readonly backend: string | null;
  readonly gpus: string | null;
}

function toJob(row: JobRow): EngineJob {
  return {
    id: row.id,
    name: row.name,
    pipelineId: row.pipeline_id,
    pipelineRevision: row.pipeline_revision,
    payloadId: row.payload_id,
    state: row.state,
    status: row.status,
    priority: row.priority,
    createdAt: row.created_at,
    queuedAt: row.queued_at ?? undefined,
    startedAt: row.started_at ?? undefined,
    stoppedAt: row.stopped_at ?? undefined,
    messages: JSON.parse(row.messages) as string[],
    variables: row.variables === null ? [] : (JSON.parse(row.variables) as EngineJob['variables']),
    limitMs: row.limit_ms ?? 0,
    stopping: row.stopping ?? undefined,
    pausedAt: row.paused_at ?? undefined,
  };
}

function toOperator(row: OperatorRow): EngineOperator {
  return {
    jobId: row.job_id,
    position: row.position,
    name: row.name,
    status: row.status,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    stoppedAt: row.stopped_at ?? undefined,
    exitCode: row.exit_code ?? undefined,
    backend: row.backend ?? undefined,
    gpus: row.gpus === null ? [] : (JSON.parse(row.gpus) as number[]),
  };
}
