import { type DefinitionFile } from '../../pipeline/model.ts';
import { type Database } from '../../system/database/sqlite.ts';

/** A pipeline as listed: its current revision. */
export interface PipelineRecord {
  readonly id: string;
  /** From the definition; not unique. */
  readonly name: string;
  readonly revision: number;
}

/** One operator and those whose outputs it waits for. */
export interface GraphNode {
  readonly name: string;
  readonly after: readonly string[];
}

/** A definition that has been loaded without errors. */
export interface NewRevision {
  readonly name: string;
  readonly files: readonly DefinitionFile[];
  /** In the order of the definition. */
  readonly graph: readonly GraphNode[];
}

const pageSize = 200;

/**
 * Pipelines and the revisions of their definitions. A revision is kept as long as it is the current one or a job was
 * created from it; numbers are not used twice for one id as long as there are jobs of it, not even after the pipeline was removed.
 */
export class PipelineStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Call inside a transaction together with what else belongs to the new pipeline. */
  create(id: string, revision: NewRevision, at: number): void {
    const number = this.#addRevision(id, revision, at);
    this.#db
      .prepare('INSERT INTO pipelines (id, name, revision, created_at, updated_at) VALUES (?, ?, ?, ?, ?)')
      .run(id, revision.name, number, at, at);
  }

  get(id: string): PipelineRecord | undefined {
    return this.#db.prepare('SELECT id, name, revision FROM pipelines WHERE id = ?').get<PipelineRecord>(id);
  }

  /** In the order of creation; reads page by page. */
  *list(): Generator<PipelineRecord> {
    const page = this.#db.prepare('SELECT seq, id, name, revision FROM pipelines WHERE seq > ? ORDER BY seq LIMIT ?');
    let last = 0;
    for (;;) {
      const rows = page.all<PipelineRecord & { seq: number }>(last, pageSize);
      yield* rows;
      if (rows.length < pageSize) return;
      last = rows.at(-1)!.seq;
    }
  }

  /** Makes a new definition the current one; jobs that were created before keep theirs. */
  update(id: string, revision: NewRevision, at: number): void {
    this.#db.transaction(() => {
      const number = this.#addRevision(id, revision, at);
      this.#db.prepare('UPDATE pipelines SET name = ?, revision = ?, updated_at = ? WHERE id = ?').run(revision.name, number, at, id);
      this.forgetUnused(id);
    });
  }

  /** Removes a pipeline; the revisions of its jobs stay. */
  remove(id: string): void {
    this.#db.transaction(() => {
      this.#db.prepare('DELETE FROM pipelines WHERE id = ?').run(id);
      this.forgetUnused(id);
    });
  }

  /** The files of a revision in the order in which they were submitted; undefined where it is not known. */
  files(id: string, revision: number): readonly DefinitionFile[] | undefined {
    const files = this.#db
      .prepare('SELECT path, content FROM pipeline_files WHERE pipeline_id = ? AND revision = ? ORDER BY position')
      .all<DefinitionFile>(id, revision);
    return files.length === 0 ? undefined : files;
  }

  graph(id: string, revision: number): readonly GraphNode[] {
    const row = this.#db
      .prepare('SELECT graph FROM pipeline_revisions WHERE pipeline_id = ? AND revision = ?')
      .get<{ graph: string }>(id, revision);
    return row === undefined ? [] : (JSON.parse(row.graph) as GraphNode[]);
  }

  /** Drops the revisions of a pipeline that are neither current nor any job's. */
  forgetUnused(id: string): void {
    this.#db
      .prepare(`DELETE FROM pipeline_revisions WHERE pipeline_id = ?
        AND revision NOT IN (SELECT revision FROM pipelines WHERE id = pipeline_id)
        AND revision NOT IN (SELECT pipeline_revision FROM jobs WHERE jobs.pipeline_id = pipeline_revisions.pipeline_id)`)
      .run(id);
  }

  #addRevision(id: string, revision: NewRevision, at: number): number {
    const highest = this.#db
      .prepare('SELECT max(revision) AS revision FROM (SELECT revision FROM pipeline_revisions WHERE pipeline_id = ? UNION ALL SELECT pipeline_revision FROM jobs WHERE pipeline_id = ?)')
      .get<{ revision: number | null }>(id, id)!.revision;
    const number = (highest ?? 0) + 1;
    this.#db
      .prepare('INSERT INTO pipeline_revisions (pipeline_id, revision, name, graph, created_at) VALUES (?, ?, ?, ?, ?)')
      .run(id, number, revision.name, JSON.stringify(revision.graph), at);
    const insert = this.#db.prepare('INSERT INTO pipeline_files (pipeline_id, revision, position, path, content) VALUES (?, ?, ?, ?, ?)');
    for (const [position, file] of revision.files.entries()) insert.run(id, number, position, file.path, file.content);
    return number;
  }
}
