// The end of an attempt, and the end of a task: what goes with either. The lease goes with the
// attempt; inputs go with the task, since nobody runs it again.
import { Failure } from "#protocols/failure.ts";
import { type EndedStatus, isEnded } from "#protocols/tasks/task-states.ts";
import type { AttemptEnd, AttemptRecord, TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { queueOf } from "./queue-settings.ts";
import { move, type Standing } from "./transition.ts";

/** Why something ended as it did. */
export interface Finding {
  readonly class: string;
  readonly code: string;
  readonly detail: string;
}

export interface AttemptEnding {
  readonly outcome: AttemptEnd;
  readonly finding?: Finding;
  readonly nextRunAt?: number;
  readonly checkpoint?: Uint8Array;
}

/** Ends the attempt that is under way, and its lease; undefined when its row is missing or damaged. */
export function endAttempt(
  { shelf, nowMs }: StoreContext,
  task: TaskRecord,
  { outcome, finding, nextRunAt, checkpoint }: AttemptEnding,
): AttemptRecord | undefined {
  const lease = shelf.lease(task.taskId);
  if (lease) shelf.dropLease(lease);
  const attempt = readable(() => shelf.attempt(task.taskId, task.attempt));
  if (!attempt) return undefined;
  const ended = {
    ...attempt,
    finishedAt: nowMs,
    runMs: Math.max(0, nowMs - attempt.startedAt),
    outcome,
    errorClass: finding?.class ?? null,
    errorCode: finding?.code ?? null,
    error: finding?.detail ?? null,
    nextRunAt: nextRunAt ?? null,
    checkpoint: checkpoint ?? attempt.checkpoint,
  };
  shelf.putAttempt(ended);
  return ended;
}

export interface TaskEnding extends Finding {
  readonly status: Exclude<EndedStatus, "completed">;
  /** What changes beside. */
  readonly changes?: Standing;
}

/** Ends a task other than by its completion, and the attempt that is under way. */
export function endTask(context: StoreContext, task: TaskRecord, ending: TaskEnding): TaskRecord {
  const { shelf, nowMs } = context;
  const { status, code, detail } = ending;
  if (task.status === "running") {
    endAttempt(context, task, { outcome: attemptEnds[status], finding: ending });
  }
  if (task.inputCount > 0) shelf.dropInputs(task.taskId);
  return move(context, task, {
    to: status,
    changes: {
      ...ending.changes,
      finishedAt: nowMs,
      queueDeadlineAt: null,
      resultExpiresAt: nowMs + queueOf(context, task.queue).failedTtlMs,
      errorClass: ending.class,
      errorCode: code,
      error: detail,
    },
  });
}

const attemptEnds = {
  failed: "failed",
  cancelled: "cancelled",
  timed_out: "timed_out",
  evicted: "released",
} as const satisfies Record<TaskEnding["status"], AttemptEnd>;

/** A task whose rows are damaged has failed, and nobody meets it again. */
export function endDamaged(context: StoreContext, taskId: string, cause: unknown): void {
  if (!(cause instanceof Failure) || cause.code !== "corrupt") throw cause;
  const task = context.shelf.salvage(taskId);
  if (!task) throw cause;
  if (isEnded(task.status)) return;
  const { code, detail } = cause;
  endTask(context, task, { status: "failed", class: "resource", code, detail });
}

/** Undefined when the row is damaged: what it told is lost, but its task goes on. */
function readable<R>(read: () => R): R | undefined {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof Failure && cause.code === "corrupt") return undefined;
    throw cause;
  }
}
