// Control commands that only look, apart from those that take effect: of each kind so many are kept. What
// was kept before stays among the others until its time is over.
export const controlReadsSql = `
CREATE TABLE control_reads (
  command_id TEXT PRIMARY KEY, command TEXT NOT NULL, target_node TEXT, target_task TEXT, params TEXT,
  issued_by TEXT, issued_at INTEGER NOT NULL, deadline_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, delivered_at INTEGER, acked_at INTEGER, finished_at INTEGER,
  status TEXT NOT NULL CHECK (status IN ('issued', 'delivered', 'acknowledged', 'completed', 'failed',
    'timed_out')),
  response TEXT, error TEXT, row_check INTEGER NOT NULL,
  CHECK ((status IN ('completed', 'failed', 'timed_out')) = (finished_at IS NOT NULL))) WITHOUT ROWID;
CREATE INDEX control_reads_node ON control_reads(target_node, issued_at, command_id)
  WHERE target_node IS NOT NULL;
CREATE INDEX control_reads_open ON control_reads(deadline_at, command_id)
  WHERE finished_at IS NULL;
CREATE INDEX control_reads_finished ON control_reads(finished_at, command_id)
  WHERE finished_at IS NOT NULL;
`;
