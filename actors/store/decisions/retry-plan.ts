// What becomes of a task whose attempt did not succeed. Pure: decides, changes nothing.
import { createHmac } from "node:crypto";
import type { FailureClass, TaskFailure } from "#protocols/tasks/store.ts";
import type { RetryPolicy } from "#protocols/tasks/task.ts";
import type { QueueRecord, TaskRecord } from "../records.ts";
import type { StorePolicy } from "../store-policy.ts";
import { lately } from "./rate-window.ts";

export type NextState =
  | { readonly kind: "waits"; readonly status: "pending" | "scheduled"; readonly runAt: number }
  | { readonly kind: "ends"; readonly status: "failed" | "cancelled" | "timed_out" };

export interface RetryTerms {
  readonly queue: QueueRecord;
  readonly policy: StorePolicy;
  readonly nowMs: number;
}

/** How often another attempt may help against a failure of that class. */
const retriesOfClass: Readonly<Record<FailureClass, number>> = {
  network: Infinity,
  resource: Infinity,
  node_lost: Infinity,
  timeout: Infinity,
  model: 1,
  validation: 0,
  auth: 0,
  cancelled: 0,
};

/**
 * The worker reported a failure, or ran out of time. A retry keeps the task's rank; only its time
 * moves. `formerOfClass`: earlier attempts that failed with that class.
 */
export function afterFailure(
  task: TaskRecord,
  failure: Pick<TaskFailure, "class" | "retryAfterMs">,
  { queue, policy, nowMs, formerOfClass }: RetryTerms & { readonly formerOfClass: number },
): NextState {
  if (task.cancelRequestedAt !== null) return { kind: "ends", status: "cancelled" };
  const isUsedUp = task.retryCount >= task.maxRetries;
  if (isUsedUp || formerOfClass >= retriesOfClass[failure.class]) {
    return { kind: "ends", status: endOfClass(failure.class) };
  }
  const retry = task.retry ?? queue.retry;
  const delayMs = hasBudget(queue, policy, nowMs)
    ? retryDelayMs(retry, task.retryCount + 1, chanceOf(task.taskId, task.attempt))
    : retry.capMs;
  return waitsUntil(nowMs + Math.max(Math.ceil(delayMs), failure.retryAfterMs ?? 0), nowMs);
}

/**
 * The worker went away. The first loss is no fault of the task, so it waits again at once; later
 * ones leave a pause, and too many end it, because a task that kills workers kills all of them.
 */
export function afterLostLease(task: TaskRecord, { queue, policy, nowMs }: RetryTerms): NextState {
  if (task.cancelRequestedAt !== null) return { kind: "ends", status: "cancelled" };
  if (task.lostLeases + 1 > policy.lostLeasesMax) return { kind: "ends", status: "failed" };
  if (task.lostLeases === 0) return waitsUntil(nowMs, nowMs);
  return waitsUntil(nowMs + (task.retry ?? queue.retry).baseMs, nowMs);
}

/** Milliseconds before the `n`th retry, from 1; `chance` is at least 0 and below 1. */
export function retryDelayMs(
  { baseMs, factor, capMs, jitter }: RetryPolicy,
  n: number,
  chance: number,
): number {
  const delayMs = Math.min(capMs, baseMs * factor ** (n - 1));
  switch (jitter) {
    case "full":
      return delayMs * chance;
    case "equal":
      return delayMs * (0.5 + 0.5 * chance);
    case "none":
      return delayMs;
    default:
      return jitter satisfies never;
  }
}

/** At least 0 and below 1; the same for the same attempt, so that a repeated run agrees. */
export function chanceOf(taskId: string, attempt: number): number {
  const digest = createHmac("sha256", taskId).update(`${attempt}`).digest();
  return digest.readUInt32BE(0) / 2 ** 32;
}

/** Retries beyond it would only keep a queue busy with what fails. */
function hasBudget(queue: QueueRecord, { retryBudget }: StorePolicy, nowMs: number): boolean {
  const claims = lately(queue.window, "claims", nowMs);
  const retries = lately(queue.window, "retries", nowMs);
  return retries + 1 <= claims * retryBudget.shareOfClaims + retryBudget.floor;
}

function endOfClass(failureClass: FailureClass): "failed" | "cancelled" | "timed_out" {
  if (failureClass === "timeout") return "timed_out";
  return failureClass === "cancelled" ? "cancelled" : "failed";
}

const waitsUntil = (runAt: number, nowMs: number): NextState => ({
  kind: "waits",
  status: runAt > nowMs ? "scheduled" : "pending",
  runAt,
});
