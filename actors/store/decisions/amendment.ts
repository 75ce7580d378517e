// A task is described anew: compare and set on its version. What it does, and where it stands, stays.
import type { TaskChange, TaskRecords } from "#protocols/tasks/task-records.ts";
import type { StoreContext } from "../store-context.ts";
import { type Description, mark } from "./transition.ts";
import { whole } from "./whole-tasks.ts";

export function amendTask(
  context: StoreContext,
  { taskId, version, changes }: TaskChange,
): ReturnType<TaskRecords["amendTask"]> {
  const former = context.shelf.task(taskId);
  if (!former) return { kind: "not_found" };
  if (former.version !== version) return { kind: "stale", version: former.version };
  const { name, description, metadata, affinityTags } = changes;
  const described: Description = {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(affinityTags === undefined ? {} : { affinityTags }),
  };
  return {
    kind: "saved",
    task: whole(mark(context, former, { event: "amended", changes: described })),
  };
}
