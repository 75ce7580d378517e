// What is said of a task that cannot be shown: that there is none, or that there was one, which has ended
// and was kept for its time. Of another user's living task it is said that there is none.
import { Failure } from "#protocols/failure.ts";
import type { TaskOutcome, TaskView } from "#protocols/tasks/task.ts";

export interface TaskSource {
  view(taskId: string): Promise<TaskView | null>;
  /** Fails with `gone` and `not_found` where there is no task. */
  ending(taskId: string): Promise<TaskOutcome>;
}

/** `not_found` or `gone`. Fails when the source does not know. */
export async function absenceOf(source: TaskSource, taskId: string): Promise<Failure> {
  const shown = taskId.slice(0, 64);
  const none = new Failure("not_found", `There is no task ${shown}; write its id as it was told.`);
  if (!isTaskId(taskId) || (await source.view(taskId)) !== null) return none;
  try {
    await source.ending(taskId);
    return none;
  } catch (cause) {
    const failure = Failure.of(cause);
    if (failure.code === "gone") return failure;
    if (failure.code === "not_found") return none;
    throw failure;
  }
}

export const isTaskId = (text: string): boolean => /^[\w-]{1,64}$/.test(text);
