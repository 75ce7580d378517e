// What becomes of a task whose attempt did not succeed. Pure: decides, changes nothing.
import { createHash } from "node:crypto";
import { backoffDelay } from "#runtime/core/backoff.ts";
import type { StorePolicy } from "./store-policy.ts";

export type NextState =
  | { readonly kind: "waiting"; readonly status: "pending" | "scheduled"; readonly runAt: number }
  | { readonly kind: "ended"; readonly status: "failed" | "cancelled" };

export interface AttemptEnd {
  readonly taskId: string;
  readonly attempt: number;
  readonly isCancelRequested: boolean;
  readonly nowMs: number;
}

/** The worker reported a failure. A retry keeps the task's rank; only its time moves. */
export function afterFailure(
  end: AttemptEnd & {
    readonly isRetryable: boolean;
    readonly retryCount: number;
    readonly retriesMax: number;
  },
  policy: StorePolicy,
): NextState {
  if (end.isCancelRequested) return { kind: "ended", status: "cancelled" };
  if (!end.isRetryable || end.retryCount >= end.retriesMax)
    return { kind: "ended", status: "failed" };
  const delayMs = backoffDelay(policy.retry, end.retryCount + 1, chanceOf(end));
  return { kind: "waiting", status: "scheduled", runAt: end.nowMs + Math.ceil(delayMs) };
}

/**
 * The worker went away. The first loss is no fault of the task, so it waits again at once; later
 * ones leave a pause, and too many end it, because a task that kills workers kills all of them.
 */
export function afterLostLease(
  end: AttemptEnd & { readonly lostLeases: number },
  policy: StorePolicy,
): NextState {
  if (end.isCancelRequested) return { kind: "ended", status: "cancelled" };
  if (end.lostLeases + 1 > policy.lostLeasesMax) return { kind: "ended", status: "failed" };
  if (end.lostLeases === 0) return { kind: "waiting", status: "pending", runAt: end.nowMs };
  return { kind: "waiting", status: "scheduled", runAt: end.nowMs + policy.retry.delayMsMin };
}

/** At least 0 and below 1; the same for the same attempt, so that a repeated run agrees. */
function chanceOf(end: AttemptEnd): number {
  const digest = createHash("sha256").update(`${end.taskId}:${end.attempt}`).digest();
  return digest.readUInt32BE(0) / 2 ** 32;
}
