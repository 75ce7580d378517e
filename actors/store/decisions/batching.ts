// Which of the tasks behind the head of a claim go with it, because a worker can run them together: those
// of its kind of work that bear the same batch key. Such a task goes ahead as if it were one level more
// urgent, as with affinity, so that a full batch never keeps another task waiting for long.
import type { ReadyEntry } from "../shelf.ts";
import type { StoreContext } from "../store-context.ts";
import { goingAheadMs } from "./going-ahead.ts";
import { needsIn } from "./worker-needs.ts";

/** A task's queue, and what it needs of its worker. */
export type Lanes = Map<string, { readonly queue: string; readonly needs: string }>;

/** The same entries; behind each head those of its batch, `batchMax` in all. */
export function batched(
  context: StoreContext,
  entries: readonly ReadyEntry[],
  lanes: Lanes,
  batchMax: number,
): readonly ReadyEntry[] {
  const ordered: ReadyEntry[] = [];
  let left = entries;
  for (let head = left[0]; head !== undefined; head = left[0]) {
    const mates = matesOf(context, head, left.slice(1), lanes).slice(0, batchMax - 1);
    ordered.push(head, ...mates);
    const gone = new Set<ReadyEntry>([head, ...mates]);
    left = left.filter((entry) => !gone.has(entry));
  }
  return ordered;
}

function matesOf(
  context: StoreContext,
  head: ReadyEntry,
  others: readonly ReadyEntry[],
  lanes: Lanes,
): readonly ReadyEntry[] {
  const lane = lanes.get(head.taskId);
  if (lane === undefined || !hasBatchKey(lane.needs)) return [];
  const { queue, needs } = lane;
  const lastRank = head.rank + goingAheadMs(context, queue);
  return others.filter(({ taskId, rank }) => {
    const other = lanes.get(taskId);
    return other?.queue === queue && other.needs === needs && rank <= lastRank;
  });
}

const hasBatchKey = (needs: string): boolean => typeof needsIn(needs)?.batchKey === "string";
