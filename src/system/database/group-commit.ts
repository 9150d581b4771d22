import { type Database } from './sqlite.ts';

interface Waiting {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (thrown: unknown) => void;
}

/**
 * Runs pieces of work that arrive together in one transaction, one after the other, and answers each when all of it is
 * on the disk: a disk syncs a few hundred times a second, and that many requests would otherwise be all.
 */
export class GroupCommit {
  readonly #db: Database;
  #waiting: Waiting[] = [];

  constructor(db: Database) {
    this.#db = db;
  }

  /** Settled when what the work wrote has been committed; what it throws is undone and passed on. */
  run<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (result: unknown) => void, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#commit());
    });
  }

  #commit(): void {
    const group = this.#waiting;
    this.#waiting = [];
    try {
      const results = this.#db.transaction(() => group.map(({ work }) => work()));
      group.forEach(({ resolve }, index) => resolve(results[index]));
    } catch {
      // One of them failed, and nothing was written: each by itself, so that it fails alone.
      for (const { work, resolve, reject } of group) {
        try {
          resolve(this.#db.transaction(work));
        } catch (thrown) {
          reject(thrown);
        }
      }
    }
  }
}
