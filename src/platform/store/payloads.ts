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

const pageSize = 256;

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
    return row === undefined ? undefined : toPayload(row);
  }

  /** All payloads, newest first, in pages: calls may come between them. */
  *list(): Generator<PayloadRecord> {
    const page = this.#db.prepare(`SELECT seq, id, type, job_id, created_at FROM payloads WHERE seq < ? ORDER BY seq DESC LIMIT ${pageSize}`);
    let before = Number.MAX_SAFE_INTEGER;
    for (;;) {
      const rows = page.all<Row & { readonly seq: number }>(before);
      for (const row of rows) yield toPayload(row);
      if (rows.length < pageSize) return;
      before = rows.at(-1)!.seq;
    }
  }

  delete(id: string): void {
    this.#db.prepare('DELETE FROM payloads WHERE id = ?').run(id);
  }
}

function toPayload(row: Row): PayloadRecord {
  const type = row.type === PayloadType.PAYLOAD_TYPE_PIPELINE ? PayloadType.PAYLOAD_TYPE_PIPELINE : PayloadType.PAYLOAD_TYPE_REUSABLE;
  return { id: row.id, type, jobId: row.job_id ?? undefined, createdAt: row.created_at };
}
