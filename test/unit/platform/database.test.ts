import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPlatformDatabase } from '../../../src/platform/store/database.ts';
import { migrations } from '../../../src/platform/store/schema.ts';
import { openDatabase } from '../../../src/system/database/sqlite.ts';
import { tempDir } from '../../helpers/run.ts';

test('a new database is durable, and opening it again changes nothing', () => {
  const path = join(tempDir(), 'platform.db');
  for (let i = 0; i < 2; i += 1) {
    const db = openPlatformDatabase(path);
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(db.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    expect(db.prepare('PRAGMA foreign_keys').get()).toEqual({ foreign_keys: 1 });
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: migrations.length });
    db.close();
  }
});

test('a database of a newer release is refused', () => {
  const path = join(tempDir(), 'platform.db');
  const newer = openDatabase(path);
  newer.exec('PRAGMA user_version = 4000');
  newer.close();
  expect(() => openPlatformDatabase(path)).toThrow(/newer release/);
});
