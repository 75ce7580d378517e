// From the queues of the document to their plans: the rules that say which tasks go there, and the
// settings that the store keeps. Pure.
import type { QueueDocument } from "#protocols/outside/topology-queues.ts";
import type { QueuePlan } from "#protocols/tasks/resource-demand.ts";

/** `leaseMs`: of queues that say none themselves; null: then the store's own. */
export const expandQueues = (
  documents: readonly QueueDocument[] = [],
  leaseMs: number | null = null,
): readonly QueuePlan[] => documents.map((document) => expandQueue(document, leaseMs));

/** What is not said is not set: then the store's own default stands. */
function expandQueue(document: QueueDocument, leaseMs: number | null): QueuePlan {
  const {
    name,
    class: resourceClass,
    types,
    models,
    pixelsMax,
    rate,
    userRate,
    ...others
  } = document;
  const { machine = {}, ...rules } = others;
  const { keyRequired, ...settings } = rules;
  const key = keyRequired === undefined ? {} : { isKeyRequired: keyRequired };
  return {
    queue: name,
    class: resourceClass,
    types: types ?? null,
    models: models ?? null,
    pixelsMax: pixelsMax ?? null,
    rate: rate === undefined ? null : { burst: 1, ...rate },
    userRate: userRate === undefined ? null : { burst: 1, ...userRate },
    machine,
    settings: { queue: name, ...(leaseMs === null ? {} : { leaseMs }), ...settings, ...key },
  };
}
