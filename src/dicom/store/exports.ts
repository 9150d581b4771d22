import { type ClaraError } from '../../core/errors.ts';
import { type ResultTask } from '../../core/results.ts';
import { type Database } from '../../system/database/sqlite.ts';

/** What the Results Service is to be told of a task. */
export type Verdict = 'succeeded' | 'retry' | 'failed';

/** A task that was taken and of which the service has not heard since. */
export interface HeldTask {
  readonly agent: string;
  readonly task: ResultTask;
  /** Undefined: it has to be delivered (again). */
  readonly verdict: Verdict | undefined;
}

/** What became of a file at a destination. */
export interface InstanceFate {
  readonly uri: string;
  readonly sopInstance: string | undefined;
  readonly delivered: boolean;
  /** For people: the receiver's status, or why nothing was sent. */
  readonly status: string;
  /** Another attempt will not do better. */
  readonly isFinal?: boolean;
  /** Where there was an error: what it was, which nobody keeps. */
  readonly error?: ClaraError;
}

/** All that is known of a task. */
export interface KnownExport {
  readonly taskId: string;
  readonly agent: string;
  readonly jobId: string;
  readonly state: Verdict | 'taken';
  /** Whether the Results Service knows. */
  readonly reported: boolean;
  readonly error: string | undefined;
  /** ISO 8601: when its state last changed. */
  readonly updated: string;
  /** What became of each file at each destination. */
  readonly instances: readonly (InstanceFate & { readonly destination: string })[];
}

/** The last task that was not delivered. */
export interface ExportFailure {
  readonly taskId: string;
  readonly agent: string;
  readonly jobId: string;
  readonly why: string;
  /** ISO 8601. */
  readonly at: string;
  /** Whether there will be another attempt. */
  readonly retried: boolean;
}

/** Tasks that this adapter has taken from the Results Service, and what became of their files. */
export class ExportStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  take(agent: string, task: ResultTask, now: number): void {
    this.#db.prepare(
      `INSERT INTO exports (task_id, agent, task, state, updated_at) VALUES (?, ?, ?, 'taken', ?)
       ON CONFLICT (task_id) DO UPDATE SET agent = excluded.agent, task = excluded.task, state = 'taken', reported = 0, updated_at = excluded.updated_at`,
    ).run(task.taskId, agent, JSON.stringify(task), now);
  }

  /** Tasks of which the service has not been told, since this or an earlier run took them. */
  held(agent: string): HeldTask[] {
    return this.#db.prepare('SELECT agent, task, state FROM exports WHERE reported = 0 AND agent = ? ORDER BY updated_at').all<{ agent: string; task: string; state: Verdict | 'taken' }>(agent)
      .map((row) => ({ agent: row.agent, task: JSON.parse(row.task) as ResultTask, verdict: row.state === 'taken' ? undefined : row.state }));
  }

  decide(taskId: string, verdict: Verdict, error: string | undefined, now: number): void {
    this.#db.prepare('UPDATE exports SET state = ?, error = ?, updated_at = ? WHERE task_id = ?').run(verdict, error ?? null, now, taskId);
  }

  /** The service knows what became of it, or knows the task no more. */
  reported(taskId: string, now: number): void {
    this.#db.prepare('UPDATE exports SET reported = 1, updated_at = ? WHERE task_id = ?').run(now, taskId);
  }

  /** A task that turned out not to be ours any more. */
  drop(taskId: string): void {
    this.#db.prepare('DELETE FROM exports WHERE task_id = ?').run(taskId);
  }

  /** Writes down what became of files at a destination. */
  record(taskId: string, destination: string, fates: readonly InstanceFate[]): void {
    const insert = this.#db.prepare('INSERT OR REPLACE INTO export_instances (task_id, destination, uri, sop_instance, delivered, status) VALUES (?, ?, ?, ?, ?, ?)');
    this.#db.transaction(() => {
      for (const { uri, sopInstance, delivered, status } of fates) insert.run(taskId, destination, uri, sopInstance ?? null, Number(delivered), status);
    });
  }

  get(taskId: string): KnownExport | undefined {
    const row = this.#db.prepare('SELECT * FROM exports WHERE task_id = ?').get<ExportRow>(taskId);
    if (row === undefined) return undefined;
    const instances = this.#db.prepare('SELECT * FROM export_instances WHERE task_id = ? ORDER BY destination, uri').all<InstanceRow>(taskId);
    return {
      taskId, agent: row.agent, jobId: (JSON.parse(row.task) as ResultTask).jobId, state: row.state, reported: row.reported !== 0, error: row.error ?? undefined, updated: new Date(row.updated_at).toISOString(),
      instances: instances.map(({ destination, uri, sop_instance, delivered, status }) => ({ destination, uri, sopInstance: sop_instance ?? undefined, delivered: delivered !== 0, status })),
    };
  }

  /** Files of a task that a destination has. */
  delivered(taskId: string, destination: string): Set<string> {
    return new Set(this.#db.prepare('SELECT uri FROM export_instances WHERE task_id = ? AND destination = ? AND delivered = 1').all<{ uri: string }>(taskId, destination).map(({ uri }) => uri));
  }

  /** A task begins from the beginning: nothing of it counts as delivered. */
  forgetInstances(taskId: string): void {
    this.#db.prepare('DELETE FROM export_instances WHERE task_id = ?').run(taskId);
  }

  /** How many tasks are in hand, wait for another attempt, and have ended, as far as they are remembered. */
  counts(): { readonly inProgress: number; readonly retrying: number; readonly delivered: number; readonly failed: number } {
    return this.#db.prepare(
      `SELECT count(*) FILTER (WHERE reported = 0 AND state <> 'retry') AS inProgress, count(*) FILTER (WHERE state = 'retry') AS retrying,
              count(*) FILTER (WHERE reported = 1 AND state = 'succeeded') AS delivered, count(*) FILTER (WHERE reported = 1 AND state = 'failed') AS failed FROM exports`,
    ).get<{ inProgress: number; retrying: number; delivered: number; failed: number }>()!;
  }

  lastFailure(): ExportFailure | undefined {
    const row = this.#db.prepare("SELECT * FROM exports WHERE state IN ('retry', 'failed') ORDER BY updated_at DESC LIMIT 1")
      .get<ExportRow>();
    if (row === undefined) return undefined;
    const { jobId } = JSON.parse(row.task) as ResultTask;
    return { taskId: row.task_id, agent: row.agent, jobId, why: row.error ?? '', at: new Date(row.updated_at).toISOString(), retried: row.state === 'retry' };
  }

  /** Forgets what ended before a time. */
  forget(before: number): number {
    return this.#db.prepare('DELETE FROM exports WHERE reported = 1 AND updated_at < ?').run(before).changes;
  }
}

interface ExportRow {
  readonly task_id: string;
  readonly agent: string;
  /** JSON. */
  readonly task: string;
  readonly state: Verdict | 'taken';
  readonly reported: number;
  readonly error: string | null;
  readonly updated_at: number;
}

interface InstanceRow {
  readonly destination: string;
  readonly uri: string;
  readonly sop_instance: string | null;
  readonly delivered: number;
  readonly status: string;
}
