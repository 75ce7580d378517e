// How the store stands, for those who ask whether work can be done: what it holds, and what keeps it
// from writing, in its own words.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { QueueStatistics } from "#protocols/tasks/queue.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import type { StoreCounts, TaskStore } from "#protocols/tasks/store.ts";

export type StoreStanding = StoreCounts &
  Pick<QueueStatistics, "storeAck" | "storeTrouble"> & { readonly queues: readonly QueueView[] };

export async function standingOf(store: Ref<TaskStore>): Promise<StoreStanding> {
  const [counts, queues, { ackLevels }, storeTrouble] = await Promise.all([
    store.counts(),
    store.queues(),
    store.info(),
    store.ping().then(
      () => null,
      (cause: unknown) => Failure.of(cause).detail,
    ),
  ]);
  return { ...counts, queues, storeTrouble, storeAck: ackLevels.at(-1) ?? "accepted" };
}
