// A task as a database in the source schema has it, and what it is here. Pure.
//
// Times there are ISO texts (without a zone: UTC) or numbers of seconds; lists and objects are JSON
// texts; a task that ran waits again, since nobody holds a lease on it.
import { Failure } from "#protocols/failure.ts";
import { priorityDefault, queueDefault, type TaskParameters } from "#protocols/tasks/task.ts";
import { isEnded, type TaskStatus } from "#protocols/tasks/task-states.ts";
import { blankTask } from "../../decisions/blank-task.ts";
import { needsOf } from "../../decisions/worker-needs.ts";
import type { TaskRecord } from "../../records.ts";
import { storePolicyDefault } from "../../store-policy.ts";

/** The columns of the source's table, in its order. */
export const sourceColumns = [
  ...["task_id", "task_type", "name", "description", "required_skills", "optional_skills"],
  ...["status", "priority", "assigned_node", "submitted_at", "scheduled_at", "started_at"],
  ...["completed_at", "parameters", "timeout", "retry_count", "max_retries", "user_id"],
  ...["affinity_tags", "result", "error", "metadata", "created_at"],
] as const;

export type SourceRow = Readonly<Record<string, unknown>>;

const statuses: Readonly<Record<string, TaskStatus>> = {
  ...{ waiting: "pending", pending: "pending", queued: "pending", created: "pending" },
  ...{ scheduled: "pending", assigned: "pending", running: "pending", processing: "pending" },
  ...{ completed: "completed", failed: "failed", cancelled: "cancelled", canceled: "cancelled" },
  ...{ timeout: "timed_out", timed_out: "timed_out" },
};

/** Fails with `invalid` when the row has what no task can have. */
export function taskOfSource(
  row: SourceRow,
  { nowMs, seq }: { readonly nowMs: number; readonly seq: number },
): TaskRecord {
  const taskId = text(row, "task_id");
  if (taskId === null) throw wrong(row, "task_id", "a text");
  const status = statusOf(row);
  const submittedAt = time(row, "submitted_at") ?? time(row, "created_at") ?? nowMs;
  const type = (text(row, "task_type") ?? "task").slice(0, nameLengthMax);
  const parameters = record(row, "parameters") ?? {};
  const model = (typeof parameters.model === "string" ? parameters.model : type).slice(0, 64);
  const requiredSkills = list(row, "required_skills");
  const priority = whole(row, "priority") ?? priorityDefault;
  if (priority < 0 || priority > 9) throw wrong(row, "priority", "a number from 0 to 9");
  const parametersText = JSON.stringify(parameters);
  return {
    ...blankTask,
    ...ending(row, status, nowMs),
    taskId,
    type,
    model,
    name: text(row, "name") ?? type,
    description: text(row, "description"),
    queue: queueDefault,
    needs: needsOf(model, requiredSkills),
    requiredSkills,
    optionalSkills: list(row, "optional_skills"),
    affinityTags: list(row, "affinity_tags"),
    priority,
    parameters,
    metadata: record(row, "metadata"),
    payloadBytes: Buffer.byteLength(parametersText),
    maxRetries: whole(row, "max_retries") ?? storePolicyDefault.retriesMaxDefault,
    retryCount: whole(row, "retry_count") ?? 0,
    timeoutMs: timeoutOf(row),
    userId: text(row, "user_id"),
    rootId: taskId,
    submittedAt,
    runAt: submittedAt,
    seq,
    rank: submittedAt + priority * storePolicyDefault.queue.agingMsPerLevel,
    status,
  };
}

const nameLengthMax = 64;

/** What only an ended task has: when and where it ran, and what became of it. */
function ending(row: SourceRow, status: TaskStatus, nowMs: number): Partial<TaskRecord> {
  if (!isEnded(status)) return {};
  const isCompleted = status === "completed";
  const { completedTtlMs, failedTtlMs } = storePolicyDefault.queue;
  const startedAt = time(row, "started_at");
  return {
    attempt: isCompleted ? 1 : 0,
    assignedNode: text(row, "assigned_node"),
    scheduledAt: time(row, "scheduled_at"),
    startedAt,
    finishedAt: time(row, "completed_at") ?? startedAt ?? nowMs,
    // From now: what is brought over is not forgotten at once.
    resultExpiresAt: nowMs + (isCompleted ? completedTtlMs : failedTtlMs),
    figures: isCompleted ? (record(row, "result") ?? {}) : null,
    errorCode: isCompleted ? null : status,
    error: isCompleted ? null : text(row, "error"),
  };
}

function statusOf(row: SourceRow): TaskStatus {
  const word = text(row, "status")?.toLowerCase() ?? "";
  const status = Object.hasOwn(statuses, word) ? statuses[word] : undefined;
  if (status) return status;
  throw wrong(row, "status", `one of ${Object.keys(statuses).join(", ")}`);
}

function timeoutOf(row: SourceRow): number | null {
  const seconds = whole(row, "timeout");
  return seconds === null || seconds <= 0 ? null : seconds * 1_000;
}

function text(row: SourceRow, column: string): string | null {
  const value = row[column];
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw wrong(row, column, "a text");
}

function whole(row: SourceRow, column: string): number | null {
  const value = row[column];
  if (value === null || value === undefined) return null;
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw wrong(row, column, "a whole number");
}

const hasZone = /(Z|[+-]\d\d:?\d\d)$/i;

function time(row: SourceRow, column: string): number | null {
  const value = row[column];
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "number") return Math.round(value < 1e11 ? value * 1_000 : value);
  const written = text(row, column)?.trim().replace(" ", "T") ?? "";
  const ms = Date.parse(hasZone.test(written) ? written : `${written}Z`);
  if (Number.isFinite(ms)) return ms;
  throw wrong(row, column, "a time like 2025-01-31T12:00:00");
}

function list(row: SourceRow, column: string): readonly string[] {
  const value = json(row, column);
  if (value === null) return [];
  if (Array.isArray(value)) return value.map(String);
  throw wrong(row, column, "a JSON list of texts");
}

/** An object with plain values; what is not plain in it stays as JSON text. */
function record(row: SourceRow, column: string): TaskParameters | null {
  const value = json(row, column);
  if (value === null) return null;
  const object = typeof value === "object" && !Array.isArray(value) ? value : { value };
  return Object.fromEntries(
    Object.entries(object).map(([name, part]) => [
      name,
      part !== null && typeof part === "object" ? JSON.stringify(part) : part,
    ]),
  );
}

function json(row: SourceRow, column: string): unknown {
  const written = text(row, column);
  if (written === null || written === "") return null;
  try {
    return JSON.parse(written);
  } catch {
    return written;
  }
}

const wrong = (row: SourceRow, column: string, expected: string): Failure =>
  new Failure(
    "invalid",
    `task ${String(row.task_id)}: ${column} is ${JSON.stringify(row[column])}, not ${expected}; correct the source and import it again; nothing was imported`,
  );
