// Whole tasks, as they are shown to tools, and forgotten before their time.
import type { TaskRecords, WholeTask } from "#protocols/tasks/task-records.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { viewOf } from "./queries.ts";
import { allQueues } from "./queue-settings.ts";
import { byRank, firstOfKind } from "./ready-order.ts";
import { putTombstone } from "./tombstones.ts";

export function wholeTask(
  { shelf }: StoreContext,
  taskId: string,
): ReturnType<TaskRecords["wholeTask"]> {
  const task = shelf.task(taskId);
  return task ? whole(task) : null;
}

export function wholeTasks(
  context: StoreContext,
  query: Parameters<TaskRecords["wholeTasks"]>[0],
): ReturnType<TaskRecords["wholeTasks"]> {
  const { tasks, next } = context.shelf.list(query);
  return { tasks: tasks.map(whole), next };
}

export function nextTasks(
  context: StoreContext,
  limit: number,
): ReturnType<TaskRecords["nextTasks"]> {
  const { shelf } = context;
  const ready = allQueues(context).flatMap(({ queue }) =>
    shelf.readyKinds(queue).flatMap((kind) => firstOfKind(shelf, kind, { queue, max: limit })),
  );
  return ready
    .sort(byRank)
    .slice(0, limit)
    .flatMap(({ taskId }) => wholeTask(context, taskId) ?? []);
}

export function forgetTask(
  context: StoreContext,
  taskId: string,
): ReturnType<TaskRecords["forgetTask"]> {
  const { shelf } = context;
  const task = shelf.task(taskId);
  if (!task) return { kind: "not_found" };
  if (!isEnded(task.status)) return { kind: "not_ended", status: task.status };
  shelf.dropTask(task);
  putTombstone(context, taskId);
  return { kind: "forgotten" };
}

export const whole = (task: TaskRecord): WholeTask => ({
  ...viewOf(task),
  description: task.description,
  requiredSkills: task.requiredSkills,
  optionalSkills: task.optionalSkills,
  affinityTags: task.affinityTags,
  parameters: task.parameters,
  metadata: task.metadata,
  timeoutMs: task.timeoutMs,
  scheduledAt: task.scheduledAt,
  figures: task.figures,
});
