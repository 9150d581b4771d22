import { isDatabaseFailure, type Database } from '../../system/database/sqlite.ts';

/** Milliseconds until what could not be saved is tried again. */
const retryMs = 500;

/**
 * Saves what has happened, all of one turn in one transaction, and only then lets it have effects. Where the disk is
 * full or the database busy, nothing is forgotten: it is saved later, and its effects wait.
 */
export class Ledger {
  readonly #db: Database;
  readonly #onTrouble: (thrown: unknown) => void;
  #writes: (() => void)[] = [];
  #effects: (() => void)[] = [];
  #retry: NodeJS.Timeout | undefined;

  constructor(db: Database, onTrouble: (thrown: unknown) => void) {
    this.#db = db;
    this.#onTrouble = onTrouble;
  }

  /** Something to save with the next commit, and what it causes. */
  add(write: () => void, effect?: () => void): void {
    this.#writes.push(write);
    if (effect !== undefined) this.#effects.push(effect);
  }

  /** Saves all that was added; tells whether nothing is left. Throws what is no failure of the database: trying again would not help. */
  commit(): boolean {
    if (this.#writes.length === 0) return true;
    const writes = this.#writes;
    try {
      this.#db.transaction(() => writes.forEach((write) => write()));
    } catch (thrown) {
      if (!isDatabaseFailure(thrown)) throw thrown;
      this.#onTrouble(thrown);
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined;
        this.commit();
      }, retryMs);
      return false;
    }
    this.#writes = [];
    const effects = this.#effects;
    this.#effects = [];
    effects.forEach((effect) => effect());
    return true;
  }

  /** Stops trying; what is not saved will be found again by the next platform. */
  close(): void {
    clearTimeout(this.#retry);
    this.#writes = [];
    this.#effects = [];
  }
}
