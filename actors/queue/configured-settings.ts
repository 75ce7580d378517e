// What is set of a queue when its manager begins: what the topology's file says, and over it what is active
// of the layer `queue`. An update of the configuration so outlives the manager, and the store, which the
// file is written into anew.
import { Compile } from "typebox/compile";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import { QueueConfig, queueConfigLayer } from "#protocols/tasks/queue-config.ts";
import type { QueueSettings } from "#protocols/tasks/queue-view.ts";

const configCheck = Compile(QueueConfig);

export async function configuredSettings(
  store: Ref<Store>,
  settings: QueueSettings,
): Promise<QueueSettings> {
  const place = { layer: queueConfigLayer, scope: settings.queue };
  const active = await store.activeConfig(place);
  if (active === null) return settings;
  const document: unknown = JSON.parse(active.document);
  // Another release may have written it: what does not fit changes nothing.
  return configCheck.Check(document) ? { ...settings, ...document } : settings;
}
