/** Tables of inference requests; a step of the adapter's migrations. */
export const inferenceTables = `
-- A request and its job. state: creating (the platform may have been asked for the job), retrieving, submitted (its files and
-- its job are a submission of the same id), failing (the job is to be cancelled), failed, dropping (nobody was told of it: a
-- job that was created nevertheless is to be cancelled, and the row goes).
-- digest: of what was asked, keyed. request (JSON): without credentials. secrets: those, sealed; of places in the request.
-- tries: attempts at retrieving that left something out.
CREATE TABLE inference_requests (
  id             TEXT    PRIMARY KEY,
  transaction_id TEXT    NOT NULL,
  digest         TEXT    NOT NULL,
  state          TEXT    NOT NULL,
  creating       INTEGER NOT NULL DEFAULT 0,
  request        TEXT    NOT NULL,
  secrets        BLOB,
  job_name       TEXT    NOT NULL,
  job_id         TEXT,
  payload_id     TEXT,
  group_id       INTEGER REFERENCES groups (id) ON DELETE SET NULL,
  tries          INTEGER NOT NULL DEFAULT 0,
  error          TEXT,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX inference_by_transaction ON inference_requests (transaction_id, created_at);
CREATE INDEX inference_by_job ON inference_requests (job_id);
CREATE INDEX inference_by_payload ON inference_requests (payload_id);
CREATE INDEX inference_by_state ON inference_requests (state);

-- What has been retrieved completely, as places in the request and studies that were found.
CREATE TABLE inference_items (
  request_id TEXT NOT NULL REFERENCES inference_requests (id) ON DELETE CASCADE,
  item       TEXT NOT NULL,
  PRIMARY KEY (request_id, item)
) STRICT, WITHOUT ROWID;

-- described: whether the metadata that are known only when the files are there have been added to the job.
ALTER TABLE submissions ADD COLUMN described INTEGER NOT NULL DEFAULT 1;
`;
