// How far a task goes ahead that its worker would rather have, or that runs with another: one level of
// priority. Where priority counts for nothing, as far as in a queue of which nothing was set.
import type { StoreContext } from "../store-context.ts";
import { queueOf } from "./queue-settings.ts";

export function goingAheadMs(context: StoreContext, queue: string): number {
  const { agingMsPerLevel } = queueOf(context, queue);
  return agingMsPerLevel > 0 ? agingMsPerLevel : context.policy.queue.agingMsPerLevel;
}
