// A task as a database in the source schema has it, and what it is here. Pure.
//
// A task that ran waits again, since nobody holds a lease on it.
import { priorityDefault, queueDefault } from "#protocols/tasks/task.ts";
import { isEnded, type TaskStatus } from "#protocols/tasks/task-states.ts";
import { blankTask } from "../../decisions/blank-task.ts";
import { needsOf } from "../../decisions/worker-needs.ts";
import type { TaskRecord } from "../../records.ts";
import { storePolicyDefault } from "../../store-policy.ts";
import { list, record, type SourceRow, text, time, whole, wrong } from "./source-values.ts";

/** The columns of the source's table, in its order. */
export const sourceColumns = [
  ...["task_id", "task_type", "name", "description", "required_skills", "optional_skills"],
  ...["status", "priority", "assigned_node", "submitted_at", "scheduled_at", "started_at"],
  ...["completed_at", "parameters", "timeout", "retry_count", "max_retries", "user_id"],
  ...["affinity_tags", "result", "error", "metadata", "created_at"],
] as const;

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
    needs: needsOf({ type, model, requiredSkills }),
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
