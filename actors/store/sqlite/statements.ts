// Every statement of the store. Predicates of partial indexes stay literal, and the hot reads name
// their index, so that the planner has no choice to get wrong. `prepared.ts` prepares them.
import type { TaskStatus } from "#protocols/tasks/task.ts";

export interface TaskRow {
  readonly taskId: string;
  readonly type: string;
  readonly model: string;
  readonly status: TaskStatus;
  readonly priority: number;
  readonly parameters: string;
  readonly inputCount: number;
  readonly payloadCrc32: number;
  readonly attempt: number;
  readonly fence: number;
  readonly runAt: number;
  readonly retryCount: number;
  readonly retriesMax: number;
  readonly lostLeases: number;
  readonly assignedNode: string | null;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly cancelRequestedAt: number | null;
  readonly cancelReason: string | null;
  readonly errorCode: string | null;
  readonly error: string | null;
  readonly result: string | null;
  readonly resultCount: number;
  readonly resultBytes: number | null;
  readonly outcomeCrc32: number | null;
}

export const sql = {
  nextSequence: "UPDATE sequences SET value = value + 1 WHERE name = ? RETURNING value",
  waiting: `SELECT total(count) AS count, total(bytes) AS bytes FROM task_counts
    WHERE status IN ('pending', 'scheduled')`,
  counts: "SELECT status, count, bytes FROM task_counts",

  insertTask: `INSERT INTO tasks (task_id, task_type, name, status, priority, submitted_at,
    parameters,
      max_retries, created_at, seq, rank, run_at, payload_bytes, model_name, input_count,
        payload_crc32)
    VALUES (:taskId, :type, :type, 'pending', :priority, :nowMs, :parameters,
      :retriesMax, :nowMs, :seq, :rank, :nowMs, :payloadBytes, :model, :inputCount, :payloadCrc32)`,
  task: `SELECT task_id AS taskId, task_type AS type, model_name AS model, status, priority,
    parameters,
      input_count AS inputCount, payload_crc32 AS payloadCrc32, attempt, fence, run_at AS runAt,
      retry_count AS retryCount, max_retries AS retriesMax, lost_leases AS lostLeases,
      assigned_node AS assignedNode, submitted_at AS submittedAt, started_at AS startedAt,
      finished_at AS finishedAt, cancel_requested_at AS cancelRequestedAt,
      cancel_reason AS cancelReason, error_code AS errorCode, error, result,
      result_count AS resultCount, result_bytes AS resultBytes, outcome_crc32 AS outcomeCrc32
    FROM tasks WHERE task_id = ?`,
  ready: `SELECT task_id AS taskId, rank, seq FROM tasks INDEXED BY tasks_ready
    WHERE queue = 'default' AND model_name = :model AND status = 'pending'
    ORDER BY rank, seq LIMIT :max`,

  startTask: `UPDATE tasks SET status = 'running', attempt = attempt + 1, fence = :fence,
      assigned_node = :node, started_at = :nowMs, scheduled_at = COALESCE(scheduled_at, :nowMs),
      queue_deadline_at = NULL, version = version + 1
    WHERE task_id = :taskId AND status = 'pending'`,
  completeTask: `UPDATE tasks SET status = 'completed', result = :result,
    result_count = :resultCount,
      result_bytes = :resultBytes, error_code = NULL, error = NULL, outcome_crc32 = :outcomeCrc32,
      completed_at = :nowMs, finished_at = :nowMs, result_expires_at = :expiresAt,
        version = version + 1
    WHERE task_id = :taskId AND fence = :fence AND status = 'running'`,
  returnTask: `UPDATE tasks SET status = :status, run_at = :runAt, retry_count = :retryCount,
      lost_leases = :lostLeases, error_code = :errorCode, error = :error,
        outcome_crc32 = :outcomeCrc32,
      assigned_node = NULL, started_at = NULL, version = version + 1
    WHERE task_id = :taskId AND fence = :fence AND status = 'running'`,
  endTask: `UPDATE tasks SET status = :status, lost_leases = :lostLeases, error_code = :errorCode,
      error = :error, outcome_crc32 = :outcomeCrc32, finished_at = :nowMs,
      result_expires_at = :expiresAt, version = version + 1
    WHERE task_id = :taskId AND fence = :fence AND status = :from`,
  requestCancel: `UPDATE tasks SET cancel_requested_at = :nowMs, cancel_reason = :reason,
      version = version + 1
    WHERE task_id = :taskId AND cancel_requested_at IS NULL AND finished_at IS NULL`,
  promoteDue: `UPDATE tasks SET status = 'pending', version = version + 1 WHERE rowid IN (
      SELECT rowid FROM tasks INDEXED BY tasks_due
      WHERE status = 'scheduled' AND run_at <= :nowMs ORDER BY run_at LIMIT :max)`,

  insertLease: `INSERT INTO leases (task_id, fence, attempt, node_id, incarnation, granted_at,
    expires_at)
    VALUES (:taskId, :fence, :attempt, :node, :incarnation, :nowMs, :expiresAt)`,
  renewLease: `UPDATE leases SET expires_at = max(expires_at, :expiresAt), renewals = renewals + 1
    WHERE task_id = :taskId AND fence = :fence AND node_id = :node AND NOT EXISTS (
      SELECT 1 FROM tasks WHERE task_id = :taskId AND cancel_requested_at IS NOT NULL)`,
  deleteLease: "DELETE FROM leases WHERE task_id = :taskId AND fence = :fence",
  expiredLeases: `SELECT task_id AS taskId, fence, node_id AS node
    FROM leases INDEXED BY leases_expiry
    WHERE expires_at <= :nowMs ORDER BY expires_at LIMIT :max`,
  leasesOfNode: `SELECT task_id AS taskId, fence, node_id AS node FROM leases INDEXED BY leases_node
    WHERE node_id = ?`,

  insertAttempt: `INSERT INTO attempts (task_id, attempt, fence, node_id, started_at, queue_ms)
    VALUES (:taskId, :attempt, :fence, :node, :nowMs, :queueMs)`,
  endAttempt: `UPDATE attempts SET finished_at = :nowMs, run_ms = :nowMs - started_at,
      outcome = :outcome, error_code = :errorCode, error = :error, next_run_at = :nextRunAt
    WHERE task_id = :taskId AND attempt = :attempt`,
  attempt: `SELECT node_id AS node, queue_ms AS queueMs, run_ms AS runMs FROM attempts
    WHERE task_id = :taskId AND attempt = :attempt`,

  insertInput: `INSERT INTO task_inputs (task_id, position, name, content_type, crc32, data)
    VALUES (:taskId, :position, :name, :contentType, :crc32, :data)`,
  inputs: `SELECT position, 0 AS chunk, name, content_type AS contentType, crc32, data
    FROM task_inputs
    WHERE task_id = ? ORDER BY position`,
  deleteInputs: "DELETE FROM task_inputs WHERE task_id = ?",
  insertResult: `INSERT INTO results (task_id, position, chunk, fence, name, content_type, crc32,
    data)
    VALUES (:taskId, :position, :chunk, :fence, :name, :contentType, :crc32, :data)`,
  results: `SELECT position, chunk, name, content_type AS contentType, crc32, data FROM results
    WHERE task_id = ? ORDER BY position, chunk`,

  idempotencyKey: `SELECT fingerprint, task_id AS taskId FROM idempotency_keys
    WHERE scope = 'default' AND key = ?`,
  insertIdempotencyKey: `INSERT INTO idempotency_keys (scope, key, fingerprint, task_id,
    created_at, expires_at)
    VALUES ('default', :key, :fingerprint, :taskId, :nowMs, :expiresAt)`,
  expiredKeys: `SELECT scope, key, EXISTS (SELECT 1 FROM tasks
        WHERE tasks.task_id = idempotency_keys.task_id AND finished_at IS NULL) AS isLive
    FROM idempotency_keys INDEXED BY idempotency_expiry
    WHERE expires_at <= :nowMs ORDER BY expires_at LIMIT :max`,
  deleteKey: "DELETE FROM idempotency_keys WHERE scope = :scope AND key = :key",
  extendKey:
    "UPDATE idempotency_keys SET expires_at = :expiresAt WHERE scope = :scope AND key = :key",

  expiredTasks: `SELECT task_id FROM tasks INDEXED BY tasks_ttl
    WHERE result_expires_at IS NOT NULL AND result_expires_at <= :nowMs
    ORDER BY result_expires_at LIMIT :max`,
  deleteResults: "DELETE FROM results WHERE task_id = ?",
  deleteAttempts: "DELETE FROM attempts WHERE task_id = ?",
  deleteTask: "DELETE FROM tasks WHERE task_id = ?",

  nextAt: `SELECT min(at) FROM (
      SELECT min(expires_at) AS at FROM leases
      UNION ALL SELECT min(run_at) FROM tasks INDEXED BY tasks_due WHERE status = 'scheduled'
      UNION ALL SELECT min(expires_at) FROM idempotency_keys
      UNION ALL SELECT min(result_expires_at) FROM tasks INDEXED BY tasks_ttl
        WHERE result_expires_at IS NOT NULL)`,
} as const;
