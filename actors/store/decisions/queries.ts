// What is told of tasks and queues. Changes nothing.
import { createHash } from "node:crypto";
import { Failure } from "#protocols/failure.ts";
import type {
  ResultAnswer,
  StoreCounts,
  StoreStatistics,
  TaskPage,
} from "#protocols/tasks/store.ts";
import type { TaskOutcome, TaskView } from "#protocols/tasks/task.ts";
import type { TaskQuery } from "#protocols/tasks/task-query.ts";
import { isEnded, taskStatuses } from "#protocols/tasks/task-states.ts";
import type { QueueRecord, RunFigures, TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { counterOf } from "./queue-counters.ts";
import { allQueues, queueOf, queueViews } from "./queue-settings.ts";

export function view({ shelf }: StoreContext, taskId: string): TaskView | null {
  const task = shelf.task(taskId);
  return task ? viewOf(task) : null;
}

/** A damaged task is left out: whoever asks for it alone is told. */
export function list({ shelf }: StoreContext, query: TaskQuery): TaskPage {
  const { tasks, next } = shelf.list(query);
  return { tasks: tasks.map(viewOf), next };
}

export function outcome({ shelf }: StoreContext, taskId: string): TaskOutcome | null {
  const task = shelf.task(taskId);
  if (!task || !isEnded(task.status)) return null;
  const { status, attempt } = task;
  if (status !== "completed") {
    return { status, taskId, attempt, code: task.errorCode ?? status, detail: task.error ?? "" };
  }
  const run = shelf.attempt(taskId, attempt);
  if (!run) {
    const seen = `task ${taskId} is completed, but the row of its attempt ${attempt} is missing`;
    throw new Failure("corrupt", `${seen}; check the disk, and restore a backup`);
  }
  const { node, queueMs, runMs } = run;
  const result = { figures: task.figures ?? {}, files: shelf.results(task) };
  return { status, taskId, node, attempt, result, queueMs, runMs: runMs ?? 0 };
}

export interface ResultRequest {
  readonly taskId: string;
  readonly position: number;
  readonly from?: number;
  readonly to?: number;
}

export function result({ shelf }: StoreContext, request: ResultRequest): ResultAnswer {
  const { taskId, position } = request;
  const task = shelf.task(taskId);
  if (!task) return { kind: shelf.tombstone(taskId) ? "gone" : "not_found" };
  const { status } = task;
  if (!isEnded(status)) return { kind: "not_ended", status };
  const file = task.resultCount > position ? shelf.results(task)[position] : undefined;
  if (!file) return { kind: "none", status };
  const { name, contentType, bytes } = file;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const piece = bytes.slice(request.from ?? 0, request.to ?? bytes.byteLength);
  const size = bytes.byteLength;
  return { kind: "file", file: { name, contentType, size, sha256, bytes: piece } };
}

/** Ended tasks are counted as long as the store is there, also when they were forgotten. */
export const counts = (context: StoreContext, queue?: string): StoreCounts =>
  countsOf(queue === undefined ? allQueues(context) : [queueOf(context, queue)]);

export function statistics(context: StoreContext): StoreStatistics {
  const queues = allQueues(context);
  const totals = countsOf(queues);
  const total = taskStatuses.reduce((sum, status) => sum + totals[status], 0);
  const runs = queues.map((queue) => queue.runs);
  return {
    total,
    counts: totals,
    queues: queueViews(context),
    queueMsMean: meanOf(runs, "queueMsMean"),
    runMsMean: meanOf(runs, "runMsMean"),
  };
}

function countsOf(queues: readonly QueueRecord[]): StoreCounts {
  const sum = (field: keyof typeof fields): number =>
    queues.reduce((total, queue) => total + queue[fields[field]], 0);
  return {
    scheduled: sum("scheduled"),
    pending: sum("pending"),
    running: sum("running"),
    waiting_confirmation: sum("waiting_confirmation"),
    completed: sum("completed"),
    failed: sum("failed"),
    cancelled: sum("cancelled"),
    timed_out: sum("timed_out"),
    evicted: sum("evicted"),
    pendingBytes: sum("pendingBytes"),
  };
}

const fields = { ...counterOf, pendingBytes: "pendingBytes" } as const;

function meanOf(runs: readonly RunFigures[], field: "queueMsMean" | "runMsMean"): number | null {
  const count = runs.reduce((sum, figures) => sum + figures.count, 0);
  if (count === 0) return null;
  return runs.reduce((sum, figures) => sum + figures[field] * figures.count, 0) / count;
}

export const viewOf = (task: TaskRecord): TaskView => ({
  taskId: task.taskId,
  type: task.type,
  name: task.name,
  model: task.model,
  queue: task.queue,
  status: task.status,
  priority: task.priority,
  attempt: task.attempt,
  retryCount: task.retryCount,
  maxRetries: task.maxRetries,
  lostLeases: task.lostLeases,
  assignedNode: task.assignedNode,
  userId: task.userId,
  fairKey: task.fairKey,
  retry: task.retry,
  isEvictable: task.isEvictable,
  parentId: task.parentId,
  submittedAt: task.submittedAt,
  runAt: task.runAt,
  startedAt: task.startedAt,
  finishedAt: task.finishedAt,
  deadlineAt: task.deadlineAt,
  cancelRequestedAt: task.cancelRequestedAt,
  errorCode: task.errorCode,
  error: task.error,
  progress: task.progress,
  progressMessage: task.progressMessage,
  version: task.version,
});
