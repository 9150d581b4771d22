import { isIdPrefix } from '../../core/ids.ts';
import { type Priority } from '../entities/processor.ts';
import { type Database } from '../../system/database/sqlite.ts';

/** How far a submission has come; each step is kept before the next begins. */
export type SubmissionState = 'queued' | 'created' | 'uploaded' | 'completed' | 'faulted';

/** A job to be. */
export interface Submission {
  /** Goes into the metadata of the job, so that one that was created is found again. */
  readonly id: string;
  readonly groupId: number;
  readonly pipelineName: string;
  readonly pipelineId: string;
  readonly jobName: string;
  readonly source: string;
  readonly priority: Priority;
  readonly retryDelayMs: number;
  readonly state: SubmissionState;
  /** The platform may have been asked to create the job already. */
  readonly creating: boolean;
  /** Attempts at this step that failed. */
  readonly tries: number;
  readonly error: string | undefined;
  readonly jobId: string | undefined;
  readonly payloadId: string | undefined;
  /** Its job has the metadata that only the files tell. */
  readonly described: boolean;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

export type NewSubmission = Pick<Submission, 'id' | 'groupId' | 'pipelineName' | 'pipelineId' | 'jobName' | 'source' | 'priority' | 'retryDelayMs'>;

const unfinished = "('queued', 'created', 'uploaded')";

export class SubmissionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(submission: NewSubmission, now: number): void {
    const { id, groupId, pipelineName, pipelineId, jobName, source, priority, retryDelayMs } = submission;
    this.#db.prepare("INSERT INTO submissions (id, group_id, pipeline_name, pipeline_id, job_name, source, priority, retry_delay_ms, state, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?)")
      .run(id, groupId, pipelineName, pipelineId, jobName, source, priority, retryDelayMs, now);
  }

  /** Adds one whose job exists already and waits for its files; see inference. */
  addCreated(submission: NewSubmission & { readonly jobId: string; readonly payloadId: string }, now: number): void {
    this.add(submission, now);
    this.#db.prepare('UPDATE submissions SET creating = 1, described = 0 WHERE id = ?').run(submission.id);
    this.created(submission.id, submission.jobId, submission.payloadId, now);
  }

  described(id: string, now: number): void {
    this.#db.prepare('UPDATE submissions SET described = 1, updated_at = ? WHERE id = ?').run(now, id);
  }

  get(id: string): Submission | undefined {
    const row = this.#db.prepare('SELECT * FROM submissions WHERE id = ?').get<Row>(id);
    return row === undefined ? undefined : toSubmission(row);
  }

  /** Those that are not finished, in the order of their making. */
  unfinished(): Submission[] {
    return this.#db.prepare(`SELECT * FROM submissions WHERE state IN ${unfinished} ORDER BY group_id, rowid`).all<Row>().map(toSubmission);
  }

  /** Those that are not finished and those that were given up, in the order of their making; at most so many. */
  attention(most: number): Submission[] {
    return this.#db.prepare("SELECT * FROM submissions WHERE state IN ('queued', 'created', 'uploaded', 'faulted') ORDER BY group_id, rowid LIMIT ?").all<Row>(most).map(toSubmission);
  }

  faulted(): Submission[] {
    return this.#db.prepare("SELECT * FROM submissions WHERE state = 'faulted' ORDER BY group_id, rowid").all<Row>().map(toSubmission);
  }

