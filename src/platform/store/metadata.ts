import { ClaraError } from '../../core/errors.ts';
import { faultOfAdding, type Metadata } from '../../core/metadata.ts';
import { foldName } from '../../core/names.ts';
import { WireCode } from '../../api/wire-codes.ts';
import { type Database } from '../../system/database/sqlite.ts';

export type MetadataOwner = 'job' | 'payload' | 'pipeline' | 'model';

/** The metadata of jobs, payloads, pipelines and models. Rules: core/metadata.ts. */
export class MetadataStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  get(owner: MetadataOwner, id: string): Metadata {
    const rows = this.#db
      .prepare('SELECT key, value FROM metadata WHERE owner = ? AND owner_id = ? ORDER BY folded')
      .all<{ key: string; value: string }>(owner, id);
    return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  }

  /** Adds all pairs or, with a ClaraError, none; returns the complete set. */
  add(owner: MetadataOwner, id: string, added: Metadata): Metadata {
    return this.#db.transaction(() => {
      checkAdding(this.get(owner, id), added);
      const insert = this.#db.prepare('INSERT INTO metadata (owner, owner_id, folded, key, value) VALUES (?, ?, ?, ?, ?)');
      for (const [key, value] of Object.entries(added)) insert.run(owner, id, foldName(key), key, value);
      return this.get(owner, id);
    });
  }

  /** Removes keys in any spelling of case; a key that is not there is as good as removed. Returns what is left. */
  remove(owner: MetadataOwner, id: string, keys: readonly string[]): Metadata {
    return this.#db.transaction(() => {
      const remove = this.#db.prepare('DELETE FROM metadata WHERE owner = ? AND owner_id = ? AND folded = ?');
      for (const key of keys) remove.run(owner, id, foldName(key));
      return this.get(owner, id);
    });
  }

  /** Replaces the whole set. */
  set(owner: MetadataOwner, id: string, metadata: Metadata): void {
    this.#db.transaction(() => {
      this.clear(owner, id);
      this.add(owner, id, metadata);
    });
  }

  clear(owner: MetadataOwner, id: string): void {
    this.#db.prepare('DELETE FROM metadata WHERE owner = ? AND owner_id = ?').run(owner, id);
  }
}

/** Throws what forbids adding these pairs to that set. */
export function checkAdding(existing: Metadata, added: Metadata): void {
  const fault = faultOfAdding(existing, added);
  if (fault === undefined) return;
  const wireCode = {
    'too-large': WireCode.metadataTooLarge,
    duplicate: WireCode.metadataDuplicate,
    'empty-key': WireCode.metadataNotAllowed,
  }[fault.kind];
  throw new ClaraError('usage', fault.message, { wireCode });
}
