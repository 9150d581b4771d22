import { openMigratedDatabase } from '../../system/database/migrated.ts';
import { type Database } from '../../system/database/sqlite.ts';
import { migrations } from './schema.ts';

/** Opens the platform's database and brings its tables up to date. */
export function openPlatformDatabase(path: string): Database {
  return openMigratedDatabase(path, migrations);
}
