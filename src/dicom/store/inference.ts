import { type InferenceRequest } from '../inference/request/request.ts';
import { type ProcessorRules } from '../entities/processor.ts';
import { type Database } from '../../system/database/sqlite.ts';

/**
 * How far a request has come. `submitted`: its files are there and its job is a submission of the same id. `failing`: its job
 * is still to be cancelled. `dropping`: its sender was told that it failed, and a job that exists nevertheless is to be cancelled.
 */
export type RequestState = 'creating' | 'retrieving' | 'submitted' | 'failing' | 'failed' | 'dropping';

/** A request that was taken in. */
export interface StoredRequest {
  /** Also of its submission; goes into the metadata of its job. */
  readonly id: string;
  readonly transactionId: string;
  readonly digest: string;
  readonly state: RequestState;
  /** The platform may have been asked to create the job already. */
  readonly creating: boolean;
  /** Without credentials. */
  readonly request: InferenceRequest;
  /** Sealed. */
  readonly secrets: Uint8Array | undefined;
  readonly jobName: string;
  readonly jobId: string | undefined;
  readonly payloadId: string | undefined;
  readonly groupId: number | undefined;
  /** Attempts at retrieving that left something out. */
  readonly tries: number;
  readonly error: string | undefined;
}

export type NewRequest = Pick<StoredRequest, 'id' | 'transactionId' | 'digest' | 'request' | 'secrets' | 'jobName'> & { readonly rules: ProcessorRules };

/** A file that was retrieved. `sopClass` and `sopInstance` are empty for what is no DICOM instance. */
export interface RetrievedFile {
  /** Of the file in the payload. */
  readonly name: string;
  /** Below the folder of instances. */
  readonly file: string;
  readonly bytes: number;
  readonly sopClass: string;
  readonly sopInstance: string;
}

const alive = "('creating', 'retrieving', 'submitted')";
const unfinished = "('creating', 'retrieving', 'failing', 'dropping')";

