import { inferenceTables } from './inference-schema.ts';

/**
 * The adapter's tables, as steps: a database at `user_version` n has had the first n steps. A step that has been released
 * is never edited. Times are milliseconds since 1970; `origin` is `file` or `api`.
 */
export const migrations: readonly string[] = [
  `
CREATE TABLE ae_titles (
  name          TEXT    PRIMARY KEY,
  ae_title      TEXT    NOT NULL UNIQUE,
  overwrite     INTEGER NOT NULL,
  -- JSON.
  ignored       TEXT    NOT NULL,
  processor     TEXT    NOT NULL,
  -- JSON.
  settings      TEXT    NOT NULL,
  exact_timeout INTEGER NOT NULL,
  origin        TEXT    NOT NULL
) STRICT;

CREATE TABLE sources (
  ae_title TEXT PRIMARY KEY,
  host_ip  TEXT NOT NULL,
  origin   TEXT NOT NULL
) STRICT;

CREATE TABLE destinations (
  name     TEXT    PRIMARY KEY,
  ae_title TEXT    NOT NULL,
  host_ip  TEXT    NOT NULL,
  port     INTEGER NOT NULL,
  origin   TEXT    NOT NULL
) STRICT;

-- Instances that become jobs together. state: open, closed (its submissions exist), done (they have ended well, its files are gone).
-- association: of this run of the adapter; set where the association is the group.
-- rules (JSON): what is done with it if its AE title is gone when it closes.
CREATE TABLE groups (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  ae_title  TEXT    NOT NULL,
  group_key TEXT    NOT NULL,
  rules     TEXT    NOT NULL,
  state     TEXT    NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  closed_by TEXT,
  done_at   INTEGER
) STRICT;
CREATE UNIQUE INDEX open_groups ON groups (ae_title, group_key) WHERE state = 'open';
CREATE INDEX groups_by_state ON groups (state, done_at);

-- The inbox. name: of the file in the payload. file: below the folder of instances; NULL once it is uploaded everywhere.
CREATE TABLE instances (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  group_id     INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  name         TEXT    NOT NULL,
  file         TEXT    NOT NULL UNIQUE,
  bytes        INTEGER NOT NULL,
  sop_class    TEXT    NOT NULL,
  sop_instance TEXT    NOT NULL,
  calling_ae   TEXT    NOT NULL,
  received_at  INTEGER NOT NULL,
  UNIQUE (group_id, name)
) STRICT;

-- One job to be. state: queued, created, uploaded, completed, faulted. creating: the platform may have been asked already.
-- priority: a word. tries: attempts at the current step that failed, unreachable ones not counted.
CREATE TABLE submissions (
  id             TEXT    PRIMARY KEY,
  group_id       INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  pipeline_name  TEXT    NOT NULL,
  pipeline_id    TEXT    NOT NULL,
  job_name       TEXT    NOT NULL,
  source         TEXT    NOT NULL,
  priority       TEXT    NOT NULL,
  retry_delay_ms INTEGER NOT NULL,
  state          TEXT    NOT NULL,
  creating       INTEGER NOT NULL DEFAULT 0,
  tries          INTEGER NOT NULL DEFAULT 0,
  error          TEXT,
  job_id         TEXT,
  payload_id     TEXT,
  updated_at     INTEGER NOT NULL,
  UNIQUE (group_id, pipeline_name)
) STRICT;
CREATE INDEX submissions_by_state ON submissions (state, updated_at);
`,
  `
-- Tasks of the Results Service that were taken. task: JSON, as it was handed out.
-- state: taken, then what is reported (succeeded, retry, failed); reported: the service knows.
CREATE TABLE exports (
  task_id    TEXT    PRIMARY KEY,
  agent      TEXT    NOT NULL,
  task       TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  reported   INTEGER NOT NULL DEFAULT 0,
  error      TEXT,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX exports_by_state ON exports (reported, state, updated_at);

-- What became of each file at each destination, in its last attempt. status: for people.
CREATE TABLE export_instances (
  task_id      TEXT    NOT NULL REFERENCES exports (task_id) ON DELETE CASCADE,
  destination  TEXT    NOT NULL,
  uri          TEXT    NOT NULL,
  sop_instance TEXT,
  delivered    INTEGER NOT NULL,
  status       TEXT    NOT NULL,
  PRIMARY KEY (task_id, destination, uri)
) STRICT, WITHOUT ROWID;
`,
  inferenceTables,
  `
-- What explains a job later. closed_rules (JSON): what was done with the group when it closed.
ALTER TABLE groups ADD COLUMN closed_rules TEXT;
-- calling_host: the sender's address. association: its number in its run of the adapter; 0 where it was not kept.
ALTER TABLE instances ADD COLUMN calling_host TEXT NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN association INTEGER NOT NULL DEFAULT 0;
CREATE INDEX submissions_by_job ON submissions (job_id);
`,
  `
-- Where results go by DICOMweb. auth: None, Basic, Bearer. secret: sealed. tls_ca: PEM, or empty. No name is among the destinations, too.
CREATE TABLE web_destinations (
  name   TEXT PRIMARY KEY,
  url    TEXT NOT NULL,
  auth   TEXT NOT NULL,
  secret BLOB,
  tls_ca TEXT NOT NULL
) STRICT;
`,
  `
-- The inbox again, in one tree: every row costs its sender the time of the pages that are written for it.
CREATE TABLE inbox (
  group_id     INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  name         TEXT    NOT NULL,
  file         TEXT    NOT NULL,
  bytes        INTEGER NOT NULL,
  sop_class    TEXT    NOT NULL,
  sop_instance TEXT    NOT NULL,
  calling_ae   TEXT    NOT NULL,
  received_at  INTEGER NOT NULL,
  calling_host TEXT    NOT NULL DEFAULT '',
  association  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (group_id, name)
) STRICT, WITHOUT ROWID;
INSERT INTO inbox SELECT group_id, name, file, bytes, sop_class, sop_instance, calling_ae, received_at, calling_host, association FROM instances ORDER BY group_id, name;
DROP TABLE instances;
ALTER TABLE inbox RENAME TO instances;
`,
];
