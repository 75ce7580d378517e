// Ends attempts. Every change by a worker carries its fence and is applied in the same statement
// that compares it, so of two workers that both believe in their lease only the newest is heard.
import { Failure } from "#protocols/failure.ts";
import type { CommitResult, FailResult, TaskFailure } from "#protocols/tasks/store.ts";
import type { LeaseRef, TaskResult } from "#protocols/tasks/task.ts";
import { afterFailure, type NextState } from "./next-state.ts";
import type { TaskRow } from "./statements.ts";
import type { StoreContext } from "./store-context.ts";
import { sizeOf, writeResults } from "./stored-files.ts";
import { finding, outcomeChecksum } from "./task-rows.ts";

/** What is recorded of an attempt's end, beside the task's new state. */
type AttemptOutcome = "failed" | "cancelled" | "lease_expired" | "released";
type Finding = ReturnType<typeof finding>;

export function complete(
  { prepared, policy }: StoreContext,
  { lease, result }: { readonly lease: LeaseRef; readonly result: TaskResult },
  nowMs: number,
): CommitResult {
  const { taskId, fence } = lease;
  const stored = {
    errorCode: null,
    error: null,
    result: JSON.stringify(result.figures),
    resultCount: result.files.length,
    resultBytes: sizeOf(result.files),
  };
  const { changes } = prepared.completeTask.run({
    taskId,
    fence,
    result: stored.result,
    resultCount: stored.resultCount,
    resultBytes: stored.resultBytes,
    outcomeCrc32: outcomeChecksum(taskId, stored),
    nowMs,
    expiresAt: nowMs + policy.completedTtlMs,
  });
  if (changes === 0) return { kind: "lost" };
  writeResults(prepared, { taskId, fence }, result.files);
  prepared.deleteLease.run({ taskId, fence });
  prepared.deleteInputs.run(taskId);
  const attempt = prepared.task.get(taskId)?.attempt ?? 0;
  prepared.endAttempt.run({
    taskId,
    attempt,
    nowMs,
    outcome: "completed",
    errorCode: null,
    error: null,
    nextRunAt: null,
  });
  const run = prepared.attempt.get({ taskId, attempt });
  if (run) return { kind: "committed", attempt, ...run };
  throw new Failure("corrupt", `task ${taskId} has no row of its attempt ${attempt}`);
}

export function fail(
  context: StoreContext,
  { lease, failure }: { readonly lease: LeaseRef; readonly failure: TaskFailure },
  nowMs: number,
): FailResult {
  const { taskId, fence } = lease;
  const row = context.prepared.task.get(taskId);
  if (row?.status !== "running" || row.fence !== fence) return { kind: "lost" };
  const { attempt, retryCount, retriesMax, lostLeases } = row;
  const isCancelRequested = row.cancelRequestedAt !== null;
  const { isRetryable } = failure;
  const end = { taskId, attempt, isCancelRequested, nowMs, isRetryable, retryCount, retriesMax };
  const next = afterFailure(end, context.policy);
  context.prepared.deleteLease.run({ taskId, fence });
  const found = finding(taskId, failure.code, failure.detail);
  if (next.kind === "waiting") {
    const outcome = "failed";
    returnToQueue(context, row, {
      next,
      outcome,
      found,
      retryCount: retryCount + 1,
      lostLeases,
      nowMs,
    });
    return { kind: "retried", runAt: next.runAt };
  }
  const isCancelled = next.status === "cancelled";
  endUnsuccessfully(context, row, {
    status: next.status,
    from: "running",
    outcome: next.status,
    found: isCancelled ? finding(taskId, "cancelled", row.cancelReason ?? "") : found,
    nowMs,
  });
  return { kind: "failed" };
}

/** A waiting task ends at once; a running one with its attempt, unless that completes. */
export function cancel(
  context: StoreContext,
  { taskId, reason }: { readonly taskId: string; readonly reason: string },
  nowMs: number,
): "cancelled" | "running" | "ended" | "not_found" {
  const row = context.prepared.task.get(taskId);
  if (!row) return "not_found";
  if (row.finishedAt !== null) return "ended";
  context.prepared.requestCancel.run({ taskId, reason, nowMs });
  if (row.status === "running") return "running";
  const found = finding(taskId, "cancelled", reason);
  endUnsuccessfully(context, row, { status: "cancelled", from: row.status, found, nowMs });
  return "cancelled";
}

export function returnToQueue(
  { prepared }: StoreContext,
  { taskId, fence, attempt }: TaskRow,
  change: {
    readonly next: Extract<NextState, { kind: "waiting" }>;
    readonly outcome: AttemptOutcome;
    readonly found: Finding;
    readonly retryCount: number;
    readonly lostLeases: number;
    readonly nowMs: number;
  },
): void {
  const { next, found, outcome, retryCount, lostLeases, nowMs } = change;
  const { status, runAt } = next;
  const { changes } = prepared.returnTask.run({
    taskId,
    fence,
    status,
    runAt,
    retryCount,
    lostLeases,
    ...found,
  });
  expectOne(changes, taskId);
  const { errorCode, error } = found;
  prepared.endAttempt.run({ taskId, attempt, nowMs, outcome, errorCode, error, nextRunAt: runAt });
}

/** Ends the task as failed or cancelled. Its inputs go, since nobody will run it again. */
export function endUnsuccessfully(
  { prepared, policy }: StoreContext,
  { taskId, fence, attempt, lostLeases }: TaskRow,
  change: {
    readonly status: "failed" | "cancelled";
    readonly from: TaskRow["status"];
    readonly found: Finding;
    /** Absent when no attempt was under way. */
    readonly outcome?: AttemptOutcome;
    readonly nowMs: number;
  },
): void {
  const { status, from, found, outcome, nowMs } = change;
  const expiresAt = nowMs + policy.failedTtlMs;
  const { changes } = prepared.endTask.run({
    taskId,
    fence,
    status,
    from,
    lostLeases,
    nowMs,
    expiresAt,
    ...found,
  });
  expectOne(changes, taskId);
  prepared.deleteInputs.run(taskId);
  if (!outcome) return;
  const { errorCode, error } = found;
  prepared.endAttempt.run({ taskId, attempt, nowMs, outcome, errorCode, error, nextRunAt: null });
}

/** The row was read in this transaction, so the statement must have met it; otherwise undo. */
function expectOne(changes: number, taskId: string): void {
  if (changes === 1) return;
  throw new Failure(
    "corrupt",
    `task ${taskId} is not in the state that its lease says; nothing was changed`,
  );
}
