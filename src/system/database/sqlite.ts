import { createRequire } from 'node:module';
import { ClaraError } from '../../core/errors.ts';

export type SqlValue = string | number | null | Uint8Array;

/** A prepared statement; parameters are positional. */
export interface Statement {
  run(...parameters: SqlValue[]): { changes: number };
  get<Row>(...parameters: SqlValue[]): Row | undefined;
  all<Row>(...parameters: SqlValue[]): Row[];
}

/** A SQLite database, synchronous. Which library is behind it is this file's secret. */
export interface Database {
  exec(sql: string): void;
  /** Prepared once per text and kept. */
  prepare(sql: string): Statement;
  /** Runs the function in one transaction (`BEGIN IMMEDIATE`); an exception rolls back. Nested calls join the outer one. */
  transaction<Result>(work: () => Result): Result;
  close(): void;
}

interface Driver {
  exec(sql: string): unknown;
  prepare(sql: string): { run(...p: SqlValue[]): { changes: number | bigint }; get(...p: SqlValue[]): unknown; all(...p: SqlValue[]): unknown[] };
  close(): void;
}

/** Opens (and creates) a database; a path of `:memory:` is a temporary one. */
export function openDatabase(path: string): Database {
  return new Wrapped(openDriver(path));
}

/** Whether another connection has the database locked (SQLITE_BUSY), whichever library says so. */
export function isBusy(thrown: unknown): boolean {
  const { code, errcode } = (thrown ?? {}) as { code?: unknown; errcode?: unknown };
  return errcode === sqliteBusy || (typeof code === 'string' && code.startsWith('SQLITE_BUSY'));
}

/** Whether it was the database that failed (locked, disk full, broken file), not the program that used it. */
export function isDatabaseFailure(thrown: unknown): boolean {
  const { code, errcode } = (thrown ?? {}) as { code?: unknown; errcode?: unknown };
  return typeof errcode === 'number' || (typeof code === 'string' && code.startsWith('SQLITE_'));
}

/** Whether there was no room to write (SQLITE_FULL). */
export function isDatabaseFull(thrown: unknown): boolean {
  const { code, errcode } = (thrown ?? {}) as { code?: unknown; errcode?: unknown };
  return errcode === sqliteFull || code === 'SQLITE_FULL';
}

const sqliteBusy = 5;
const sqliteFull = 13;

class Wrapped implements Database {
  readonly #driver: Driver;
  readonly #statements = new Map<string, Statement>();
  #depth = 0;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  exec(sql: string): void {
    this.#driver.exec(sql);
  }

  prepare(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      const raw = this.#driver.prepare(sql);
      statement = {
        run: (...parameters) => ({ changes: Number(raw.run(...parameters).changes) }),
        get: <Row>(...parameters: SqlValue[]) => raw.get(...parameters) as Row | undefined,
        all: <Row>(...parameters: SqlValue[]) => raw.all(...parameters) as Row[],
      };
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  transaction<Result>(work: () => Result): Result {
    if (this.#depth > 0) return work();
    this.#driver.exec('BEGIN IMMEDIATE');
    this.#depth = 1;
    try {
      const result = work();
      this.#driver.exec('COMMIT');
      return result;
    } catch (thrown) {
      this.#rollBack();
      throw thrown;
    } finally {
      this.#depth = 0;
    }
  }

  #rollBack(): void {
    try {
      this.#driver.exec('ROLLBACK');
    } catch {
      // After some errors, a full disk for one, SQLite has done it by itself; the first error is the one that matters.
    }
  }

  close(): void {
    this.#statements.clear();
    this.#driver.close();
  }
}

function openDriver(path: string): Driver {
  const builtin = builtinSqlite();
  if (builtin !== undefined) return new builtin.DatabaseSync(path) as unknown as Driver;
  const require = createRequire(import.meta.url);
  try {
    const BetterSqlite = require('better-sqlite3') as new (path: string) => Driver;
    return new BetterSqlite(path);
  } catch (cause) {
    // The package works; it is the file that cannot be opened. Its callers know what to say about that.
    if (String((cause as { code?: unknown }).code).startsWith('SQLITE_') || cause instanceof TypeError) throw cause;
    throw new ClaraError('missing-program', `this Node.js (${process.version}) has no SQLite, and the package better-sqlite3 is not usable`, {
      cause,
      hint: 'use Node.js 22.13 or later, or install clara again with `--allow-scripts=better-sqlite3`, on a machine with make and g++',
    });
  }
}

/** Node.js has its own from 22.13 on; its "experimental" warning says nothing to our users. */
function builtinSqlite(): { DatabaseSync: new (path: string) => unknown } | undefined {
  const emitWarning = process.emitWarning;
  process.emitWarning = (() => undefined) as typeof process.emitWarning;
  try {
    return process.getBuiltinModule('node:sqlite' as 'node:fs') as unknown as { DatabaseSync: new (path: string) => unknown } | undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}
