// What a transition does to the figures of its queue: how many tasks stand where, what went through it
// in the last seconds, and how long completed attempts took. Pure.

import type { TaskEventType } from "#protocols/tasks/task-events.ts";
import { isEnded, type TaskStatus } from "#protocols/tasks/task-states.ts";
import type { Draft, QueueRecord, RunFigures, TaskRecord } from "../records.ts";
import { turned } from "./rate-window.ts";

/** How long an attempt waited and ran. */
export interface Run {
  readonly queueMs: number;
  readonly runMs: number;
}

/** Which figure counts the tasks of each state. Those of ended tasks only grow. */
export const counterOf = {
  scheduled: "scheduled",
  pending: "pending",
  running: "running",
  waiting_confirmation: "waitingConfirmation",
  completed: "completedTotal",
  failed: "failedTotal",
  cancelled: "cancelledTotal",
  timed_out: "timedOutTotal",
  evicted: "evictedTotal",
} as const satisfies Record<TaskStatus, keyof QueueRecord>;

/** What can be counted again. */
export const queueGauges = [...Object.values(counterOf), "pendingBytes"] as const;

/** Tasks that wait for a worker, and count against the queue's limits. */
export const isWaiting = (status: TaskStatus): boolean =>
  status === "pending" || status === "scheduled";

export function counted(
  queue: QueueRecord,
  change: {
    readonly former: TaskRecord | undefined;
    readonly task: TaskRecord;
    readonly event: TaskEventType;
    readonly run: Run | undefined;
    readonly nowMs: number;
  },
): QueueRecord {
  const { former, task, event, run, nowMs } = change;
  const next: Draft<QueueRecord> = { ...queue };
  if (former) {
    next[counterOf[former.status]] -= 1;
    if (isWaiting(former.status)) next.pendingBytes -= former.payloadBytes;
  }
  next[counterOf[task.status]] += 1;
  if (isWaiting(task.status)) next.pendingBytes += task.payloadBytes;
  if (run) next.runs = withRun(queue.runs, run);
  const window: Draft<QueueRecord["window"]> = { ...turned(queue.window, nowMs) };
  if (task.status === "running") window.claims += 1;
  if (event === "retried") window.retries += 1;
  // Whoever gives way to another makes no room.
  if (isEnded(task.status) && task.status !== "evicted") window.ended += 1;
  next.window = window;
  return next;
}

const runsKept = 1_000;

function withRun(runs: RunFigures, { queueMs, runMs }: Run): RunFigures {
  const count = Math.min(runs.count + 1, runsKept);
  return {
    count,
    queueMsMean: runs.queueMsMean + (queueMs - runs.queueMsMean) / count,
    runMsMean: runs.runMsMean + (runMs - runs.runMsMean) / count,
  };
}
