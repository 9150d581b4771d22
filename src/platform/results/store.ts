import { randomUUID } from 'node:crypto';
import { taskStates, type DatedResultTask, type Registration, type TaskState } from '../../core/results.ts';
import { isoTime } from '../../core/time.ts';
import { type Database } from '../../system/database/sqlite.ts';

/** Which tasks to read; what is left out does not restrict. */
export interface TaskFilter {
  readonly agent?: string;
  readonly state?: TaskState;
  readonly size: number;
}

interface Row {
  readonly seq: number;
  readonly id: string;
  readonly agent: string;
  readonly pipeline_id: string;
  readonly job_id: string;
  readonly payload_id: string;
  readonly parameters: string | null;
  readonly uris: string;
  readonly state: number;
  readonly retries: number;
  readonly created_at: number;
  readonly updated_at: number;
}

interface Measured {
  readonly seq: number;
  /** Of its file names. */
  readonly length: number;
}

/** What one answer may hold of file names, in characters; a task that has more alone is an answer by itself. */
const answerLimit = 8 * 1024 * 1024;

/** How many jobs one sweep looks at. */
const sweepLimit = 200;

/**
 * The tasks of the Results Service. A task that was handed out and not heard of for `leaseMs` waits again: whoever had
 * it has died (0: never). Times are milliseconds since 1970. Nothing here is final before the transaction around it is.
 */
export class TaskStore {
  readonly #db: Database;
  readonly #leaseMs: number;
  #lastTurn: number | undefined;

  constructor(db: Database, leaseMs: number) {
    this.#db = db;
    this.#leaseMs = leaseMs;
  }

  /** Makes a task and returns its id; a key that has been used by this agent returns the task that it made then. */
  register(agent: string, { pipelineId, jobId, payloadId, parameters, uris }: Registration, key: string | undefined, now: number): string {
    const requestKey = key === undefined ? null : `${agent.toLowerCase()} ${key}`;
    const known = requestKey === null ? undefined : this.#db.prepare('SELECT id FROM result_tasks WHERE request_key = ?').get<{ id: string }>(requestKey);
    if (known !== undefined) return known.id;
    const id = randomUUID();
    this.#db.prepare(
      `INSERT INTO result_tasks (id, agent, pipeline_id, job_id, payload_id, parameters, uris, state, turn, request_key, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)`,
    ).run(id, agent, pipelineId, jobId, payloadId, parameters ?? null, JSON.stringify(uris), this.#nextTurn(), requestKey, now, now);
    return id;
  }

  /** Whether `claim` would find something. */
  isAnyWaiting(agent: string, now: number): boolean {
    return this.#db.prepare('SELECT 1 FROM result_tasks WHERE agent = ? AND state = 1 LIMIT 1').get(agent) !== undefined
      || this.#db.prepare('SELECT 1 FROM result_tasks WHERE agent = ? AND state = 2 AND updated_at <= ? LIMIT 1').get(agent, this.#expiry(now)) !== undefined;
  }

