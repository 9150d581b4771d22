import { PayloadType } from '../../api/generated/nvidia/clara/platform/payloads.ts';
import { type Database } from '../../system/database/sqlite.ts';

/** A payload as stored; its files are in payload-files.ts. */
export interface PayloadRecord {
  readonly id: string;
  readonly type: PayloadType;
  /** The owner of a pipeline payload; undefined for a reusable one. */
  readonly jobId: string | undefined;
  readonly createdAt: number;
}

interface Row {
  readonly id: string;
  readonly type: number;
  readonly job_id: string | null;
  readonly created_at: number;
}

export class PayloadStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  create(payload: PayloadRecord): void {
    this.#db
      .prepare('INSERT INTO payloads (id, type, job_id, created_at) VALUES (?, ?, ?, ?)')
      .run(payload.id, payload.type, payload.jobId ?? null, payload.createdAt);
  }

  get(id: string): PayloadRecord | undefined {
    const row = this.#db.prepare('SELECT id, type, job_id, created_at FROM payloads WHERE id = ?').get<Row>(id);
    if (row === undefined) return undefined;
    const type = row.type === PayloadType.PAYLOAD_TYPE_PIPELINE ? PayloadType.PAYLOAD_TYPE_PIPELINE : PayloadType.PAYLOAD_TYPE_REUSABLE;
    return { id: row.id, type, jobId: row.job_id ?? undefined, createdAt: row.created_at };
  }

  delete(id: string): void {
    this.#db.prepare('DELETE FROM payloads WHERE id = ?').run(id);
  }
}
