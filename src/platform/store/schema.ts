/**
 * The platform's tables, as steps: a database at `user_version` n has had the first n steps. A step that has been
 * released is never edited; a change is a new step at the end. Times are milliseconds since 1970, `seq` columns give
 * the order of creation and carry the keyset pages of the List calls.
 */
export const migrations: readonly string[] = [
  `
CREATE TABLE pipelines (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT    NOT NULL UNIQUE,
  name       TEXT    NOT NULL,
  revision   INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- No foreign key to pipelines: a revision that a job was created from outlives its pipeline.
CREATE TABLE pipeline_revisions (
  pipeline_id TEXT    NOT NULL,
  revision    INTEGER NOT NULL,
  name        TEXT    NOT NULL,
  -- JSON: [{"name": …, "after": [names]}…], the operators in the order of the definition.
  graph       TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (pipeline_id, revision)
) STRICT;

CREATE TABLE pipeline_files (
  pipeline_id TEXT    NOT NULL,
  revision    INTEGER NOT NULL,
  position    INTEGER NOT NULL,
  path        TEXT    NOT NULL,
  content     TEXT    NOT NULL,
  PRIMARY KEY (pipeline_id, revision, position),
  FOREIGN KEY (pipeline_id, revision) REFERENCES pipeline_revisions (pipeline_id, revision) ON DELETE CASCADE
) STRICT;

-- type: PayloadType of the protocol. A pipeline payload belongs to one job.
CREATE TABLE payloads (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT    NOT NULL UNIQUE,
  type       INTEGER NOT NULL,
  job_id     TEXT,
  created_at INTEGER NOT NULL
) STRICT;

-- state, status, priority: numbers of the protocol. messages: JSON array of text.
-- variables (JSON), limit_ms: set when the job is queued. stopping: JobStatus that a running job is being brought to.
-- paused_at: set while the job waits, started, for the next platform; that time does not count against its limit.
CREATE TABLE jobs (
  seq               INTEGER PRIMARY KEY AUTOINCREMENT,
  id                TEXT    NOT NULL UNIQUE,
  name              TEXT    NOT NULL,
  pipeline_id       TEXT    NOT NULL,
  pipeline_revision INTEGER NOT NULL,
  payload_id        TEXT    NOT NULL,
  state             INTEGER NOT NULL,
  status            INTEGER NOT NULL,
  priority          INTEGER NOT NULL,
  created_at        INTEGER NOT NULL,
  queued_at         INTEGER,
  started_at        INTEGER,
  stopped_at        INTEGER,
  messages          TEXT    NOT NULL DEFAULT '[]',
  variables         TEXT,
  limit_ms          INTEGER,
  stopping          INTEGER,
  paused_at         INTEGER
) STRICT;
CREATE INDEX jobs_by_state    ON jobs (state, status, seq);
CREATE INDEX jobs_by_pipeline ON jobs (pipeline_id, pipeline_revision, seq);
CREATE INDEX jobs_by_payload  ON jobs (payload_id);

-- position: order of the definition. status: JobOperatorStatus of the protocol.
-- backend, gpus (JSON array of device numbers): who runs it and on what, written before it is started.
-- leftovers: 1 while something of its run may lie about: unpublished outputs, a container.
CREATE TABLE operators (
  job_id     TEXT    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  position   INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  status     INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  stopped_at INTEGER,
  exit_code  INTEGER,
  backend    TEXT,
  gpus       TEXT,
  leftovers  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (job_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX operators_leftovers ON operators (job_id) WHERE leftovers = 1;

CREATE TABLE models (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT    NOT NULL UNIQUE,
  name       TEXT    NOT NULL UNIQUE,
  type       INTEGER NOT NULL,
  -- Name of the archive below models/; changes with every upload, so that readers of the old one are left in peace.
  file       TEXT    NOT NULL,
  size       INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- kind: 'catalog' or 'instance'.
CREATE TABLE model_sets (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT    NOT NULL UNIQUE,
  kind       TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE model_set_members (
  set_id   TEXT    NOT NULL REFERENCES model_sets (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  model_id TEXT    NOT NULL REFERENCES models (id) ON DELETE CASCADE,
  PRIMARY KEY (set_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX model_set_members_by_model ON model_set_members (model_id);

-- owner: 'job', 'payload', 'pipeline' or 'model'. folded: the key as it is compared, without case.
CREATE TABLE metadata (
  owner    TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  folded   TEXT NOT NULL,
  key      TEXT NOT NULL,
  value    TEXT NOT NULL,
  PRIMARY KEY (owner, owner_id, folded)
) STRICT, WITHOUT ROWID;
`,
  `
-- Tasks of the Results Service. parameters: as registered. uris: JSON array of text. state: taskStates of core/results.ts.
-- turn: tasks of an agent are handed out in this order; one that is put back goes to the end.
-- updated_at: when its state last changed; of one in progress, when it was handed out.
-- request_key: what tells that a registration was sent twice.
CREATE TABLE result_tasks (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  id          TEXT    NOT NULL UNIQUE,
  agent       TEXT    NOT NULL COLLATE NOCASE,
  pipeline_id TEXT    NOT NULL,
  job_id      TEXT    NOT NULL,
  payload_id  TEXT    NOT NULL,
  parameters  TEXT,
  uris        TEXT    NOT NULL,
  state       INTEGER NOT NULL,
  retries     INTEGER NOT NULL DEFAULT 0,
  turn        INTEGER NOT NULL,
  request_key TEXT    UNIQUE,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX result_tasks_by_agent ON result_tasks (agent, state, turn);
CREATE INDEX result_tasks_by_job   ON result_tasks (job_id, state, updated_at);
`,
];
