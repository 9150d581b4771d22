import { ClaraError } from '../../core/errors.ts';
import { type Database } from '../../system/database/sqlite.ts';
import { type AuthType, type WebDestination } from '../entities/web-destination.ts';

/** A destination with its credentials as they are kept: sealed. */
export interface SealedWebDestination extends WebDestination {
  readonly secret: Uint8Array | undefined;
}

/** Where results go by DICOMweb. */
export class WebDestinationStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  all(): SealedWebDestination[] {
    return this.#db.prepare('SELECT * FROM web_destinations ORDER BY name').all<Row>().map(toDestination);
  }

  get(name: string): SealedWebDestination | undefined {
    const row = this.#db.prepare('SELECT * FROM web_destinations WHERE name = ?').get<Row>(name);
    return row === undefined ? undefined : toDestination(row);
  }

  /** Throws a `usage` error where the name is taken, by a destination of either kind. */
  add({ name, url, authType, tlsCa, secret }: SealedWebDestination): void {
    this.#db.transaction(() => {
      const isTaken = this.get(name) !== undefined || this.#db.prepare('SELECT 1 FROM destinations WHERE name = ?').get(name) !== undefined;
      if (isTaken) throw new ClaraError('usage', `Destination with name ${name} already exists.`);
      this.#db.prepare('INSERT INTO web_destinations (name, url, auth, secret, tls_ca) VALUES (?, ?, ?, ?, ?)').run(name, url, authType, secret ?? null, tlsCa);
    });
  }

  delete(name: string): boolean {
    return this.#db.prepare('DELETE FROM web_destinations WHERE name = ?').run(name).changes > 0;
  }
}

interface Row {
  readonly name: string;
  readonly url: string;
  readonly auth: AuthType;
  readonly secret: Uint8Array | null;
  readonly tls_ca: string;
}

function toDestination({ name, url, auth, secret, tls_ca: tlsCa }: Row): SealedWebDestination {
  return { name, url, authType: auth, tlsCa, secret: secret ?? undefined };
}
