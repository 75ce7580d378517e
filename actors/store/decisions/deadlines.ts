// What happens to a task whose time is over: that of an attempt (it may be tried again), that of waiting
// for the first one, and that of the task as a whole. A task of steps is not tried again: its next attempt
// would go on with the steps that are under way, as if no time were over.
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { endTask } from "./ending.ts";
import { failAttempt } from "./settlement.ts";
import { beginsByAt, isOfSteps } from "./steps-beginning.ts";

/** Whether it may not be begun any more. */
export const isOverdue = ({ deadlineAt, queueDeadlineAt }: TaskRecord, nowMs: number): boolean =>
  (deadlineAt !== null && deadlineAt <= nowMs) ||
  (queueDeadlineAt !== null && queueDeadlineAt <= nowMs);

/** Ends it, and the attempt that is under way, whose commit then comes too late. */
export function endOverdue(context: StoreContext, task: TaskRecord): void {
  const isWhole = task.deadlineAt !== null && task.deadlineAt <= context.nowMs;
  const detail = isWhole
    ? `it had to end within ${(task.deadlineAt ?? 0) - task.submittedAt} ms`
    : notBegun(task);
  endTask(context, task, { ...timeout, status: "timed_out", detail });
}

/** Ends the attempt; answers whether the task waits for another. */
export function endOverdueAttempt(context: StoreContext, task: TaskRecord): boolean {
  const begins = beginsByAt(task);
  const detail =
    begins !== null && begins <= context.nowMs
      ? notBegun(task)
      : `attempt ${task.attempt} took longer than ${task.timeoutMs} ms`;
  // One that was to be cancelled ends so.
  if (isOfSteps(task) && task.cancelRequestedAt === null) {
    endTask(context, task, { ...timeout, status: "timed_out", detail });
    return false;
  }
  const end = failAttempt(context, task, { ...timeout, detail });
  return end.kind === "retried";
}

const timeout = { class: "timeout", code: "timeout" } as const;

/** Of what was claimed nobody knows any more from when on its time in the queue ran. */
const notBegun = ({ attempt, queueDeadlineAt, runAt }: TaskRecord): string =>
  attempt === 0
    ? `no worker began it within ${(queueDeadlineAt ?? 0) - runAt} ms`
    : "no step of it was begun before its queueDeadlineMs were over";
