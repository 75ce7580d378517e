// Step 2 of the schema: rebuilds the tables of tasks with what a task has become, and adds queues,
// events and confirmations. The rows of step 1 stand aside under `former_…` until
// `table-conversion.ts` has brought them over.
//
// What is unusual here, and why:
// - `tasks` begins with the 23 columns of the source table, in their order. Its rowid is `seq`, the
//   number of arrival: the rows lie in that order, and no index on it needs to be written.
// - `tasks_ready` has the needs before the rank: a claim reads the first rows of each kind of work
//   that it can do and never wades through the others.
// - A lease has no index but its key: its writer keeps all of them in memory (they are as few as
//   there are slots of workers), so that a heartbeat writes one narrow row.
// - Events have no index by time: their ids grow with it. No row counts a channel's events; its head
//   is its last event's number, and stands in `channel_heads` only when that was trimmed.
// - Each row has a CRC-32 over all that it says, because SQLite hands out a flipped byte as plain
//   wrong data. A task has two: of what was submitted, and of where it stands.
export const storeTables = `
DROP TRIGGER tasks_ended_stay;
DROP TRIGGER tasks_counted_in;
DROP TRIGGER tasks_counted_over;
DROP TRIGGER tasks_counted_out;
DROP TABLE task_counts;
DROP INDEX tasks_seq;
DROP INDEX tasks_ready;
DROP INDEX tasks_due;
DROP INDEX tasks_qdeadline;
DROP INDEX tasks_deadline;
DROP INDEX tasks_status;
DROP INDEX tasks_node;
DROP INDEX tasks_user;
DROP INDEX tasks_parent;
DROP INDEX tasks_ttl;
DROP INDEX leases_expiry;
DROP INDEX leases_attempt_deadline;
DROP INDEX leases_node;
DROP INDEX attempts_node;
DROP INDEX idempotency_expiry;
ALTER TABLE leases RENAME TO former_leases;
ALTER TABLE attempts RENAME TO former_attempts;
ALTER TABLE idempotency_keys RENAME TO former_keys;
ALTER TABLE tasks RENAME TO former_tasks;
ALTER TABLE meta ADD COLUMN crc32 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sequences ADD COLUMN crc32 INTEGER NOT NULL DEFAULT 0;
INSERT INTO sequences (name, value) VALUES ('event_id', 0);

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
  -- queueing
  seq INTEGER NOT NULL,
  queue TEXT NOT NULL DEFAULT 'default',
  rank NUMERIC NOT NULL,
  run_at INTEGER NOT NULL,
  fair_key TEXT,
  model_name TEXT NOT NULL,
  needs TEXT NOT NULL,
  payload_bytes INTEGER NOT NULL DEFAULT 0,
  input_count INTEGER NOT NULL DEFAULT 0,
  evictable INTEGER NOT NULL DEFAULT 1,
  retry_policy TEXT,
  ack_level TEXT NOT NULL DEFAULT 'durable',
  -- leasing: fence is the token of the newest lease ever given
  attempt INTEGER NOT NULL DEFAULT 0,
  fence INTEGER NOT NULL DEFAULT 0,
  lost_leases INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 1,
  -- time limits
  queue_deadline_at INTEGER,
  deadline_at INTEGER,
  cancel_requested_at INTEGER, cancel_reason TEXT, cancel_by TEXT,
  -- outcome
  error_class TEXT, error_code TEXT,
  result_count INTEGER NOT NULL DEFAULT 0,
  result_bytes INTEGER NOT NULL DEFAULT 0,
  result_expires_at INTEGER, finished_at INTEGER,
  progress REAL, progress_message TEXT, progress_at INTEGER,
  parent_id TEXT, root_id TEXT NOT NULL, trace_id TEXT, span_id TEXT,
  submitted_crc32 INTEGER NOT NULL,
  standing_crc32 INTEGER NOT NULL,
  CHECK (status IN ('scheduled','pending','running','waiting_confirmation',
                    'completed','failed','cancelled','timed_out','evicted')),
  CHECK ((finished_at IS NOT NULL)
    = (status IN ('completed','failed','cancelled','timed_out','evicted'))),
  CHECK (priority BETWEEN 0 AND 9),
  CHECK (parameters IS NULL OR json_valid(parameters)),
  CHECK (result IS NULL OR json_valid(result))
);
CREATE INDEX tasks_ready ON tasks(queue, needs, rank, seq) WHERE status = 'pending';
CREATE INDEX tasks_due ON tasks(run_at) WHERE status = 'scheduled';
CREATE INDEX tasks_qdeadline ON tasks(queue_deadline_at)
  WHERE queue_deadline_at IS NOT NULL AND status IN ('scheduled', 'pending');
CREATE INDEX tasks_deadline ON tasks(deadline_at)
  WHERE deadline_at IS NOT NULL AND finished_at IS NULL;
CREATE INDEX tasks_status ON tasks(queue, status);
CREATE INDEX tasks_node ON tasks(assigned_node) WHERE assigned_node IS NOT NULL;
CREATE INDEX tasks_user ON tasks(user_id) WHERE user_id IS NOT NULL;
CREATE INDEX tasks_user_waiting ON tasks(user_id, queue)
  WHERE user_id IS NOT NULL AND status IN ('scheduled', 'pending');
CREATE INDEX tasks_parent ON tasks(parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX tasks_ttl ON tasks(result_expires_at) WHERE result_expires_at IS NOT NULL;
CREATE TRIGGER tasks_ended_stay BEFORE UPDATE OF status ON tasks WHEN OLD.finished_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an ended task never changes its state'); END;

CREATE TABLE queues (
  queue TEXT PRIMARY KEY,
  paused INTEGER NOT NULL DEFAULT 0,
  max_pending INTEGER NOT NULL,
  max_pending_bytes INTEGER NOT NULL,
  max_per_user INTEGER NOT NULL,
  overflow_policy TEXT NOT NULL CHECK (overflow_policy IN ('reject','evict_lowest','block')),
  aging_ms_per_level INTEGER NOT NULL,
  fair_ms INTEGER NOT NULL,
  lease_ms INTEGER NOT NULL,
  retry_policy TEXT NOT NULL,
  completed_ttl_ms INTEGER NOT NULL,
  failed_ttl_ms INTEGER NOT NULL,
  key_required INTEGER NOT NULL DEFAULT 0,
  scheduled_count INTEGER NOT NULL DEFAULT 0,
  pending_count INTEGER NOT NULL DEFAULT 0,
  pending_bytes INTEGER NOT NULL DEFAULT 0,
  running_count INTEGER NOT NULL DEFAULT 0,
  waiting_confirmation_count INTEGER NOT NULL DEFAULT 0,
  completed_total INTEGER NOT NULL DEFAULT 0,
  failed_total INTEGER NOT NULL DEFAULT 0,
  cancelled_total INTEGER NOT NULL DEFAULT 0,
  timed_out_total INTEGER NOT NULL DEFAULT 0,
  evicted_total INTEGER NOT NULL DEFAULT 0,
  rates TEXT NOT NULL,
  runs TEXT NOT NULL,
  crc32 INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE fair_times (
  queue TEXT NOT NULL, fair_key TEXT NOT NULL, virtual_ms NUMERIC NOT NULL, crc32 INTEGER NOT NULL,
  PRIMARY KEY (queue, fair_key)) WITHOUT ROWID;

CREATE TABLE leases (
  task_id TEXT PRIMARY KEY,
  fence INTEGER NOT NULL, attempt INTEGER NOT NULL, node_id TEXT NOT NULL,
  incarnation INTEGER NOT NULL, granted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  attempt_deadline_at INTEGER, renewals INTEGER NOT NULL DEFAULT 0, crc32 INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE attempts (
  task_id TEXT NOT NULL, attempt INTEGER NOT NULL, fence INTEGER NOT NULL, node_id TEXT NOT NULL,
  started_at INTEGER NOT NULL, queue_ms INTEGER NOT NULL, finished_at INTEGER, run_ms INTEGER,
  outcome TEXT, error_class TEXT, error_code TEXT, error TEXT, next_run_at INTEGER,
  crc32 INTEGER NOT NULL, checkpoint BLOB, PRIMARY KEY (task_id, attempt)) WITHOUT ROWID;

CREATE TABLE idempotency_keys (
  scope TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, task_id TEXT NOT NULL,
  ack_level TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  crc32 INTEGER NOT NULL, PRIMARY KEY (scope, key)) WITHOUT ROWID;
CREATE INDEX idempotency_expiry ON idempotency_keys(expires_at);
CREATE TABLE tombstones (
  task_id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL, crc32 INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX tombstones_expiry ON tombstones(expires_at);

CREATE TABLE confirmations (
  callback_id TEXT PRIMARY KEY, task_id TEXT NOT NULL, step INTEGER NOT NULL,
  attempt INTEGER NOT NULL, fence INTEGER NOT NULL, user_id TEXT NOT NULL,
  step_result TEXT NOT NULL CHECK (json_valid(step_result)),
  mode TEXT NOT NULL CHECK (mode IN ('hold', 'park')),
  on_timeout TEXT NOT NULL CHECK (on_timeout IN ('proceed', 'reject', 'fail')),
  created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  decision TEXT CHECK (decision IN
    ('proceed', 'reject', 'timeout_proceed', 'timeout_reject', 'timeout_fail')),
  feedback TEXT, decided_by TEXT, decided_at INTEGER, crc32 INTEGER NOT NULL,
  UNIQUE (task_id, step, attempt));
CREATE INDEX confirmations_open_user ON confirmations(user_id, created_at) WHERE decision IS NULL;
CREATE INDEX confirmations_open ON confirmations(created_at) WHERE decision IS NULL;
CREATE INDEX confirmations_due ON confirmations(expires_at) WHERE decision IS NULL;

CREATE TABLE events (
  event_id INTEGER PRIMARY KEY, channel TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL,
  task_id TEXT, payload TEXT NOT NULL, at INTEGER NOT NULL, crc32 INTEGER NOT NULL);
CREATE UNIQUE INDEX events_channel ON events(channel, seq);
CREATE TABLE channel_heads (
  channel TEXT PRIMARY KEY, head INTEGER NOT NULL, crc32 INTEGER NOT NULL) WITHOUT ROWID;
`;
