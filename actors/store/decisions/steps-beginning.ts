// When a task of steps has begun. It is claimed at once by who submits its steps, and nobody works on it by
// that: it begins when a worker takes the first of them, or a person is asked. Until then its time in the
// queue goes on, and bounds its attempt.
//
//   submitted ── claimed ── step submitted ── step taken ────────────── completed
//   └──────────── queueDeadlineMs ─────────────────┘
//                └──────────────────── timeoutMs ─────────────────────────┘
import { stepsType } from "#protocols/tasks/steps.ts";
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { readable } from "./ending.ts";

export const isOfSteps = ({ type }: TaskRecord): boolean => type === stepsType;

/** By when a task that is claimed now must have begun; null: it has by that. */
export const beginsByAt = (task: TaskRecord): number | null =>
  isOfSteps(task) ? task.queueDeadlineAt : null;

/** When the time of an attempt is over that is granted now; null: never. */
export function attemptDeadlineOf(task: TaskRecord, nowMs: number): number | null {
  const times = [endsByAt(task, nowMs), beginsByAt(task)].filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}

/** A worker takes the task. If it is a step, the task that it belongs to has begun. */
export function beginsParent(context: StoreContext, { attempt, parentId }: TaskRecord): void {
  if (parentId === null || attempt > 0) return;
  const parent = readable(() => context.shelf.task(parentId));
  if (parent && isOfSteps(parent)) begun(context, parent);
}

/** The task as it is from now on: its time in the queue is over, and its attempt has its own. */
export function begun({ shelf }: StoreContext, task: TaskRecord): TaskRecord {
  if (task.queueDeadlineAt === null) return task;
  const begunTask = { ...task, queueDeadlineAt: null };
  shelf.putTask(begunTask, task);
  const lease = shelf.lease(task.taskId);
  if (lease) shelf.putLease({ ...lease, attemptDeadlineAt: endsByAt(task, lease.grantedAt) });
  return begunTask;
}

const endsByAt = ({ timeoutMs }: TaskRecord, grantedAt: number): number | null =>
  timeoutMs === null ? null : grantedAt + timeoutMs;
