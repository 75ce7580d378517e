// What is left of a task that was forgotten: its id, for a while, so that who asks hears that it was there.
// There are no more of them than the policy says: the oldest give way, and are counted.
import { countNames, moveNumber, numberOf } from "../records/record-numbers.ts";
import type { Due } from "../shelf.ts";
import type { StoreContext } from "../store-context.ts";

export function putTombstone(
  { shelf, records, nowMs, policy }: StoreContext,
  taskId: string,
): void {
  shelf.putTombstone({ taskId, expiresAt: nowMs + policy.tombstoneTtlMs });
  moveNumber(records, countNames.tombstones, 1);
}

/** Those whose time is over; how many. */
export function dropTombstones({ shelf, records }: StoreContext, due: Due): number {
  const taskIds = shelf.expiredTombstones(due);
  for (const taskId of taskIds) shelf.dropTombstone(taskId);
  if (taskIds.length === 0) return 0;
  // Those of an earlier release were never counted.
  const counted = Math.min(taskIds.length, numberOf(records, countNames.tombstones));
  moveNumber(records, countNames.tombstones, -counted);
  return taskIds.length;
}

/** The oldest beyond the bound, at most so many; how many. */
export function forgetExcess(context: StoreContext, max: number): number {
  const { records, policy } = context;
  const excess = numberOf(records, countNames.tombstones) - policy.tombstonesMax;
  if (excess <= 0 || max <= 0) return 0;
  const nowMs = Number.MAX_SAFE_INTEGER;
  const forgotten = dropTombstones(context, { nowMs, max: Math.min(excess, max) });
  moveNumber(records, countNames.tombstonesForgotten, forgotten);
  return forgotten;
}
