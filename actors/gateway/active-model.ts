// The model that the cluster's active configuration has the gateway use.
import { Compile } from "typebox/compile";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import { GatewayConfig, gatewayConfigPlace } from "#protocols/tasks/gateway.ts";

const check = Compile(GatewayConfig);

/** null: none is active, or it says nothing of a model. */
export async function activeModel(store: Ref<Store>): Promise<{ readonly model: string | null }> {
  const active = await store.activeConfig(gatewayConfigPlace);
  const document: unknown = active === null ? null : JSON.parse(active.document);
  return { model: check.Check(document) ? document.model : null };
}
