import { ClaraError } from '../../core/errors.ts';
import { openDatabase, type Database } from './sqlite.ts';

/**
 * Opens a server's database and brings its tables up to date: `user_version` n says that the first n of the steps have been
 * done. What a transaction has committed survives a power cut (WAL with `synchronous=FULL`). Throws where a newer release
 * has written the file.
 */
export function openMigratedDatabase(path: string, migrations: readonly string[]): Database {
  const db = openDatabase(path);
  try {
    db.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    // In KiB. Better-sqlite3 would take 16 MB, by and by, of what the system keeps in its own cache anyway.
    db.exec('PRAGMA cache_size = -2000');
    migrate(db, path, migrations);
  } catch (thrown) {
    db.close();
    throw thrown;
  }
  return db;
}

function migrate(db: Database, path: string, migrations: readonly string[]): void {
  const version = db.prepare('PRAGMA user_version').get<{ user_version: number }>()!.user_version;
  if (version > migrations.length) {
    throw new ClaraError('failed', `${path} was written by a newer release (its tables are at step ${version}, this release knows ${migrations.length})`, {
      hint: 'use that release again, or another CLARA_HOME',
    });
  }
  for (const [index, step] of migrations.entries()) {
    if (index < version) continue;
    db.transaction(() => {
      db.exec(step);
      db.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}
