// Step 1 of the schema, as it was released: not a byte of this text may change, since its checksum
// stands in every database. What it made is rebuilt by `store-tables.ts`.
export const firstTables = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- Tells this store's fences from those of a store that was made anew.
INSERT INTO meta VALUES ('store_epoch', lower(hex(randomblob(16))));
CREATE TABLE sequences (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO sequences VALUES ('fence', 0), ('task_seq', 0);

CREATE TABLE tasks (
  task_id TEXT PRIMARY KEY,
  task_type TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  required_skills TEXT,
  optional_skills TEXT,
  status TEXT NOT NULL,
  priority INTEGER DEFAULT 2,
  assigned_node TEXT,
  submitted_at TIMESTAMP,
  scheduled_at TIMESTAMP,
  started_at TIMESTAMP,
  completed_at TIMESTAMP,
  parameters TEXT,
  timeout INTEGER,
  retry_count INTEGER DEFAULT 0,
  max_retries INTEGER DEFAULT 3,
  user_id TEXT,
  affinity_tags TEXT,
  result TEXT,
  error TEXT,
  metadata TEXT,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  -- queueing: seq counts arrivals; rank = arrival ms + priority * aging ms
  seq INTEGER NOT NULL,
  queue TEXT NOT NULL DEFAULT 'default',
  rank INTEGER NOT NULL,
  run_at INTEGER NOT NULL,
  fair_key TEXT,
  payload_bytes INTEGER NOT NULL DEFAULT 0,
  evictable INTEGER NOT NULL DEFAULT 1,
  -- leasing: fence is the token of the newest lease ever given
  attempt INTEGER NOT NULL DEFAULT 0,
  fence INTEGER NOT NULL DEFAULT 0,
  lost_leases INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 1,
  queue_deadline_at INTEGER,
  deadline_at INTEGER,
  cancel_requested_at INTEGER, cancel_reason TEXT, cancel_by TEXT,
  error_class TEXT, error_code TEXT,
  result_ref TEXT, result_bytes INTEGER, result_expires_at INTEGER, finished_at INTEGER,
  progress REAL, progress_message TEXT, progress_at INTEGER,
  parent_id TEXT, root_id TEXT, trace_id TEXT, span_id TEXT,
  model_name TEXT, model_version TEXT,
  retry_policy TEXT, ack_level TEXT NOT NULL DEFAULT 'durable',
  -- checksums over what was submitted and over how it ended, and how many files belong to each
  input_count INTEGER NOT NULL DEFAULT 0,
  payload_crc32 INTEGER NOT NULL,
  result_count INTEGER NOT NULL DEFAULT 0,
  outcome_crc32 INTEGER,
  CHECK (status IN ('scheduled','pending','running','waiting_confirmation',
                    'completed','failed','cancelled','timed_out','evicted')),
  CHECK ((finished_at IS NOT NULL)
    = (status IN ('completed','failed','cancelled','timed_out','evicted'))),
  CHECK (priority BETWEEN 0 AND 9),
  CHECK (parameters IS NULL OR json_valid(parameters)),
  CHECK (result IS NULL OR json_valid(result))
);
CREATE UNIQUE INDEX tasks_seq ON tasks(seq);
-- The model comes before the rank: a claim reads the first rows of each of its models and never
-- wades through tasks that it cannot run.
CREATE INDEX tasks_ready     ON tasks(queue, model_name, rank, seq) WHERE status = 'pending';
CREATE INDEX tasks_due       ON tasks(run_at)                       WHERE status = 'scheduled';
CREATE INDEX tasks_qdeadline ON tasks(queue_deadline_at)
  WHERE queue_deadline_at IS NOT NULL;
CREATE INDEX tasks_deadline  ON tasks(deadline_at)
  WHERE finished_at IS NULL AND deadline_at IS NOT NULL;
CREATE INDEX tasks_status    ON tasks(status, seq);
CREATE INDEX tasks_node      ON tasks(assigned_node, seq)           WHERE assigned_node IS NOT NULL;
CREATE INDEX tasks_user      ON tasks(user_id, seq)                 WHERE user_id IS NOT NULL;
CREATE INDEX tasks_parent    ON tasks(parent_id)                    WHERE parent_id IS NOT NULL;
CREATE INDEX tasks_ttl       ON tasks(result_expires_at)
  WHERE result_expires_at IS NOT NULL;

CREATE TRIGGER tasks_ended_stay BEFORE UPDATE OF status ON tasks WHEN OLD.finished_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an ended task never changes its state'); END;

CREATE TABLE task_counts (status TEXT PRIMARY KEY, count INTEGER NOT NULL,
  bytes INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO task_counts VALUES ('scheduled', 0, 0), ('pending', 0, 0), ('running', 0, 0),
  ('waiting_confirmation', 0, 0), ('completed', 0, 0), ('failed', 0, 0), ('cancelled', 0, 0),
  ('timed_out', 0, 0), ('evicted', 0, 0);
CREATE TRIGGER tasks_counted_in AFTER INSERT ON tasks BEGIN
  UPDATE task_counts SET count = count + 1, bytes = bytes + NEW.payload_bytes
    WHERE status = NEW.status;
END;
CREATE TRIGGER tasks_counted_over AFTER UPDATE OF status ON tasks
WHEN OLD.status <> NEW.status BEGIN
  UPDATE task_counts SET count = count - 1, bytes = bytes - OLD.payload_bytes
    WHERE status = OLD.status;
  UPDATE task_counts SET count = count + 1, bytes = bytes + NEW.payload_bytes
    WHERE status = NEW.status;
END;
CREATE TRIGGER tasks_counted_out AFTER DELETE ON tasks BEGIN
  UPDATE task_counts SET count = count - 1, bytes = bytes - OLD.payload_bytes
    WHERE status = OLD.status;
END;

CREATE TABLE leases (
  task_id TEXT PRIMARY KEY REFERENCES tasks(task_id) ON DELETE CASCADE,
  fence INTEGER NOT NULL, attempt INTEGER NOT NULL, node_id TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
  granted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, attempt_deadline_at INTEGER,
  renewals INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX leases_expiry ON leases(expires_at);
CREATE INDEX leases_attempt_deadline ON leases(attempt_deadline_at)
  WHERE attempt_deadline_at IS NOT NULL;
CREATE INDEX leases_node ON leases(node_id, task_id);

CREATE TABLE attempts (
  task_id TEXT NOT NULL, attempt INTEGER NOT NULL, fence INTEGER NOT NULL, node_id TEXT NOT NULL,
  started_at INTEGER NOT NULL, finished_at INTEGER, outcome TEXT,
  error_class TEXT, error_code TEXT, error TEXT, next_run_at INTEGER,
  queue_ms INTEGER, run_ms INTEGER, checkpoint BLOB,
  PRIMARY KEY (task_id, attempt)) WITHOUT ROWID;
CREATE INDEX attempts_node ON attempts(node_id, started_at);

-- With rowids: rows this large are no good inside a key's own tree.
CREATE TABLE task_inputs (
  task_id TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, content_type TEXT NOT NULL,
  crc32 INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (task_id, position));
CREATE TABLE results (
  task_id TEXT NOT NULL, position INTEGER NOT NULL, chunk INTEGER NOT NULL, fence INTEGER NOT NULL,
  name TEXT NOT NULL, content_type TEXT NOT NULL, crc32 INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (task_id, position, chunk));

CREATE TABLE idempotency_keys (
  scope TEXT NOT NULL, key TEXT NOT NULL, fingerprint BLOB NOT NULL, task_id TEXT NOT NULL,
  created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (scope, key)) WITHOUT ROWID;
CREATE INDEX idempotency_expiry ON idempotency_keys(expires_at);
`;
