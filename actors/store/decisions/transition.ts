// The one place where a task changes: its version, its queue's counters and its events go with it,
// so that none of them can be forgotten. A move that `taskMoves` does not have is a bug.
import { Failure } from "#protocols/failure.ts";
import { channelOf, type TaskEventType } from "#protocols/tasks/task-events.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { isEnded, type TaskStatus, taskMoves } from "#protocols/tasks/task-states.ts";
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { countParked } from "./parked-tasks.ts";
import { withdrawQuestions } from "./question-news.ts";
import { counted, type Run } from "./queue-counters.ts";
import { queueOf } from "./queue-settings.ts";

/** What may change of a task beside its state. */
export type Standing = Partial<
  Pick<
    TaskRecord,
    | "runAt"
    | "queueDeadlineAt"
    | "attempt"
    | "fence"
    | "retryCount"
    | "lostLeases"
    | "assignedNode"
    | "scheduledAt"
    | "startedAt"
    | "finishedAt"
    | "cancelRequestedAt"
    | "cancelReason"
    | "cancelBy"
    | "errorClass"
    | "errorCode"
    | "error"
    | "figures"
    | "resultCount"
    | "resultBytes"
    | "resultExpiresAt"
    | "progress"
    | "progressMessage"
    | "progressAt"
  >
>;

/** What may change of how a task is described, at any time. */
export type Description = Partial<
  Pick<TaskRecord, "name" | "description" | "metadata" | "affinityTags">
>;

export interface Transition {
  readonly to: TaskStatus;
  /** Default: the state that it leads to. */
  readonly event?: TaskEventType;
  readonly changes: Standing;
  /** Of an attempt that was completed. */
  readonly run?: Run;
  /** For whoever reads what happened to the task. */
  readonly note?: string | undefined;
}

/** The task's first state. */
export function enter(context: StoreContext, task: TaskRecord): void {
  write(context, { former: undefined, task, event: "submitted" });
}

export function move(context: StoreContext, former: TaskRecord, change: Transition): TaskRecord {
  const { to, changes, event = to, run, note } = change;
  if (!taskMoves[former.status].includes(to)) {
    const seen = `task ${former.taskId} was to go from ${former.status} to ${to}`;
    throw new Failure("internal", `${seen}, which no task does; nothing was changed`);
  }
  const task = { ...former, ...changes, status: to, version: former.version + 1 };
  write(context, { former, task, event, run, note });
  if (isEnded(to)) withdrawQuestions(context, former, task);
  return task;
}

/** Something happened to the task that leaves it in its state. */
export function mark(
  context: StoreContext,
  former: TaskRecord,
  change: { readonly event: TaskEventType; readonly changes: Standing & Description },
): TaskRecord {
  const task = { ...former, ...change.changes, version: former.version + 1 };
  write(context, { former, task, event: change.event });
  return task;
}

interface Written {
  readonly former: TaskRecord | undefined;
  readonly task: TaskRecord;
  readonly event: TaskEventType;
  readonly run?: Run | undefined;
  readonly note?: string | undefined;
}

function write(context: StoreContext, written: Written): void {
  const { shelf, nowMs } = context;
  const { former, task, event, note } = written;
  shelf.putTask(task, former);
  if (former?.status !== task.status) {
    countParked(shelf, former, task);
    shelf.putQueue(counted(queueOf(context, task.queue), { run: undefined, ...written, nowMs }));
  }
  const { taskId, queue, userId } = task;
  const payload = { ...payloadOf(task), ...(note === undefined ? {} : { note }) };
  shelf.append({ channel: channelOf.task(taskId), type: event, taskId, payload }, nowMs);
  shelf.append({ channel: channelOf.queue(queue), type: event, taskId, payload }, nowMs);
  if (userId !== null) {
    shelf.append({ channel: channelOf.user(userId), type: event, taskId, payload }, nowMs);
  }
}

/** What a reader wants to know without asking again. */
function payloadOf(task: TaskRecord): TaskParameters {
  const { status, version, attempt } = task;
  const payload: TaskParameters = { status, version, attempt };
  if (status === "running") payload.node = task.assignedNode;
  if (status === "scheduled") payload.runAt = task.runAt;
  if (task.errorCode !== null) payload.code = task.errorCode;
  if (task.cancelReason !== null) payload.reason = task.cancelReason;
  return payload;
}