  /** Hands waiting tasks out, those that have waited longest first; returned as they were before. */
  claim(agent: string, size: number, now: number): DatedResultTask[] {
    this.#takeBack(agent, now);
    const waiting = 'FROM result_tasks WHERE agent = ? AND state = 1 ORDER BY turn LIMIT ?';
    const rows = withinLimit(this.#db.prepare(`SELECT seq, length(uris) AS length ${waiting}`).all<Measured>(agent, size));
    if (rows.length === 0) return [];
    const tasks = this.#db.prepare(`SELECT * ${waiting}`).all<Row>(agent, rows.length).map((row) => taskOf(row));
    this.#db.prepare('UPDATE result_tasks SET state = 2, updated_at = ? WHERE seq IN (SELECT value FROM json_each(?))').run(now, JSON.stringify(rows));
    return tasks;
  }

  /** Tasks in the order in which they were made (`oldest`), or the other way round from before a task on; changes nothing. */
  list({ agent, state, size }: TaskFilter, order: { readonly oldestFirst: true } | { readonly before: string | undefined }, now: number): DatedResultTask[] {
    const conditions: string[] = [];
    const values: (string | number)[] = [];
    const add = (condition: string, ...given: (string | number)[]) => { conditions.push(condition); values.push(...given); };
    if (agent !== undefined) add('agent = ?', agent);
    if (state === 'Pending') add('(state = 1 OR (state = 2 AND updated_at <= ?))', this.#expiry(now));
    else if (state === 'InProgress') add('(state = 2 AND updated_at > ?)', this.#expiry(now));
    else if (state !== undefined) add('state = ?', taskStates[state]);
    if ('before' in order && order.before !== undefined) add('seq < (SELECT seq FROM result_tasks WHERE id = ?)', order.before);
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const found = this.#db.prepare(`SELECT seq, length(uris) AS length FROM result_tasks ${where} ORDER BY seq ${'before' in order ? 'DESC' : ''} LIMIT ?`);
    const wanted = withinLimit(found.all<Measured>(...values, size));
    const rows = this.#db.prepare('SELECT * FROM result_tasks WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq').all<Row>(JSON.stringify(wanted));
    const tasks = rows.map((row) => taskOf(row, this.#expiry(now)));
    return 'before' in order ? tasks.reverse() : tasks;
  }

  get(id: string, now: number): DatedResultTask | undefined {
    const row = this.#db.prepare('SELECT * FROM result_tasks WHERE id = ?').get<Row>(id.toLowerCase());
    return row === undefined ? undefined : taskOf(row, this.#expiry(now));
  }

  /** False where there is no such task; one that has ended stays as it ended. */
  succeed(id: string, now: number): boolean {
    this.#db.prepare('UPDATE result_tasks SET state = 3, updated_at = ? WHERE id = ? AND state < 3').run(now, id.toLowerCase());
    return this.#has(id);
  }

  /** Gives up, or puts a task back for a later attempt. A report that is sent twice counts once. */
  fail(id: string, retryLater: boolean, now: number): boolean {
    if (retryLater) {
      this.#db.prepare('UPDATE result_tasks SET state = 1, retries = retries + 1, turn = ?, updated_at = ? WHERE id = ? AND state = 2').run(this.#nextTurn(), now, id.toLowerCase());
    } else {
      this.#db.prepare('UPDATE result_tasks SET state = 4, updated_at = ? WHERE id = ? AND state < 3').run(now, id.toLowerCase());
    }
    return this.#has(id);
  }

  /** Lets a task wait again as if it were new, whatever became of it. */
  retry(id: string, now: number): boolean {
    this.#db.prepare('UPDATE result_tasks SET state = 1, retries = 0, turn = ?, updated_at = ? WHERE id = ? AND state > 1').run(this.#nextTurn(), now, id.toLowerCase());
    return this.#has(id);
  }

  /** Jobs whose tasks have all ended by a moment, with their payloads; so many as one sweep takes. */
  endedJobs(by: number): { readonly jobId: string; readonly payloadIds: readonly string[] }[] {
    return this.#db.prepare(
      `SELECT job_id, json_group_array(DISTINCT payload_id) AS payloads FROM result_tasks
       GROUP BY job_id HAVING MIN(state) >= 3 AND MAX(updated_at) <= ? LIMIT ?`,
    ).all<{ job_id: string; payloads: string }>(by, sweepLimit).map(({ job_id, payloads }) => ({ jobId: job_id, payloadIds: JSON.parse(payloads) as string[] }));
  }

  /** Forgets the tasks of a job, unless one of them waits again. */
  forget(jobId: string): void {
    this.#db.prepare('DELETE FROM result_tasks WHERE job_id = ? AND NOT EXISTS (SELECT 1 FROM result_tasks WHERE job_id = ? AND state < 3)').run(jobId, jobId);
  }

  /** Tasks that were handed out before the lease began wait again, behind all others. */
  #takeBack(agent: string, now: number): void {
    if (this.#leaseMs === 0) return;
    const lost = this.#db.prepare('SELECT seq FROM result_tasks WHERE agent = ? AND state = 2 AND updated_at <= ? ORDER BY turn').all<{ seq: number }>(agent, this.#expiry(now));
    for (const { seq } of lost) {
      this.#db.prepare('UPDATE result_tasks SET state = 1, turn = ?, updated_at = ? WHERE seq = ?').run(this.#nextTurn(), now, seq);
    }
  }

  /** What was handed out by then has been lost. */
  #expiry(now: number): number {
    return this.#leaseMs === 0 ? -1 : now - this.#leaseMs;
  }

  #has(id: string): boolean {
    return this.#db.prepare('SELECT 1 FROM result_tasks WHERE id = ?').get(id.toLowerCase()) !== undefined;
  }

  #nextTurn(): number {
    this.#lastTurn ??= this.#db.prepare('SELECT COALESCE(MAX(turn), 0) AS last FROM result_tasks').get<{ last: number }>()!.last;
    return (this.#lastTurn += 1);
  }
}

/** The first of some rows whose file names fit into one answer; at least one. */
function withinLimit(rows: readonly Measured[]): number[] {
  let total = 0;
  const end = rows.findIndex(({ length }, index) => (total += length) > answerLimit && index > 0);
  return rows.slice(0, end === -1 ? rows.length : end).map(({ seq }) => seq);
}

const stateNames = Object.keys(taskStates) as TaskState[];

function taskOf(row: Row, expiry = -1): DatedResultTask {
  const isLost = row.state === taskStates.InProgress && row.updated_at <= expiry;
  return {
    taskId: row.id, jobId: row.job_id, pipelineId: row.pipeline_id, payloadId: row.payload_id, parameters: row.parameters,
    state: isLost ? 'Pending' : stateNames[row.state - 1]!, retries: row.retries, agent: row.agent, uris: JSON.parse(row.uris) as string[],
    created: isoTime(row.created_at), updated: isoTime(row.updated_at),
  };
}
