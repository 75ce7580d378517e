// All actors on one node that have anything to do with moving, by identity.
import type { ActorId } from "#protocols/cluster/migration.ts";
import { Hosting, type HostingPorts, type Residency } from "./hosting.ts";
import type { MovedUids } from "./moved-uids.ts";
import type { StreamItem } from "./peer-message.ts";

export class Hostings<M, C> {
  readonly #uids: MovedUids;
  readonly #ports: HostingPorts<M>;
  readonly #hostings = new Map<ActorId, Hosting<M, C>>();

  constructor(uids: MovedUids, ports: HostingPorts<M>) {
    this.#uids = uids;
    this.#ports = ports;
  }

  get count(): number {
    return this.#hostings.size;
  }

  get(aid: ActorId): Hosting<M, C> | undefined {
    return this.#hostings.get(aid);
  }

  add(residency: Residency<M>): Hosting<M, C> {
    const hosting = new Hosting<M, C>(residency, this.#ports);
    this.#hostings.set(residency.aid, hosting);
    this.#uids.add(residency.aid);
    return hosting;
  }

  remove(aid: ActorId): void {
    if (this.#hostings.delete(aid)) this.#uids.remove(aid);
  }

  /** Whether the item is for an actor here, at its present epoch or at one that is about to be. */
  offer(item: StreamItem<M>): boolean {
    const hosting = this.#hostings.get(item.aid);
    if (!hosting) return false;
    if (hosting.epoch !== item.epoch) return hosting.keepEarly(item);
    hosting.offer(item);
    return true;
  }

  originRemoved(node: string): void {
    for (const hosting of [...this.#hostings.values()]) hosting.originRemoved(node);
  }
}
