// From the queues of the document to their plans: the rules that say which tasks go there, and the
// settings that the store keeps. Pure.
import type { QueueDocument } from "#protocols/outside/topology-queues.ts";
import { ruledBy, unruled } from "#protocols/tasks/queue-rules.ts";
import type { QueuePlan } from "#protocols/tasks/resource-demand.ts";

/** `leaseMs`: of queues that say none themselves; null: then the store's own. */
export const expandQueues = (
  documents: readonly QueueDocument[] = [],
  leaseMs: number | null = null,
): readonly QueuePlan[] => documents.map((document) => expandQueue(document, leaseMs));

/** What is not said is not set: then the store's own default stands. */
function expandQueue({ name, class: of, ...rules }: QueueDocument, leaseMs: number | null) {
  const settings = { queue: name, ...(leaseMs === null ? {} : { leaseMs }) };
  return ruledBy({ ...unruled(settings), class: of }, rules);
}
