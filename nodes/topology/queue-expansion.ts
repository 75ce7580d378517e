// From the queues of the document to their plans: the rules that say which tasks go there, and the
// settings that the store keeps. Pure.
import type { QueueDocument } from "#protocols/outside/topology-queues.ts";
import type { QueuePlan } from "#protocols/tasks/resource-demand.ts";

export const expandQueues = (documents: readonly QueueDocument[] = []): readonly QueuePlan[] =>
  documents.map(expandQueue);

/** What is not said is not set: then the store's own default stands. */
function expandQueue(document: QueueDocument): QueuePlan {
  const { name, class: resourceClass, types, models, pixelsMax, rate, ...rules } = document;
  const { keyRequired, ...settings } = rules;
  const key = keyRequired === undefined ? {} : { isKeyRequired: keyRequired };
  return {
    queue: name,
    class: resourceClass,
    types: types ?? null,
    models: models ?? null,
    pixelsMax: pixelsMax ?? null,
    rate: rate === undefined ? null : { burst: 1, ...rate },
    settings: { queue: name, ...settings, ...key },
  };
}
