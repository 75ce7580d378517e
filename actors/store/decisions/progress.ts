// How far a worker is: kept at most once a second for each task, since only the newest value counts.
// It is no transition, so it makes no event; what the next attempt may go on from is always kept.
import type { HeldResult, ProgressReport } from "#protocols/tasks/store.ts";
import type { StoreContext } from "../store-context.ts";
import { heldTask } from "./holding.ts";

export function progress(context: StoreContext, report: ProgressReport): HeldResult {
  const { shelf, nowMs, policy } = context;
  const task = heldTask(context, report.lease);
  if (!task) return { kind: "lost" };
  const { checkpoint, message, isReset = false } = report;
  const attempt = checkpoint && shelf.attempt(task.taskId, task.attempt);
  if (checkpoint && attempt) shelf.putAttempt({ ...attempt, checkpoint });
  const isDue = task.progressAt === null || nowMs - task.progressAt >= policy.progressEveryMs;
  if (!isDue && !isReset) return { kind: "done" };
  const reached = isReset ? 0 : (task.progress ?? 0);
  const next = {
    ...task,
    progress: Math.max(reached, report.progress),
    progressMessage: message,
    progressAt: nowMs,
  };
  shelf.putTask(next, task);
  return { kind: "done" };
}
