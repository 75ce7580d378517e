// What becomes of a task whose attempt did not succeed. Pure: decides, changes nothing.
import { createHmac } from "node:crypto";
import { failureStrategies, retriesMaxOf } from "#protocols/tasks/failure-strategy.ts";
import type { TaskFailure } from "#protocols/tasks/store.ts";
import type { RetryPolicy } from "#protocols/tasks/task.ts";
import type { QueueRecord, TaskRecord } from "../records.ts";
import type { StorePolicy } from "../store-policy.ts";
import { lately } from "./rate-window.ts";

interface Waits {
  readonly kind: "waits";
  readonly status: "pending" | "scheduled";
  readonly runAt: number;
  /** The queue's budget of retries was spent, so that this one waits longer. */
  readonly isOverBudget?: boolean;
}

export type NextState =
  | Waits
  | { readonly kind: "ends"; readonly status: "failed" | "cancelled" | "timed_out" };

export interface RetryTerms {
  readonly queue: QueueRecord;
  readonly policy: StorePolicy;
  readonly nowMs: number;
}

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
  const retry = task.retry ?? queue.retry;
  const isUsedUp = task.retryCount >= task.maxRetries;
  if (isUsedUp || formerOfClass >= retriesMaxOf(failure.class, retry)) {
    return { kind: "ends", status: failureStrategies[failure.class].endsAs };
  }
  const { left } = retryBudgetOf(queue, policy, nowMs);
  const chance = chanceOf(task.taskId, task.attempt);
  const delayMs =
    left >= 1
      ? retryDelayMs(retry, task.retryCount + 1, chance)
      : overBudgetMs(Math.max(retry.capMs, queue.retry.capMs), chance);
  const runAt = nowMs + Math.max(Math.ceil(delayMs), failure.retryAfterMs ?? 0);
  return { ...waitsUntil(runAt, nowMs), isOverBudget: left < 1 };
}

/**
 * The worker went away. The first loss is no fault of the task, so it waits again at once; later
 * ones leave a pause, and too many end it, because a task that kills workers kills all of them. Whose
 * leases are short wants its tasks back soon: the pause is no longer than a quarter of one.
 */
export function afterLostLease(task: TaskRecord, { queue, policy, nowMs }: RetryTerms): NextState {
  if (task.cancelRequestedAt !== null) return { kind: "ends", status: "cancelled" };
  if (task.lostLeases + 1 > policy.lostLeasesMax) return { kind: "ends", status: "failed" };
  if (task.lostLeases === 0) return waitsUntil(nowMs, nowMs);
  const { baseMs } = task.retry ?? queue.retry;
  return waitsUntil(nowMs + Math.min(baseMs, Math.ceil(queue.leaseMs / 4)), nowMs);
}

/** No task sets it for itself alone; spread, since those that fail together would come back together. */
const overBudgetMs = (capMs: number, chance: number): number => capMs * (1 + chance);

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

/** Retries that may come soon. Those beyond it would only keep a queue busy with what fails. */
export function retryBudgetOf(
  { window }: QueueRecord,
  { retryBudget }: StorePolicy,
  nowMs: number,
): { readonly used: number; readonly left: number } {
  const claims = lately(window, "claims", nowMs);
  const used = lately(window, "retries", nowMs);
  const allowed = claims * retryBudget.shareOfClaims + retryBudget.floor;
  return { used, left: Math.max(0, allowed - used) };
}

const waitsUntil = (runAt: number, nowMs: number): Waits => ({
  kind: "waits",
  status: runAt > nowMs ? "scheduled" : "pending",
  runAt,
});
