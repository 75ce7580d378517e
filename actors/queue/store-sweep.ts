// What the store is asked each time the queue looks around: to do what time demands, what waits, and how
// the register of skills stands.
import type { Ref } from "#protocols/actor-ref.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { Context } from "#runtime/core/context.ts";
import type { Own } from "./own-messages.ts";

const sweepItemsMax = 500;

export function sweepStore(ctx: Pick<Context<unknown, Own>, "pipe">, store: Ref<Store>): void {
  ctx.pipe(store.sweep(sweepItemsMax), "swept", "troubled");
  ctx.pipe(store.waitingKinds(), "kindsSeen", "troubled");
  ctx.pipe(store.skills(storeLimits.skillsMax), "skillsSeen", "troubled");
}
