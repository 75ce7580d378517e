// The outcome of a task as its commit says it, so that who waits need not wait for a reading. Pure.
import type { CommitResult } from "#protocols/tasks/store.ts";
import type { LeaseRef, TaskOutcome, TaskResult } from "#protocols/tasks/task.ts";

/** Undefined when the commit was refused: the task goes on under a newer lease, or has ended. */
export function outcomeOf(
  { taskId }: LeaseRef,
  commit: CommitResult,
  result: TaskResult,
): TaskOutcome | undefined {
  if (commit.kind === "lost") return undefined;
  const { node, attempt, queueMs, runMs } = commit;
  return { status: "completed", taskId, node, attempt, result, queueMs, runMs };
}