/** Inference requests, what they have retrieved, and how they become submissions. */
export class InferenceStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Takes a request in, with a group for its files that no sender can reach. */
  add({ id, transactionId, digest, request, secrets, jobName, rules }: NewRequest, now: number): void {
    this.#db.transaction(() => {
      const group = this.#db.prepare("INSERT INTO groups (ae_title, group_key, rules, state, opened_at) VALUES ('', ?, ?, 'retrieving', ?) RETURNING id").get<{ id: number }>(transactionId, JSON.stringify(rules), now)!.id;
      this.#db.prepare("INSERT INTO inference_requests (id, transaction_id, digest, state, request, secrets, job_name, group_id, created_at, updated_at) VALUES (?, ?, ?, 'creating', ?, ?, ?, ?, ?, ?)")
        .run(id, transactionId, digest, JSON.stringify(request), secrets ?? null, jobName, group, now, now);
    });
  }

  get(id: string): StoredRequest | undefined {
    return toRequest(this.#db.prepare('SELECT * FROM inference_requests WHERE id = ?').get<Row>(id));
  }

  /** The request of this transaction that has not failed. */
  living(transactionId: string): StoredRequest | undefined {
    return toRequest(this.#db.prepare(`SELECT * FROM inference_requests WHERE transaction_id = ? AND state IN ${alive} ORDER BY created_at DESC, rowid DESC LIMIT 1`).get<Row>(transactionId));
  }

  /** The newest request of this transaction, or else of this job or payload. */
  find(transactionId: string, jobOrPayload: string | undefined): StoredRequest | undefined {
    const known = "job_id IS NOT NULL AND state <> 'dropping'";
    const byTransaction = this.#db.prepare(`SELECT * FROM inference_requests WHERE transaction_id = ? AND ${known} ORDER BY created_at DESC, rowid DESC LIMIT 1`).get<Row>(transactionId);
    if (byTransaction !== undefined || jobOrPayload === undefined) return toRequest(byTransaction);
    return toRequest(this.#db.prepare(`SELECT * FROM inference_requests WHERE (job_id = ? OR payload_id = ?) AND ${known} LIMIT 1`).get<Row>(jobOrPayload, jobOrPayload));
  }

  /** Those with something left to do, in the order of their arrival. */
  unfinished(): StoredRequest[] {
    return this.#db.prepare(`SELECT * FROM inference_requests WHERE state IN ${unfinished} ORDER BY created_at, rowid`).all<Row>().map((row) => toRequest(row)!);
  }

  creating(id: string, now: number): void {
    this.#db.prepare('UPDATE inference_requests SET creating = 1, updated_at = ? WHERE id = ?').run(now, id);
  }

  created(id: string, jobId: string, payloadId: string, now: number): void {
    this.#db.prepare("UPDATE inference_requests SET state = 'retrieving', job_id = ?, payload_id = ?, error = NULL, updated_at = ? WHERE id = ?").run(jobId, payloadId, now, id);
  }

  tried(id: string, tries: number, error: string, now: number): void {
    this.#db.prepare('UPDATE inference_requests SET tries = ?, error = ?, updated_at = ? WHERE id = ?').run(tries, error, now, id);
  }

  /** What has been retrieved completely. */
  items(id: string): Set<string> {
    return new Set(this.#db.prepare('SELECT item FROM inference_items WHERE request_id = ?').all<{ item: string }>(id).map(({ item }) => item));
  }

  itemDone(id: string, item: string): void {
    this.#db.prepare('INSERT OR IGNORE INTO inference_items (request_id, item) VALUES (?, ?)').run(id, item);
  }

  /** Takes a file in; false where the instance, or a file of that name, is there already. */
  addFile(groupId: number, { name, file, bytes, sopClass, sopInstance }: RetrievedFile, now: number): boolean {
    const same = this.#db.prepare("SELECT 1 FROM instances WHERE group_id = ? AND (name = ? OR (sop_instance = ? AND sop_instance <> ''))").get(groupId, name, sopInstance);
    if (same !== undefined) return false;
    this.#db.prepare("INSERT INTO instances (group_id, name, file, bytes, sop_class, sop_instance, calling_ae, received_at) VALUES (?, ?, ?, ?, ?, ?, '', ?)").run(groupId, name, file, bytes, sopClass, sopInstance, now);
    return true;
  }

  /** It has been retrieved: its group is closed, and its job goes on as a submission, which the caller adds in the same transaction. */
  submitted(id: string, groupId: number, { secrets, missing, why }: { readonly secrets: Uint8Array | undefined; /** What it goes on without. */ readonly missing: string | undefined; readonly why: string }, now: number): void {
    this.#db.prepare("UPDATE groups SET state = 'closed', closed_at = ?, closed_by = ? WHERE id = ?").run(now, why, groupId);
    this.#db.prepare("UPDATE inference_requests SET state = 'submitted', secrets = ?, error = ?, updated_at = ? WHERE id = ?").run(secrets ?? null, missing ?? null, now, id);
  }

  failing(id: string, error: string, now: number): void {
    this.#db.prepare("UPDATE inference_requests SET state = 'failing', secrets = NULL, error = ?, updated_at = ? WHERE id = ?").run(error, now, id);
  }

  /** Its job is cancelled: nothing of it is left but what its sender may ask for. Returns its files. */
  failed(id: string, now: number): string[] {
    return this.#db.transaction(() => {
      const files = this.#removeGroup(id);
      this.#db.prepare("UPDATE inference_requests SET state = 'failed', updated_at = ? WHERE id = ?").run(now, id);
      return files;
    });
  }

  dropping(id: string, now: number): void {
    this.#db.prepare("UPDATE inference_requests SET state = 'dropping', secrets = NULL, updated_at = ? WHERE id = ?").run(now, id);
  }

  /** Forgets a request that never had a job. */
  drop(id: string): void {
    this.#db.transaction(() => {
      this.#removeGroup(id);
      this.#db.prepare('DELETE FROM inference_requests WHERE id = ?').run(id);
    });
  }

  #removeGroup(id: string): string[] {
    const group = this.#db.prepare('SELECT group_id FROM inference_requests WHERE id = ?').get<{ group_id: number | null }>(id)?.group_id ?? null;
    const files = this.#db.prepare('SELECT file FROM instances WHERE group_id = ?').all<{ file: string }>(group).map(({ file }) => file);
    this.#db.prepare('DELETE FROM groups WHERE id = ?').run(group);
    return files;
  }

  counts(): Record<RequestState, number> {
    const rows = this.#db.prepare('SELECT state, count(*) AS n FROM inference_requests GROUP BY state').all<{ state: RequestState; n: number }>();
    return { creating: 0, retrieving: 0, submitted: 0, failing: 0, failed: 0, dropping: 0, ...Object.fromEntries(rows.map(({ state, n }) => [state, n])) };
  }

  /** Forgets what failed before a time, and requests whose submissions have been forgotten. */
  forget(before: number): number {
    return this.#db.prepare("DELETE FROM inference_requests WHERE (state = 'failed' AND updated_at < ?) OR (state = 'submitted' AND NOT EXISTS (SELECT 1 FROM submissions WHERE submissions.id = inference_requests.id))").run(before).changes;
  }
}

interface Row {
  readonly id: string;
  readonly transaction_id: string;
  readonly digest: string;
  readonly state: RequestState;
  readonly creating: number;
  readonly request: string;
  readonly secrets: Uint8Array | null;
  readonly job_name: string;
  readonly job_id: string | null;
  readonly payload_id: string | null;
  readonly group_id: number | null;
  readonly tries: number;
  readonly error: string | null;
}

function toRequest(row: Row | undefined): StoredRequest | undefined {
  return row && {
    id: row.id, transactionId: row.transaction_id, digest: row.digest, state: row.state, creating: row.creating !== 0, request: JSON.parse(row.request) as InferenceRequest,
    secrets: row.secrets ?? undefined, jobName: row.job_name, jobId: row.job_id ?? undefined, payloadId: row.payload_id ?? undefined, groupId: row.group_id ?? undefined, tries: row.tries, error: row.error ?? undefined,
  };
}
