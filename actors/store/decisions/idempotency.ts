// Submissions that come twice: the same key, within the same scope, makes one task. A key lives a day,
// and as long as its task is known; that of a retry as long as the task that was tried again, too.
import { Failure } from "#protocols/failure.ts";
import { isOwnKey } from "#protocols/tasks/idempotency-keys.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";
import type { AckLevel, TaskSubmission } from "#protocols/tasks/task.ts";
import { fingerprintOf } from "../fingerprint.ts";
import type { KeyRecord, QueueRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";

export interface SubmissionKey {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
}

/** Fails with `invalid` when the queue wants a key and the client chose none. */
export function keyOf(submission: TaskSubmission, queue: QueueRecord): SubmissionKey | undefined {
  const { idempotencyKey: key, idempotencyScope, userId } = submission;
  if (queue.isKeyRequired && (key === undefined || isOwnKey(key))) {
    const seen = `the queue "${queue.queue}" takes no submission without an idempotency key`;
    const remedy = "choose one for this task, as idempotencyKey or in the header Idempotency-Key";
    throw new Failure("invalid", `${seen}; ${remedy}, and repeat it when in doubt`);
  }
  if (key === undefined) return undefined;
  const scope = idempotencyScope ?? scopeOf(userId);
  return { scope, key, fingerprint: fingerprintOf(submission) };
}

/** Longer than any scope that is named, so that no user meets one, nor those who name nobody. */
const scopeOf = (userId: string | undefined): string =>
  userId === undefined ? "default" : `${"keys of the user ".padEnd(65, ".")}${userId}`;

/** Under which a task is tried again; the key is the task's id. */
export const retryScope = "retry";

/** The answer to a submission that came before. */
export function repeated(
  { shelf, nowMs }: StoreContext,
  { scope, key, fingerprint }: SubmissionKey,
): SubmitResult | undefined {
  const known = shelf.key(scope, key);
  if (!known) return undefined;
  const { taskId, ack, expiresAt } = known;
  if (expiresAt <= nowMs && shelf.task(taskId) === undefined) return undefined;
  return known.fingerprint === fingerprint
    ? { kind: "replayed", taskId, ack }
    : { kind: "conflict", taskId };
}

export function keepKey(
  { shelf, nowMs, policy }: StoreContext,
  key: SubmissionKey,
  task: { readonly taskId: string; readonly ack: AckLevel },
): void {
  const { taskId, ack } = task;
  const expiresAt = nowMs + policy.idempotencyTtlMs;
  shelf.putKey({ ...key, taskId, ack, createdAt: nowMs, expiresAt });
}

/**
 * Its time is over; as long as its task is known, or the one that was tried again by it, it gets more. Answers
 * whether it was forgotten.
 */
export function expireKey({ shelf, nowMs, policy }: StoreContext, key: KeyRecord): boolean {
  const task = shelf.salvage(key.taskId);
  if (!task && !isRetryOfKnown(shelf, key)) {
    shelf.dropKey(key);
    return true;
  }
  const expiresAt = Math.max(task?.resultExpiresAt ?? 0, nowMs + policy.idempotencyTtlMs);
  shelf.putKey({ ...key, expiresAt });
  return false;
}

/** As long as it could be asked for again, it is known that it was. */
const isRetryOfKnown = (
  shelf: StoreContext["shelf"],
  { scope, key }: Pick<KeyRecord, "scope" | "key">,
): boolean => scope === retryScope && shelf.salvage(key) !== undefined;
