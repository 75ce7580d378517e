// The rows of tasks as step 1 of the schema had them, and what they are as records. A row that failed
// its former checksum stays damaged: it gets a checksum that it cannot fit.
import type { Database } from "better-sqlite3";
import { queueDefault } from "#protocols/tasks/task.ts";
import type { TaskStatus } from "#protocols/tasks/task-states.ts";
import { checksum } from "#runtime/stores/sqlite/checksum.ts";
import { needsOf } from "../../decisions/worker-needs.ts";
import type { TaskRecord } from "../../records.ts";
import { rowColumns, rowValues } from "../rows/task-rows.ts";

export interface FormerTask {
  readonly taskId: string;
  readonly type: string;
  readonly model: string;
  readonly status: TaskStatus;
  readonly priority: number;
  readonly parameters: string;
  readonly retriesMax: number;
  readonly seq: number;
  readonly rank: number;
  readonly runAt: number;
  readonly payloadBytes: number;
  readonly inputCount: number;
  readonly payloadCrc32: number;
  readonly attempt: number;
  readonly fence: number;
  readonly retryCount: number;
  readonly lostLeases: number;
  readonly version: number;
  readonly assignedNode: string | null;
  readonly submittedAt: number;
  readonly scheduledAt: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly cancelRequestedAt: number | null;
  readonly cancelReason: string | null;
  readonly errorCode: string | null;
  readonly error: string | null;
  readonly result: string | null;
  readonly resultCount: number;
  readonly resultBytes: number | null;
  readonly resultExpiresAt: number | null;
  readonly outcomeCrc32: number | null;
}

export const formerTaskSelection = `SELECT task_id AS taskId, task_type AS type,
    model_name AS model, status, priority, parameters, max_retries AS retriesMax, seq, rank,
    run_at AS runAt, payload_bytes AS payloadBytes, input_count AS inputCount,
    payload_crc32 AS payloadCrc32, attempt, fence, retry_count AS retryCount,
    lost_leases AS lostLeases, version, assigned_node AS assignedNode,
    submitted_at AS submittedAt, scheduled_at AS scheduledAt, started_at AS startedAt,
    finished_at AS finishedAt, cancel_requested_at AS cancelRequestedAt,
    cancel_reason AS cancelReason, error_code AS errorCode, error, result,
    result_count AS resultCount, result_bytes AS resultBytes,
    result_expires_at AS resultExpiresAt, outcome_crc32 AS outcomeCrc32
  FROM former_tasks`;

const pageRows = 500;

/** Brings all over; answers nothing, since the rows are where they belong. */
export function convertTasks(database: Database): void {
  const page = database.prepare<[number, number], FormerTask>(
    `${formerTaskSelection} WHERE seq > ? ORDER BY seq LIMIT ?`,
  );
  const spoil = database.prepare<[string]>(
    `UPDATE tasks SET submitted_crc32 = submitted_crc32 + 1, standing_crc32 = standing_crc32 + 1
      WHERE task_id = ?`,
  );
  database.exec("CREATE INDEX former_tasks_seq ON former_tasks(seq)");
  const insert = insertion(database);
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const rows = page.all(after, pageRows);
    for (const row of rows) {
      insert(recordOf(row));
      if (!isWhole(row)) spoil.run(row.taskId);
      after = row.seq;
    }
    if (rows.length < pageRows) return;
  }
}

/** Columns that a later step adds; by then they are as they begin. */
const laterColumns: ReadonlySet<string> = new Set(["charge"]);

function insertion(database: Database): (task: TaskRecord) => void {
  const isThere = (_: unknown, place: number): boolean =>
    !laterColumns.has(rowColumns[place] ?? "");
  const columns = rowColumns.filter(isThere);
  const statement = database.prepare(
    `INSERT INTO tasks (rowid, ${columns.join(", ")}) VALUES (?, ${columns.map(() => "?").join(", ")})`,
  );
  return (task) => statement.run([task.seq, ...rowValues(task).filter(isThere)]);
}

function isWhole(row: FormerTask): boolean {
  const { taskId, type, model, priority, retriesMax, parameters, inputCount } = row;
  const submitted = [taskId, type, model, priority, retriesMax, parameters, inputCount];
  const { errorCode, error, result, resultCount, resultBytes, outcomeCrc32 } = row;
  const outcome = [taskId, errorCode, error, result, resultCount, resultBytes];
  return (
    checksum(submitted) === row.payloadCrc32 &&
    (outcomeCrc32 === null || checksum(outcome) === outcomeCrc32)
  );
}

const recordOf = (row: FormerTask): TaskRecord => ({
  ...unknownThen,
  taskId: row.taskId,
  type: row.type,
  name: row.type,
  model: row.model,
  needs: needsOf({ type: row.type, model: row.model }),
  priority: row.priority,
  parameters: JSON.parse(row.parameters),
  inputCount: row.inputCount,
  payloadBytes: row.payloadBytes,
  maxRetries: row.retriesMax,
  rootId: row.taskId,
  submittedAt: row.submittedAt,
  seq: row.seq,
  rank: row.rank,
  status: row.status,
  version: row.version,
  runAt: row.runAt,
  attempt: row.attempt,
  fence: row.fence,
  retryCount: row.retryCount,
  lostLeases: row.lostLeases,
  assignedNode: row.assignedNode,
  scheduledAt: row.scheduledAt,
  startedAt: row.startedAt,
  finishedAt: row.finishedAt,
  cancelRequestedAt: row.cancelRequestedAt,
  cancelReason: row.cancelReason,
  errorCode: row.errorCode,
  error: row.error,
  figures: row.result === null ? null : JSON.parse(row.result),
  resultCount: row.resultCount,
  resultBytes: row.resultBytes ?? 0,
  resultExpiresAt: row.resultExpiresAt,
});

/** What a task of step 1 did not have. */
const unknownThen = {
  description: null,
  queue: queueDefault,
  requiredSkills: [],
  optionalSkills: [],
  affinityTags: [],
  metadata: null,
  retry: null,
  timeoutMs: null,
  userId: null,
  fairKey: null,
  isEvictable: true,
  parentId: null,
  traceId: null,
  spanId: null,
  ack: "durable",
  deadlineAt: null,
  charge: null,
  queueDeadlineAt: null,
  cancelBy: null,
  errorClass: null,
  progress: null,
  progressMessage: null,
  progressAt: null,
} as const;
