// How far a worker is: kept at most once a second for each task, since only the newest value counts.
// Whoever is early is told when it will be. It is no transition, so it makes no event; what the next attempt
// may go on from is always kept. What comes with the end of the attempt is kept with it, whenever the last was.
import type { Reached } from "#protocols/tasks/reached.ts";
import type { ProgressReport, ProgressResult } from "#protocols/tasks/store.ts";
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { heldTask } from "./holding.ts";
import type { Standing } from "./transition.ts";

export function progress(context: StoreContext, report: ProgressReport): ProgressResult {
  const { shelf, nowMs, policy } = context;
  const task = heldTask(context, report.lease);
  if (!task) return { kind: "lost" };
  const { checkpoint, isReset = false } = report;
  const attempt = checkpoint && shelf.attempt(task.taskId, task.attempt);
  if (checkpoint && attempt) shelf.putAttempt({ ...attempt, checkpoint });
  const dueAt = task.progressAt === null ? nowMs : task.progressAt + policy.progressEveryMs;
  if (nowMs < dueAt && !isReset) return { kind: "early", retryAfterMs: dueAt - nowMs };
  shelf.putTask({ ...task, ...advanced(context, task, report) }, task);
  return { kind: "done" };
}

/** What the report changes of its task. Within an attempt the share goes back by a reset only. */
export const advanced = (
  { nowMs }: StoreContext,
  { progress: former }: TaskRecord,
  { progress, message, isReset = false }: Reached,
): Pick<Standing, "progress" | "progressMessage" | "progressAt"> => ({
  progress: isReset ? progress : Math.max(former ?? 0, progress),
  progressMessage: message,
  progressAt: nowMs,
});
