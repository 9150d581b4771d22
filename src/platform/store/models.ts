import { type ModelType } from '../../api/generated/nvidia/clara/platform/models.ts';
import { type Database } from '../../system/database/sqlite.ts';

/** A model as stored: one archive below models/, under a name that changes with every upload. */
export interface ModelRecord {
  readonly id: string;
  readonly name: string;
  readonly type: ModelType;
  readonly file: string;
  /** Bytes. */
  readonly size: number;
}

/** A set of models: a catalog, or an instance of the inference server. */
export type ModelSetKind = 'catalog' | 'instance';

const pageSize = 200;
const columns = 'models.id, models.name, models.type, models.file, models.size';

export class ModelStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  get(id: string): ModelRecord | undefined {
    return this.#db.prepare(`SELECT ${columns} FROM models WHERE id = ?`).get<ModelRecord>(id);
  }

  named(name: string): ModelRecord | undefined {
    return this.#db.prepare(`SELECT ${columns} FROM models WHERE name = ?`).get<ModelRecord>(name);
  }

  /** Adds a model, or replaces the one of this id. */
  put(model: ModelRecord, at: number): void {
    this.#db.prepare(`INSERT INTO models (id, name, type, file, size, created_at) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET name = excluded.name, type = excluded.type, file = excluded.file, size = excluded.size`)
      .run(model.id, model.name, model.type, model.file, model.size, at);
  }

  /** Also takes it out of every catalog and instance. */
  delete(id: string): void {
    this.#db.prepare('DELETE FROM models WHERE id = ?').run(id);
  }

  /** In the order of creation; reads page by page. */
  *list(): Generator<ModelRecord> {
    const page = this.#db.prepare(`SELECT models.seq, ${columns} FROM models WHERE seq > ? ORDER BY seq LIMIT ?`);
    let last = 0;
    for (;;) {
      const rows = page.all<ModelRecord & { seq: number }>(last, pageSize);
      yield* rows;
      if (rows.length < pageSize) return;
      last = rows.at(-1)!.seq;
    }
  }

  /** Whether an archive belongs to a model. */
  hasFile(file: string): boolean {
    return this.#db.prepare('SELECT 1 AS found FROM models WHERE file = ?').get(file) !== undefined;
  }

  createSet(kind: ModelSetKind, id: string, at: number): void {
    this.#db.prepare('INSERT INTO model_sets (id, kind, created_at) VALUES (?, ?, ?)').run(id, kind, at);
  }

  hasSet(kind: ModelSetKind, id: string): boolean {
    return this.#db.prepare('SELECT 1 AS found FROM model_sets WHERE id = ? AND kind = ?').get(id, kind) !== undefined;
  }

  deleteSet(id: string): void {
    this.#db.prepare('DELETE FROM model_sets WHERE id = ?').run(id);
  }

  /** Identifiers in the order of creation. */
  *listSets(kind: ModelSetKind): Generator<string> {
    const page = this.#db.prepare('SELECT seq, id FROM model_sets WHERE kind = ? AND seq > ? ORDER BY seq LIMIT ?');
    let last = 0;
    for (;;) {
      const rows = page.all<{ seq: number; id: string }>(kind, last, pageSize);
      for (const { id } of rows) yield id;
      if (rows.length < pageSize) return;
      last = rows.at(-1)!.seq;
    }
  }

  /** The models of a set in its own order; reads page by page. */
  *members(setId: string): Generator<ModelRecord> {
    const page = this.#db.prepare(`SELECT position, ${columns} FROM model_set_members JOIN models ON models.id = model_id
      WHERE set_id = ? AND position > ? ORDER BY position LIMIT ?`);
    let last = -1;
    for (;;) {
      const rows = page.all<ModelRecord & { position: number }>(setId, last, pageSize);
      yield* rows;
      if (rows.length < pageSize) return;
      last = rows.at(-1)!.position;
    }
  }

  /** Replaces the whole list; call inside a transaction. */
  setMembers(setId: string, modelIds: Iterable<string>): void {
    this.#db.prepare('DELETE FROM model_set_members WHERE set_id = ?').run(setId);
    const insert = this.#db.prepare('INSERT INTO model_set_members (set_id, position, model_id) VALUES (?, ?, ?)');
    let position = 0;
    for (const modelId of modelIds) insert.run(setId, position++, modelId);
  }
}
