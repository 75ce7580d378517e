// A worker's heartbeat: the pool hears what it holds, and the store extends that.
import type { WorkerHeartbeat, WorkerHeartbeatAnswer } from "#protocols/tasks/queue.ts";
import type { Context } from "#runtime/core/context.ts";
import type { Own } from "./own-messages.ts";
import type { StoreDoor } from "./store-door.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** Rejects as the store does; the QueueManager hears of leases that it did not know of as a message. */
export async function takeBeat(
  ctx: Pick<Context<unknown, Own>, "send" | "now">,
  beat: WorkerHeartbeat,
  { store, pool }: { readonly store: StoreDoor; readonly pool: WorkerPool },
): Promise<WorkerHeartbeatAnswer> {
  const { node, leases } = beat;
  const strangers = pool.reported(beat, ctx.now());
  const isKnown = pool.get(node) !== undefined;
  if (leases.length === 0) return { lost: [], cancel: [], isKnown };
  const answer = await store.ask((open) => open.heartbeat({ node, leases }));
  const lost = new Set(answer.lost.map(({ fence }) => fence));
  const extended = strangers.filter(({ fence }) => !lost.has(fence));
  if (extended.length > 0) ctx.send("extended", { node, leases: extended });
  return { ...answer, isKnown };
}
