// What time does to the store: leases expire, tasks fall due or run out of time, questions go
// unanswered, and what has ended is forgotten. Each call does at most `limit` things, the most urgent
// kind first, so that one commit stays short.
import type { NodeFault, SweepReport } from "#protocols/tasks/store.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import type { TaskRecord } from "../records.ts";
import type { Due } from "../shelf.ts";
import type { StoreContext } from "../store-context.ts";
import { endOverdue, endOverdueAttempt } from "./deadlines.ts";
import { endDamaged } from "./ending.ts";
import { expireKey } from "./idempotency.ts";
import { loseLeases } from "./leases.ts";
import { expireConfirmation } from "./questions.ts";
import { dropTombstones, forgetExcess, putTombstone } from "./tombstones.ts";
import { move } from "./transition.ts";

/** What was done so far, and how much more may be. */
interface Tally {
  left: number;
  released: number;
  due: number;
  purged: number;
  readonly ended: string[];
  readonly faults: NodeFault[];
}

export function sweep(context: StoreContext, limit: number): SweepReport {
  const tally: Tally = { left: limit, released: 0, due: 0, purged: 0, ended: [], faults: [] };
  for (const duty of duties) {
    if (tally.left <= 0) break;
    tally.left -= duty(context, { nowMs: context.nowMs, max: tally.left }, tally);
  }
  const { left, released, due, purged, ended, faults } = tally;
  const nextAt = left > 0 ? context.shelf.nextDueAt() : context.nowMs;
  return { released, ended, due, purged, faults, nextAt };
}

/** Does what is due, notes it, and answers how many things that were. */
type Duty = (context: StoreContext, due: Due, tally: Tally) => number;

const expireLeases: Duty = (context, due, tally) => {
  const expired = context.shelf.expiredLeases(due);
  const report = loseLeases(context, expired, "did not renew it in time");
  tally.faults.push(...report.faults);
  tally.released += report.released;
  tally.ended.push(...report.ended);
  return expired.length;
};

const timeOutAttempts: Duty = (context, due, tally) => {
  const leases = context.shelf.overdueAttempts(due);
  for (const { taskId, node } of leases) {
    const isWaiting = withTask(context, taskId, (task) => endOverdueAttempt(context, task));
    tally.faults.push({ node, class: "timeout", attempts: 1, isBlamed: true });
    if (isWaiting) tally.released += 1;
    else tally.ended.push(taskId);
  }
  return leases.length;
};

/** One may have ended just now with the task that it belongs to. */
const endUnended = (context: StoreContext, task: TaskRecord): void => {
  if (!isEnded(task.status)) endOverdue(context, task);
};

const timeOutTasks: Duty = (context, due, tally) => {
  const taskIds = context.shelf.overdueTasks(due);
  for (const taskId of taskIds) withTask(context, taskId, (task) => endUnended(context, task));
  tally.ended.push(...taskIds);
  return taskIds.length;
};

const timeOutWaiting: Duty = (context, due, tally) => {
  const taskIds = context.shelf.overdueInQueue(due);
  for (const taskId of taskIds) withTask(context, taskId, (task) => endUnended(context, task));
  tally.ended.push(...taskIds);
  return taskIds.length;
};

const expireConfirmations: Duty = (context, due, tally) => {
  const asked = context.shelf.dueConfirmations(due);
  for (const confirmation of asked) {
    const { taskId, mode } = confirmation;
    const ended = unlessDamaged(context, taskId, () => expireConfirmation(context, confirmation));
    if (ended !== undefined) tally.ended.push(ended);
    else if (mode === "park") tally.released += 1;
  }
  return asked.length;
};

const beginDue: Duty = (context, due, tally) => {
  const taskIds = context.shelf.dueTasks(due);
  for (const taskId of taskIds) {
    withTask(context, taskId, (task) => move(context, task, { to: "pending", changes: {} }));
  }
  tally.due += taskIds.length;
  return taskIds.length;
};

const forgetTasks: Duty = (context, due, tally) => {
  const { shelf, nowMs, policy } = context;
  const taskIds = shelf.expiredTasks(due);
  for (const taskId of taskIds) {
    const task = shelf.salvage(taskId);
    if (task && isNeeded(context, task)) {
      shelf.putTask({ ...task, resultExpiresAt: nowMs + policy.keptForParentMs }, task);
      continue;
    }
    if (task) shelf.dropTask(task);
    putTombstone(context, taskId);
    tally.purged += 1;
  }
  return taskIds.length;
};

/** What a living task has made of its children so far would have to be made again. */
function isNeeded({ shelf }: StoreContext, { parentId }: TaskRecord): boolean {
  const parent = parentId === null ? undefined : shelf.salvage(parentId);
  return parent !== undefined && !isEnded(parent.status);
}

const forgetKeys: Duty = (context, due) => {
  const keys = context.shelf.expiredKeys(due);
  for (const key of keys) expireKey(context, key);
  return keys.length;
};

const forgetTombstones: Duty = (context, due) => {
  const expired = dropTombstones(context, due);
  return expired + forgetExcess(context, due.max - expired);
};

/** Each transition makes two or three, so as many weigh no more than one other thing. */
const eventsPerThing = 8;

const forgetEvents: Duty = ({ shelf, policy }, { nowMs, max }) => {
  const forgotten = shelf.trimEvents({
    beforeMs: nowMs - policy.eventsKeptMs,
    keep: policy.eventsKept,
    max: max * eventsPerThing,
  });
  return Math.floor(forgotten / eventsPerThing);
};

const duties: readonly Duty[] = [
  expireLeases,
  timeOutAttempts,
  timeOutTasks,
  timeOutWaiting,
  expireConfirmations,
  beginDue,
  forgetTasks,
  forgetKeys,
  forgetTombstones,
  forgetEvents,
];

const withTask = <R>(
  context: StoreContext,
  taskId: string,
  act: (task: TaskRecord) => R,
): R | undefined =>
  unlessDamaged(context, taskId, () => {
    const task = context.shelf.task(taskId);
    return task && act(task);
  });

/** What the act answers; undefined when the task is damaged, and has failed for that. */
function unlessDamaged<R>(context: StoreContext, taskId: string, act: () => R): R | undefined {
  try {
    return act();
  } catch (cause) {
    endDamaged(context, taskId, cause);
    return undefined;
  }
}
