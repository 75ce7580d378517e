// How puppets end, and how the others hear of it: one after the other, in any order.
import type { NodeKey } from "#protocols/cluster/migration.ts";
import type { PuppetNode } from "./migration-actors.ts";
import type { MigrationLedger } from "./migration-ledger.ts";
import { carried, type PuppetLinks } from "./puppet-links.ts";

interface Removal {
  readonly at: PuppetNode;
  readonly of: PuppetNode;
}

/** The world, as far as deaths go. */
export interface Mortals {
  readonly nodes: readonly PuppetNode[];
  readonly ledger: MigrationLedger;
  readonly counts: { deaths: number };
  chance(): number;
}

export class PuppetDeaths {
  readonly #world: Mortals;
  readonly #links: PuppetLinks;
  readonly #removals: Removal[] = [];

  constructor(world: Mortals, links: PuppetLinks) {
    this.#world = world;
    this.#links = links;
  }

  get isNewsUnderWay(): boolean {
    return this.#removals.length > 0;
  }

  /** Somebody hears of an end, if there is one to hear of. */
  spread(): boolean {
    if (this.#removals.length === 0) return false;
    const index = Math.floor(this.#world.chance() * this.#removals.length);
    const [removal] = this.#removals.splice(index, 1);
    if (removal) this.#remove(removal);
    return true;
  }

  /** That node hears of that end at once. */
  hear(node: PuppetNode, other: NodeKey): void {
    const index = this.#removals.findIndex(({ at, of }) => at === node && of.key === other);
    const [removal] = index < 0 ? [] : this.#removals.splice(index, 1);
    if (removal) this.#remove(removal);
  }

  /** The process ends: what it has is lost, and of what it sent, perhaps the end. */
  kill(node: PuppetNode): void {
    if (node.state === "dead") return;
    const wasUp = node.state === "up";
    node.state = "dead";
    this.#world.counts.deaths += 1;
    this.#world.ledger.excuse(node.key);
    if (wasUp) this.#isolate(node);
  }

  /** All others give it up, and it does not know: it runs on, and reaches the directory only. */
  cutOff(node: PuppetNode): void {
    if (node.state !== "up") return;
    node.state = "cut-off";
    this.#world.counts.deaths += 1;
    this.#world.ledger.excuse(node.key);
    this.#isolate(node);
  }

  #isolate(node: PuppetNode): void {
    for (const other of this.#world.nodes) {
      if (other === node || !other.isRunning) continue;
      const link = `${node.key}>${other.key}`;
      const keptCount = Math.floor(this.#world.chance() * (this.#links.count(link) + 1));
      for (const [index, wire] of this.#links.drop(link).entries()) {
        if (index < keptCount) this.#links.put(link, wire);
        else for (const each of carried(wire)) this.#world.ledger.excuseOne(each);
      }
      this.#removals.push({ at: other, of: node });
    }
  }

  #remove({ at, of }: Removal): void {
    if (!at.isRunning) return;
    at.removed.add(of.key);
    for (const wire of this.#links.drop(`${of.key}>${at.key}`)) {
      for (const each of carried(wire)) this.#world.ledger.excuseOne(each);
    }
    const back = this.#links.drop(`${at.key}>${of.key}`);
    at.desk.nodeRemoved(of.key);
    for (const wire of back) {
      if (wire.kind === "item") at.desk.undelivered(of.key, wire.item);
      else for (const each of carried(wire)) this.#world.ledger.excuseOne(each);
    }
  }
}
