import { ClaraError } from '../../core/errors.ts';
import { type ClaraAeTitle, type Destination, type Source } from '../entities/entities.ts';
import { type Database } from '../../system/database/sqlite.ts';

/** Where an entry comes from: those of a file go when the file no longer has them. */
export type Origin = 'file' | 'api';

/** AE titles, sources and destinations. Look-ups are case-sensitive (dicom-adapter 5.4). */
export class EntityStore {
  readonly #db: Database;
  /** Those that were asked for, by their titles: every instance asks. Nobody else changes the table while this process has it. */
  readonly #called = new Map<string, ClaraAeTitle>();

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Takes over what the settings file says: its entries are made or changed, entries that an earlier file had are removed,
   * and what was made by command stays unless the file has an entry of that name.
   */
  seed(entities: { readonly aeTitles: readonly ClaraAeTitle[]; readonly sources: readonly Source[]; readonly destinations: readonly Destination[] }): void {
    this.#called.clear();
    this.#db.transaction(() => {
      for (const table of ['ae_titles', 'sources', 'destinations']) this.#db.prepare(`DELETE FROM ${table} WHERE origin = 'file'`).run();
      for (const entity of entities.aeTitles) {
        this.#db.prepare('DELETE FROM ae_titles WHERE name = ? OR ae_title = ?').run(entity.name, entity.aeTitle);
        this.#insertAeTitle(entity, 'file');
      }
      for (const entity of entities.sources) {
        this.deleteSource(entity.aeTitle);
        this.#insertSource(entity, 'file');
      }
      for (const entity of entities.destinations) {
        this.deleteDestination(entity.name);
        this.#db.prepare('DELETE FROM web_destinations WHERE name = ?').run(entity.name);
        this.#insertDestination(entity, 'file');
      }
    });
  }

  aeTitles(): ClaraAeTitle[] {
    return this.#db.prepare('SELECT * FROM ae_titles ORDER BY name').all<AeTitleRow>().map(toAeTitle);
  }

  /** By its name, or else by its AE title (dicom-adapter 16, 7). */
  aeTitle(name: string): ClaraAeTitle | undefined {
    const row = this.#db.prepare('SELECT * FROM ae_titles WHERE name = ? OR ae_title = ? ORDER BY name <> ? LIMIT 1').get<AeTitleRow>(name, name, name);
    return row === undefined ? undefined : toAeTitle(row);
  }

  /** The one that senders call by this title; the same object until AE titles change. */
  called(aeTitle: string): ClaraAeTitle | undefined {
    const known = this.#called.get(aeTitle);
    if (known !== undefined) return known;
    const row = this.#db.prepare('SELECT * FROM ae_titles WHERE ae_title = ?').get<AeTitleRow>(aeTitle);
    if (row === undefined) return undefined;
    const entity = toAeTitle(row);
    this.#called.set(aeTitle, entity);
    return entity;
  }

  /** Throws a `usage` error where the title or the name is taken. */
  addAeTitle(entity: ClaraAeTitle): void {
    this.#db.transaction(() => {
      if (this.called(entity.aeTitle) !== undefined || this.aeTitle(entity.name)?.name === entity.name) throw new ClaraError('usage', `Clara AE Title ${entity.aeTitle} already exists.`);
      this.#insertAeTitle(entity, 'api');
    });
  }

  deleteAeTitle(name: string): boolean {
    this.#called.clear();
    return this.#db.prepare('DELETE FROM ae_titles WHERE name = ?').run(name).changes > 0;
  }

  sources(): Source[] {
    return this.#db.prepare('SELECT * FROM sources ORDER BY ae_title').all<SourceRow>().map(toSource);
  }

  source(aeTitle: string): Source | undefined {
    const row = this.#db.prepare('SELECT * FROM sources WHERE ae_title = ?').get<SourceRow>(aeTitle);
    return row === undefined ? undefined : toSource(row);
  }

  addSource(entity: Source): void {
    this.#db.transaction(() => {
      if (this.source(entity.aeTitle) !== undefined) throw new ClaraError('usage', `Source with AE Title ${entity.aeTitle} already exists.`);
      this.#insertSource(entity, 'api');
    });
  }

  deleteSource(aeTitle: string): boolean {
    return this.#db.prepare('DELETE FROM sources WHERE ae_title = ?').run(aeTitle).changes > 0;
  }

  destinations(): Destination[] {
    return this.#db.prepare('SELECT * FROM destinations ORDER BY name').all<DestinationRow>().map(toDestination);
  }

  destination(name: string): Destination | undefined {
    const row = this.#db.prepare('SELECT * FROM destinations WHERE name = ?').get<DestinationRow>(name);
    return row === undefined ? undefined : toDestination(row);
  }

  addDestination(entity: Destination): void {
    this.#db.transaction(() => {
      const taken = this.destination(entity.name) !== undefined || this.#db.prepare('SELECT 1 FROM web_destinations WHERE name = ?').get(entity.name) !== undefined;
      if (taken) throw new ClaraError('usage', `Destination with name ${entity.name} already exists.`);
      this.#insertDestination(entity, 'api');
    });
  }

  deleteDestination(name: string): boolean {
    return this.#db.prepare('DELETE FROM destinations WHERE name = ?').run(name).changes > 0;
  }

  #insertAeTitle(entity: ClaraAeTitle, origin: Origin): void {
    this.#db.prepare('INSERT INTO ae_titles (name, ae_title, overwrite, ignored, processor, settings, exact_timeout, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
      entity.name, entity.aeTitle, Number(entity.overwriteSameInstance), JSON.stringify(entity.ignoredSopClasses), entity.processor, JSON.stringify(entity.processorSettings), Number(entity.exactTimeout), origin,
    );
  }

  #insertSource({ aeTitle, hostIp }: Source, origin: Origin): void {
    this.#db.prepare('INSERT INTO sources (ae_title, host_ip, origin) VALUES (?, ?, ?)').run(aeTitle, hostIp, origin);
  }

  #insertDestination({ name, aeTitle, hostIp, port }: Destination, origin: Origin): void {
    this.#db.prepare('INSERT INTO destinations (name, ae_title, host_ip, port, origin) VALUES (?, ?, ?, ?, ?)').run(name, aeTitle, hostIp, port, origin);
  }
}

interface AeTitleRow {
  readonly name: string;
  readonly ae_title: string;
  readonly overwrite: number;
  readonly ignored: string;
  readonly processor: string;
  readonly settings: string;
  readonly exact_timeout: number;
}

interface SourceRow {
  readonly ae_title: string;
  readonly host_ip: string;
}

interface DestinationRow extends SourceRow {
  readonly name: string;
  readonly port: number;
}

function toAeTitle(row: AeTitleRow): ClaraAeTitle {
  return {
    name: row.name, aeTitle: row.ae_title, overwriteSameInstance: row.overwrite !== 0, ignoredSopClasses: JSON.parse(row.ignored) as string[],
    processor: row.processor, processorSettings: JSON.parse(row.settings) as Record<string, string>, exactTimeout: row.exact_timeout !== 0,
  };
}

function toSource(row: SourceRow): Source {
  return { aeTitle: row.ae_title, hostIp: row.host_ip };
}

function toDestination(row: DestinationRow): Destination {
  return { name: row.name, aeTitle: row.ae_title, hostIp: row.host_ip, port: row.port };
}
