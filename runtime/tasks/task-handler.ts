// What a worker does for one type of tasks: the task goes in, its result or a failure comes out.
import { Failure } from "#protocols/failure.ts";
import type {
  PersonQuestion,
  TaskStepResult,
  UserConfirmation,
} from "#protocols/tasks/confirmation.ts";
import type { Confirmation, TaskLease, TaskResult } from "#protocols/tasks/task.ts";
import type { PersonTold } from "./ask-person.ts";

/** How a handler is told to stop, and tells how far it is. */
export interface TaskInHand {
  /**
   * Aborted when the task is to be given up, its lease is lost, or the worker ends. What a handler does
   * after that counts for nothing: somebody else may be at the task already. One that has not returned
   * `graceMs` of the worker's terms later is overdue: the worker takes no more tasks, and begins anew.
   */
  readonly signal: AbortSignal;
  /** Tells the store how far the task is, 0 to 1; the newest report counts, none is waited for. */
  progress(share: number, more?: ProgressDetails): void;
  /**
   * What a person decides; what was decided in an earlier attempt at once. A question that may stay open
   * for more than ten seconds ends the attempt instead: this throws `Parked`, the signal is aborted, the
   * slot is free, and what the handler still returns or throws counts for nothing. The next attempt asks
   * the same `step` again, and is answered. Fails with `cancelled` when the task is given up, with
   * `invalid` for a question that is none, and for the 65th of a task.
   */
  confirm(question: PersonQuestion): Promise<Confirmation>;
  /** As the systems before this one asked: it holds for five minutes, and silence is a yes. */
  notifyUser(told: TaskStepResult, whom: PersonTold): Promise<UserConfirmation>;
}

export interface ProgressDetails {
  readonly message?: string;
  /** What the next attempt finds in `task.checkpoint`, should this one not end. */
  readonly checkpoint?: Uint8Array;
  /** The work began anew: the share counts though it is less than before, which is else passed over. */
  readonly reset?: boolean;
}

/**
 * May be run more than once for a task, at the same time too, when its worker was believed to be gone;
 * the cluster takes one result. For effects outside of the cluster `task.fence` grows with each
 * attempt: let the outside refuse a lower one than it has seen.
 *
 * Throwing a `Failure` fails the attempt with its code, which says whether another one is made; its
 * `retryAfter`, or a number `retryAfterMs` of any other error, says how soon at the earliest.
 */
export type TaskHandler = (task: TaskLease, inHand: TaskInHand) => TaskResult | Promise<TaskResult>;

/** By type of task; `*` stands for all that are not named. */
export type TaskHandlers = Readonly<Record<string, TaskHandler>>;

/** Fails with `invalid` for a task of a type that none of them is for. */
export function handlerFor(handlers: TaskHandlers, { taskId, type }: TaskLease): TaskHandler {
  const named = Object.hasOwn(handlers, type) ? handlers[type] : undefined;
  const handler = named ?? handlers["*"];
  if (handler) return handler;
  const known = Object.keys(handlers).join(", ") || "none";
  const detail = `task ${taskId} is of type ${type}, and this worker handles ${known}: send it to a queue or model whose workers do`;
  throw new Failure("invalid", detail);
}
