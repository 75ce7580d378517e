// The tables of the cluster's records, as one step of the schema. `nodes` begins with the 21 columns
// of the source table, in their order, with their names and types. TIMESTAMP columns hold milliseconds
// UTC as integers. Metrics are in the same file: they share its commits, and need no second one.
// An index ends with the key, so that its order is whole. `row_check`: CRC-32 of the row's cells.

const nodes = `
CREATE TABLE nodes (
  node_id TEXT PRIMARY KEY,
  hostname TEXT NOT NULL,
  platform TEXT NOT NULL,
  arch TEXT NOT NULL,
  status TEXT NOT NULL,
  cpu_usage REAL DEFAULT 0,
  memory_usage REAL DEFAULT 0,
  disk_usage REAL DEFAULT 0,
  available_skills TEXT,
  max_concurrent_tasks INTEGER DEFAULT 5,
  running_tasks INTEGER DEFAULT 0,
  ip_address TEXT,
  tailscale_ip TEXT,
  port INTEGER,
  total_tasks_processed INTEGER DEFAULT 0,
  successful_tasks INTEGER DEFAULT 0,
  failed_tasks INTEGER DEFAULT 0,
  average_execution_time REAL DEFAULT 0, -- seconds
  registered_at TIMESTAMP,
  last_heartbeat TIMESTAMP,
  tags TEXT,
  incarnation INTEGER NOT NULL DEFAULT 1,
  version INTEGER NOT NULL DEFAULT 1,
  status_reason TEXT,
  status_since INTEGER,
  lease_expires_at INTEGER,
  heartbeat_seq INTEGER NOT NULL DEFAULT 0,
  failure_count INTEGER NOT NULL DEFAULT 0, -- in a row
  quarantined_until INTEGER,
  draining INTEGER NOT NULL DEFAULT 0,
  paused INTEGER NOT NULL DEFAULT 0,
  provider TEXT NOT NULL DEFAULT 'local',
  cost_per_hour REAL,
  software_version TEXT,
  capabilities TEXT, -- JSON: cpu, memoryBytes, gpus, models
  public_key TEXT,
  updated_at INTEGER,
  row_check INTEGER NOT NULL,
  CHECK (status IN ('registering', 'online', 'busy', 'paused', 'draining', 'suspect', 'offline',
    'quarantined', 'removed')),
  CHECK (running_tasks >= 0),
  CHECK (json_valid(available_skills) AND json_valid(tags)));
CREATE INDEX nodes_alive ON nodes(status, lease_expires_at, node_id);
CREATE INDEX nodes_since ON nodes(status, status_since, node_id);
CREATE INDEX nodes_heard ON nodes(last_heartbeat, node_id);

CREATE TABLE node_skills (
  skill TEXT NOT NULL, node_id TEXT NOT NULL REFERENCES nodes(node_id) ON DELETE CASCADE,
  level REAL NOT NULL DEFAULT 1, verified_at INTEGER, row_check INTEGER NOT NULL,
  PRIMARY KEY (skill, node_id)) WITHOUT ROWID;
CREATE INDEX node_skills_node ON node_skills(node_id, skill);
CREATE TABLE skills (
  skill TEXT PRIMARY KEY, description TEXT, depends_on TEXT, version TEXT, created_at INTEGER,
  row_check INTEGER NOT NULL) WITHOUT ROWID;
`;

