// Whoever ends the store of a simulated node, and nothing else of it.
import { type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { recordSight } from "./task-facts.ts";
import { siteKey } from "./task-site.ts";

export interface Vandal {
  loseStore(): void;
}
export const Vandal = protocol<Vandal>("simulation.Vandal@1", { loseStore: tell });

export class VandalActor extends Actor<Vandal> implements Handlers<Vandal> {
  static readonly protocol = Vandal;

  loseStore(): void {
    const site = this.ctx.use(siteKey);
    if (!site.store) return;
    recordSight(site.host, "store lost");
    site.store.lose();
    site.store = undefined;
  }
}
