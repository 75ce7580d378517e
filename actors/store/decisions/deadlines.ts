// What happens to a task whose time is over: that of an attempt (it may be tried again), that of waiting
// for the first one, and that of the task as a whole.
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { endTask } from "./ending.ts";
import { failAttempt } from "./settlement.ts";

/** Whether it may not be begun any more. */
export const isOverdue = ({ deadlineAt, queueDeadlineAt }: TaskRecord, nowMs: number): boolean =>
  (deadlineAt !== null && deadlineAt <= nowMs) ||
  (queueDeadlineAt !== null && queueDeadlineAt <= nowMs);

/** Ends it, and the attempt that is under way, whose commit then comes too late. */
export function endOverdue(context: StoreContext, task: TaskRecord): void {
  const isWhole = task.deadlineAt !== null && task.deadlineAt <= context.nowMs;
  const detail = isWhole
    ? `it had to end within ${(task.deadlineAt ?? 0) - task.submittedAt} ms`
    : `no worker began it within ${(task.queueDeadlineAt ?? 0) - task.runAt} ms`;
  endTask(context, task, { status: "timed_out", class: "timeout", code: "timeout", detail });
}

/** Ends the attempt; answers whether the task waits for another. */
export function endOverdueAttempt(context: StoreContext, task: TaskRecord): boolean {
  const detail = `attempt ${task.attempt} took longer than ${task.timeoutMs} ms`;
  const end = failAttempt(context, task, { class: "timeout", code: "timeout", detail });
  return end.kind === "retried";
}