  /** Those that are meant by the left part of the id of a job, of a payload or of a submission, or by the name of a job; newest first, at most so many. */
  meant(text: string, most: number): Submission[] {
    const canonical = text.toLowerCase().replaceAll('-', '');
    const prefix = isIdPrefix(text) ? canonical : '';
    return this.#db.prepare(`SELECT * FROM submissions
      WHERE (? <> '' AND (substr(job_id, 1, length(?)) = ? OR substr(payload_id, 1, length(?)) = ? OR substr(id, 1, length(?)) = ?)) OR job_name = ?
      ORDER BY group_id DESC, rowid DESC LIMIT ?`).all<Row>(prefix, prefix, prefix, prefix, prefix, prefix, prefix, text, most).map(toSubmission);
  }

  /** One that was given up begins anew, with what it had reached. Returns whether it was one. */
  retry(id: string, now: number): boolean {
    return this.#db.prepare("UPDATE submissions SET state = CASE WHEN job_id IS NULL THEN 'queued' ELSE 'created' END, tries = 0, error = NULL, updated_at = ? WHERE id = ? AND state = 'faulted'").run(now, id).changes > 0;
  }

  ofGroup(groupId: number): Submission[] {
    return this.#db.prepare('SELECT * FROM submissions WHERE group_id = ? ORDER BY rowid').all<Row>(groupId).map(toSubmission);
  }

  creating(id: string, now: number): void {
    this.#db.prepare('UPDATE submissions SET creating = 1, updated_at = ? WHERE id = ?').run(now, id);
  }

  created(id: string, jobId: string, payloadId: string, now: number): void {
    this.#db.prepare("UPDATE submissions SET state = 'created', job_id = ?, payload_id = ?, tries = 0, error = NULL, updated_at = ? WHERE id = ?").run(jobId, payloadId, now, id);
  }

  /**
   * Its job has begun. With the last of its jobs the group is done, in one step: were that a second one, a crash between
   * them would keep its files for good.
   */
  completed(id: string, now: number): void {
    this.#db.transaction(() => {
      this.#db.prepare("UPDATE submissions SET state = 'completed', tries = 0, updated_at = ? WHERE id = ?").run(now, id);
      this.#db.prepare(`UPDATE groups SET state = 'done', done_at = ? WHERE id = (SELECT group_id FROM submissions WHERE id = ?)
        AND NOT EXISTS (SELECT 1 FROM submissions WHERE group_id = groups.id AND state <> 'completed')`).run(now, id);
    });
  }

  moved(id: string, state: 'uploaded' | 'faulted', now: number): void {
    this.#db.prepare('UPDATE submissions SET state = ?, tries = 0, updated_at = ? WHERE id = ?').run(state, now, id);
  }

  failed(id: string, tries: number, error: string, now: number): void {
    this.#db.prepare('UPDATE submissions SET tries = ?, error = ?, updated_at = ? WHERE id = ?').run(tries, error, now, id);
  }

  /** How many there are of each state. */
  counts(): Record<SubmissionState, number> {
    const rows = this.#db.prepare('SELECT state, count(*) AS n FROM submissions GROUP BY state').all<{ state: SubmissionState; n: number }>();
    return { queued: 0, created: 0, uploaded: 0, completed: 0, faulted: 0, ...Object.fromEntries(rows.map(({ state, n }) => [state, n])) };
  }
}

interface Row {
  readonly id: string;
  readonly group_id: number;
  readonly pipeline_name: string;
  readonly pipeline_id: string;
  readonly job_name: string;
  readonly source: string;
  readonly priority: Priority;
  readonly retry_delay_ms: number;
  readonly state: SubmissionState;
  readonly creating: number;
  readonly tries: number;
  readonly error: string | null;
  readonly job_id: string | null;
  readonly payload_id: string | null;
  readonly described: number;
  readonly updated_at: number;
}

function toSubmission(row: Row): Submission {
  return {
    id: row.id, groupId: row.group_id, pipelineName: row.pipeline_name, pipelineId: row.pipeline_id, jobName: row.job_name, source: row.source, priority: row.priority,
    retryDelayMs: row.retry_delay_ms, state: row.state, creating: row.creating !== 0, tries: row.tries, error: row.error ?? undefined, jobId: row.job_id ?? undefined, payloadId: row.payload_id ?? undefined, described: row.described !== 0, updatedAt: row.updated_at,
  };
}
