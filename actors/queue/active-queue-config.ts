// What is active of a queue's layer of configuration. It outlives the queue manager, and the store, which
// the rules of the topology's file are written into anew.
import { Compile } from "typebox/compile";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import { QueueConfig, queueConfigLayer } from "#protocols/tasks/queue-config.ts";

const configCheck = Compile(QueueConfig);

/** Undefined: nothing ever was. */
export async function activeQueueConfig(
  store: Ref<Store>,
  queue: string,
): Promise<QueueConfig | undefined> {
  const active = await store.activeConfig({ layer: queueConfigLayer, scope: queue });
  if (active === null) return undefined;
  const document: unknown = JSON.parse(active.document);
  // Another release may have written it: what does not fit changes nothing.
  return configCheck.Check(document) ? document : undefined;
}
