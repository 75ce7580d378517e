// What those hear who are asked something, in their own channels. The task's own user hears of most of it
// with the task's transitions.
import { channelOf } from "#protocols/tasks/task-events.ts";
import type { ConfirmationRecord, TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";

type Told = Pick<StoreContext, "shelf" | "nowMs">;
type Addressed = Pick<ConfirmationRecord, "userId" | "step" | "callbackId">;
type News = "confirmation_requested" | "confirmation_withdrawn" | "confirmed";

/** A task that was submitted and claimed and nothing else has asked nobody. */
const unaskedVersionMax = 2;

/** Nobody but who is not told of the task anyway. */
export function tellWhoIsAsked(
  context: Told,
  task: TaskRecord,
  asked: Addressed,
  type: News,
): void {
  if (asked.userId !== task.userId) tellAsked(context, task, asked, type);
}

/** It is no event of the task. */
export function tellAsked(
  { shelf, nowMs }: Told,
  { taskId, status, version, attempt }: TaskRecord,
  { userId, step, callbackId }: Addressed,
  type: News,
): void {
  const payload = { status, version, attempt, callbackId, step };
  shelf.append({ channel: channelOf.user(userId), type, taskId, payload }, nowMs);
}

/** The task has ended, and waits for no answer any more. */
export function withdrawQuestions(context: Told, former: TaskRecord, task: TaskRecord): void {
  if (former.version <= unaskedVersionMax) return;
  for (const asked of context.shelf.confirmationsOf(task.taskId)) {
    if (asked.decision === null) tellWhoIsAsked(context, task, asked, "confirmation_withdrawn");
  }
}
