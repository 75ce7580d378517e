// The end of an attempt as its worker reports it: completed, or failed and perhaps tried again.
import { Failure } from "#protocols/failure.ts";
import { retriesMaxOf } from "#protocols/tasks/failure-strategy.ts";
import { bytesOf } from "#protocols/tasks/payload-size.ts";
import type { CompletedAttempt, FailedAttempt, Reached } from "#protocols/tasks/reached.ts";
import type {
  CommitResult,
  FailResult,
  FailureClass,
  TaskFailure,
} from "#protocols/tasks/store.ts";
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { endCancelled } from "./cancellation.ts";
import { endAttempt, endTask } from "./ending.ts";
import { logFailure } from "./failure-log.ts";
import { heldTask } from "./holding.ts";
import { advanced } from "./progress.ts";
import { queueOf } from "./queue-settings.ts";
import { afterFailure } from "./retry-plan.ts";
import { move } from "./transition.ts";

/** Counts also when the task was to be cancelled, or its lease is over and nobody has noticed. */
export function complete(
  context: StoreContext,
  { lease, result, reached }: CompletedAttempt,
): CommitResult {
  const { shelf, nowMs } = context;
  const task = heldTask(context, lease);
  if (!task) return { kind: "lost" };
  const { taskId, fence, attempt } = task;
  const ended = endAttempt(context, task, { outcome: "completed" });
  if (!ended) {
    const seen = `task ${taskId} has no row of its attempt ${attempt}`;
    throw new Failure("corrupt", `${seen}; check the disk, and restore a backup`);
  }
  const { node, queueMs } = ended;
  const runMs = ended.runMs ?? 0;
  if (task.inputCount > 0) shelf.dropInputs(taskId);
  if (result.files.length > 0) shelf.putResults(taskId, fence, result.files);
  move(context, task, {
    to: "completed",
    run: { queueMs, runMs },
    changes: {
      finishedAt: nowMs,
      resultExpiresAt: nowMs + queueOf(context, task.queue).completedTtlMs,
      figures: result.figures,
      resultCount: result.files.length,
      resultBytes: bytesOf(result.files),
      ...(reached && advanced(context, task, reached)),
      errorClass: null,
      errorCode: null,
      error: null,
    },
  });
  return { kind: "committed", queue: task.queue, node, attempt, queueMs, runMs };
}

export function fail(
  context: StoreContext,
  { lease, failure, reached }: FailedAttempt,
): FailResult {
  const task = heldTask(context, lease);
  return task ? failAttempt(context, task, failure, reached) : { kind: "lost" };
}

/**
 * The attempt under way has failed, as its worker says, or because its time was over: then nobody says what
 * it has reached, and what was told before stays.
 */
export function failAttempt(
  context: StoreContext,
  task: TaskRecord,
  failure: TaskFailure,
  reached?: Reached,
): Exclude<FailResult, { kind: "lost" }> {
  const { nowMs, policy } = context;
  const queue = queueOf(context, task.queue);
  const isCounted = Number.isFinite(retriesMaxOf(failure.class, task.retry ?? queue.retry));
  const formerOfClass = isCounted ? formerFailures(context, task, failure.class) : 0;
  const next = afterFailure(task, failure, { queue, policy, nowMs, formerOfClass });
  const changes = reached ? advanced(context, task, reached) : {};
  if (next.kind === "ends") {
    if (task.cancelRequestedAt !== null) endCancelled(context, task, changes);
    else endTask(context, task, { ...failure, status: next.status, changes });
    return { kind: "ended", status: next.status };
  }
  const { status, runAt, isOverBudget = false } = next;
  logFailure(context, task, failure, { isRetried: true, isOverBudget });
  const outcome = failure.class === "timeout" ? "timed_out" : "failed";
  const pickUp = reached?.checkpoint && { checkpoint: reached.checkpoint };
  endAttempt(context, task, { outcome, finding: failure, nextRunAt: runAt, ...pickUp });
  move(context, task, {
    to: status,
    event: "retried",
    changes: {
      ...changes,
      runAt,
      retryCount: task.retryCount + 1,
      assignedNode: null,
      errorClass: failure.class,
      errorCode: failure.code,
      error: failure.detail,
    },
  });
  return { kind: "retried", runAt };
}

function formerFailures(
  { shelf }: StoreContext,
  { taskId, attempt }: TaskRecord,
  failureClass: FailureClass,
): number {
  let count = 0;
  for (let former = 1; former < attempt; former += 1) {
    if (shelf.attemptFacts(taskId, former)?.errorClass === failureClass) count += 1;
  }
  return count;
}
