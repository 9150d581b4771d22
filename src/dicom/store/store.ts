import { type Database } from '../../system/database/sqlite.ts';
import { GroupCommit } from '../../system/database/group-commit.ts';
import { openMigratedDatabase } from '../../system/database/migrated.ts';
import { EntityStore } from './entities.ts';
import { ExportStore } from './exports.ts';
import { HistoryStore } from './history.ts';
import { InboxStore } from './inbox.ts';
import { InferenceStore } from './inference.ts';
import { migrations } from './schema.ts';
import { SubmissionStore } from './submissions.ts';
import { WebDestinationStore } from './web-destinations.ts';

/** All that the adapter remembers. */
export interface AdapterStore {
  readonly db: Database;
  readonly entities: EntityStore;
  readonly webDestinations: WebDestinationStore;
  readonly inbox: InboxStore;
  readonly submissions: SubmissionStore;
  readonly exports: ExportStore;
  readonly inference: InferenceStore;
  readonly history: HistoryStore;
  /** For what many do at a time. */
  readonly commits: GroupCommit;
}

/** @param survivesPowerCut whether what is written waits for the disk; no crash of the adapter loses anything either way */
export function openAdapterStore(path: string, survivesPowerCut = true): AdapterStore {
  const db = openMigratedDatabase(path, migrations);
  // The disk is waited for only where the write-ahead log is worked in: then seldom, after 16 MB of it.
  if (!survivesPowerCut) db.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000');
  return { db, entities: new EntityStore(db), webDestinations: new WebDestinationStore(db), inbox: new InboxStore(db), submissions: new SubmissionStore(db), exports: new ExportStore(db), history: new HistoryStore(db), inference: new InferenceStore(db), commits: new GroupCommit(db) };
}
