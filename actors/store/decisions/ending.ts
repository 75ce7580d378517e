// The end of an attempt, and the end of a task: what goes with either. The lease goes with the
// attempt; inputs go with the task, but those of one that failed are kept for a while: somebody may want
// it to be tried again.
import { Failure } from "#protocols/failure.ts";
import { classOfCode } from "#protocols/tasks/classify-failure.ts";
import type { CancelResult } from "#protocols/tasks/store.ts";
import type { FailureClass } from "#protocols/tasks/task-failure.ts";
import { type EndedStatus, isEnded } from "#protocols/tasks/task-states.ts";
import { keepInputsOf } from "../records/kept-inputs.ts";
import type { AttemptEnd, AttemptRecord, TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { wholeOrDamage } from "../whole-or-damage.ts";
import { logFailure } from "./failure-log.ts";
import { refund } from "./fair-turns.ts";
import { queueOf } from "./queue-settings.ts";
import { mark, move, type Standing } from "./transition.ts";

/** Why something ended as it did. */
export interface Finding {
  readonly class: FailureClass;
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

/** Ends a task other than by its completion, the attempt that is under way, and all that descends from it. */
export function endTask(context: StoreContext, task: TaskRecord, ending: TaskEnding): TaskRecord {
  const reason = `task ${task.taskId}, which it belongs to, ended ${ending.status}`;
  for (const descendant of descendantsOf(context, task.taskId)) {
    if (!isEnded(descendant.status)) giveUp(context, descendant, { reason });
  }
  return endAlone(context, task, ending);
}

export interface GivingUp {
  readonly reason: string;
  readonly by?: string;
}

/** What waits is cancelled, what runs is asked to be; what descends from it is left as it is. */
export function giveUp(
  context: StoreContext,
  task: TaskRecord,
  { reason, by }: GivingUp,
): Exclude<CancelResult["kind"], "not_found" | "ended"> {
  const cancelReason = task.cancelReason ?? reason;
  const changes = {
    cancelRequestedAt: task.cancelRequestedAt ?? context.nowMs,
    cancelReason,
    cancelBy: task.cancelBy ?? by ?? null,
  };
  if (task.status !== "running") {
    const cancelled = { status: "cancelled", class: "cancelled", code: "cancelled" } as const;
    endAlone(context, task, { ...cancelled, detail: cancelReason, changes });
    return "cancelled";
  }
  if (task.cancelRequestedAt === null) {
    mark(context, task, { event: "cancel_requested", changes });
  }
  return "requested";
}

/** Children before their own children; a damaged one is left to whoever claims it. */
export function descendantsOf({ shelf }: StoreContext, taskId: string): readonly TaskRecord[] {
  const found: TaskRecord[] = [];
  const open = [...shelf.childrenOf(taskId)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const child = shelf.salvage(next);
    if (child) found.push(child);
    open.push(...shelf.childrenOf(next));
  }
  return found;
}

function endAlone(context: StoreContext, task: TaskRecord, ending: TaskEnding): TaskRecord {
  const { shelf, nowMs } = context;
  const { status, code, detail } = ending;
  const isFailure = status === "failed" || status === "timed_out";
  if (isFailure) logFailure(context, task, ending, { isRetried: false });
  if (task.status === "running") {
    endAttempt(context, task, { outcome: attemptEnds[status], finding: ending });
  }
  if (task.attempt === 0) refund(context, task);
  if (task.inputCount > 0 && isFailure && code !== "corrupt") {
    for (const gone of keepInputsOf(context.records, task)) shelf.dropInputs(gone);
  } else if (task.inputCount > 0) shelf.dropInputs(task.taskId);
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
  endTask(context, task, { status: "failed", class: classOfCode(code), code, detail });
}

/** Undefined when the row is damaged: what it told is lost, but its task goes on. */
export function readable<R>(read: () => R): R | undefined {
  const found = wholeOrDamage(read);
  return found instanceof Failure ? undefined : found;
}