const steering = `
CREATE TABLE config_versions (
  version INTEGER PRIMARY KEY, layer TEXT NOT NULL, scope TEXT NOT NULL DEFAULT 'cluster',
  document TEXT NOT NULL, sha256 TEXT NOT NULL, author TEXT, comment TEXT, rollback_of INTEGER,
  created_at INTEGER NOT NULL, activated_at INTEGER,
  status TEXT NOT NULL CHECK (status IN ('draft', 'active', 'superseded', 'rejected')),
  row_check INTEGER NOT NULL);
CREATE INDEX config_versions_place ON config_versions(layer, scope, version);
CREATE UNIQUE INDEX config_versions_active ON config_versions(layer, scope) WHERE status = 'active';

CREATE TABLE control_history (
  command_id TEXT PRIMARY KEY, command TEXT NOT NULL, target_node TEXT, target_task TEXT, params TEXT,
  issued_by TEXT, issued_at INTEGER NOT NULL, deadline_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, delivered_at INTEGER, acked_at INTEGER, finished_at INTEGER,
  status TEXT NOT NULL CHECK (status IN ('issued', 'delivered', 'acknowledged', 'completed', 'failed',
    'timed_out')),
  response TEXT, error TEXT, row_check INTEGER NOT NULL,
  CHECK ((status IN ('completed', 'failed', 'timed_out')) = (finished_at IS NOT NULL))) WITHOUT ROWID;
CREATE INDEX control_history_node ON control_history(target_node, issued_at, command_id)
  WHERE target_node IS NOT NULL;
CREATE INDEX control_history_open ON control_history(deadline_at, command_id)
  WHERE finished_at IS NULL;
CREATE INDEX control_history_finished ON control_history(finished_at, command_id)
  WHERE finished_at IS NOT NULL;

CREATE TABLE alert_rules (
  rule_id TEXT PRIMARY KEY, metric TEXT NOT NULL, op TEXT NOT NULL, warn REAL, crit REAL, clear REAL,
  for_ms INTEGER NOT NULL DEFAULT 0, labels TEXT, channels TEXT, enabled INTEGER NOT NULL DEFAULT 1,
  version INTEGER NOT NULL DEFAULT 1, row_check INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE alerts (
  alert_id INTEGER PRIMARY KEY, rule_id TEXT NOT NULL, subject TEXT NOT NULL, severity TEXT NOT NULL,
  value REAL, fired_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, resolved_at INTEGER,
  acked_by TEXT, acked_at INTEGER, details TEXT, row_check INTEGER NOT NULL);
CREATE UNIQUE INDEX alerts_open ON alerts(rule_id, subject) WHERE resolved_at IS NULL;
CREATE INDEX alerts_resolved ON alerts(resolved_at, alert_id) WHERE resolved_at IS NOT NULL;
`;

const histories = `
CREATE TABLE metrics_raw (
  bucket INTEGER NOT NULL, name TEXT NOT NULL, labels TEXT NOT NULL DEFAULT '',
  count INTEGER NOT NULL, sum REAL NOT NULL, min REAL, max REAL, hist BLOB, row_check INTEGER NOT NULL,
  PRIMARY KEY (bucket, name, labels)) WITHOUT ROWID;
CREATE INDEX metrics_raw_series ON metrics_raw(name, labels, bucket);
CREATE TABLE metrics_rollup (
  resolution INTEGER NOT NULL, bucket INTEGER NOT NULL, name TEXT NOT NULL,
  labels TEXT NOT NULL DEFAULT '', count INTEGER NOT NULL, sum REAL NOT NULL, min REAL, max REAL,
  hist BLOB, row_check INTEGER NOT NULL,
  PRIMARY KEY (resolution, bucket, name, labels)) WITHOUT ROWID;
CREATE INDEX metrics_rollup_series ON metrics_rollup(resolution, name, labels, bucket);

CREATE TABLE models (
  name TEXT PRIMARY KEY, config TEXT NOT NULL, version_policy TEXT NOT NULL, aliases TEXT,
  updated_at INTEGER, row_check INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE model_versions (
  name TEXT NOT NULL, version INTEGER NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER, path TEXT NOT NULL,
  state TEXT NOT NULL, reason TEXT, warmup_ms REAL, loaded_at INTEGER, unloaded_at INTEGER,
  row_check INTEGER NOT NULL, PRIMARY KEY (name, version)) WITHOUT ROWID;

-- Of a key's secret its SHA-256, as hex.
CREATE TABLE api_keys (
  key_id TEXT PRIMARY KEY, key_hash TEXT NOT NULL, owner TEXT NOT NULL, scopes TEXT NOT NULL,
  rate_limit TEXT, created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER,
  last_used_at INTEGER, row_check INTEGER NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX api_keys_hash ON api_keys(key_hash);
CREATE INDEX api_keys_owner ON api_keys(owner, key_id);
CREATE TABLE audit_log (
  audit_id INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT, action TEXT NOT NULL, target TEXT,
  details TEXT, row_check INTEGER NOT NULL);
CREATE INDEX audit_log_actor ON audit_log(actor, audit_id) WHERE actor IS NOT NULL;
CREATE INDEX audit_log_at ON audit_log(at, audit_id);

-- Numbers that are never given twice, and counts of rows.
CREATE TABLE record_numbers (
  name TEXT PRIMARY KEY, value INTEGER NOT NULL, row_check INTEGER NOT NULL) WITHOUT ROWID;
`;

export const recordTablesSql = nodes + steering + histories;

/** A later step: why nodes are paused or draining. */
export const nodeHoldsSql = `
CREATE TABLE node_holds (
  node_id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('paused', 'draining')),
  reason TEXT NOT NULL, held_by TEXT, since INTEGER NOT NULL, row_check INTEGER NOT NULL)
  WITHOUT ROWID;
`;
