// A store in memory behind an actor, as the repositories ask it.
import type { TestContext } from "node:test";
import { StoreActor } from "#actors/store/store-actor.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { startSystem } from "#runtime/start-system.ts";

export async function startStore(t: TestContext): Promise<Ref<Store>> {
  const { system } = await startSystem({
    node: { name: "data", incarnation: 1 },
    bind: "tcp://127.0.0.1:*",
    director: "data",
    peers: new Map(),
    protocols: [],
    log: { write: () => {} },
  });
  t.after(() => system.stop());
  system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  return system.lookup(Store, "store", 5_000);
}
