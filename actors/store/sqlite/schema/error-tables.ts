// The tables of what went wrong: groups of like failures, tasks that are poison, and whose inputs are
// kept after they failed. `row_check`: CRC-32 of the row's cells.
export const errorTablesSql = `
CREATE TABLE error_groups (
  fingerprint TEXT PRIMARY KEY, class TEXT NOT NULL, code TEXT NOT NULL, type TEXT NOT NULL,
  model TEXT NOT NULL, detail TEXT NOT NULL, sample TEXT NOT NULL, count INTEGER NOT NULL,
  retried INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
  task_ids TEXT NOT NULL, nodes TEXT NOT NULL, queues TEXT NOT NULL, acked_by TEXT, acked_at INTEGER,
  row_check INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX error_groups_last ON error_groups(last_at, fingerprint);
CREATE TABLE poison_tasks (
  task_id TEXT PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL, model TEXT NOT NULL,
  queue TEXT NOT NULL, node TEXT, why TEXT NOT NULL, row_check INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX poison_tasks_at ON poison_tasks(at, task_id);
CREATE TABLE kept_inputs (
  task_id TEXT PRIMARY KEY, number INTEGER NOT NULL, bytes INTEGER NOT NULL,
  row_check INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX kept_inputs_number ON kept_inputs(number, task_id);
`;
