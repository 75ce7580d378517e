// Asks of other nodes that are not answered yet, by asking node and its number; and cancels that came
// before their ask, as they go in the control lane, which overtakes.
import type { NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { PendingAsk } from "./asks.ts";
import type { BoundCounts } from "./bounds.ts";
import { NodeMap } from "./node-map.ts";

class Asker {
  readonly open = new Map<number, PendingAsk>();
  /** Numbers above it are still to come: a node's asks come in their order. */
  #highest = 0;
  readonly #withdrawn = new Set<number>();

  /** Full: the oldest is forgotten, and its ask is handled in vain. */
  cancelledEarly(correlation: number, bounds: BoundCounts): void {
    if (correlation <= this.#highest) return;
    this.#withdrawn.add(correlation);
    if (this.#withdrawn.size <= limits.earlyCancelsMax) return;
    bounds.reached("earlyCancelsMax");
    const [oldest] = this.#withdrawn;
    if (oldest !== undefined) this.#withdrawn.delete(oldest);
  }

  arrived(correlation: number): "wanted" | "withdrawn" {
    if (correlation > this.#highest) this.#highest = correlation;
    return this.#withdrawn.delete(correlation) ? "withdrawn" : "wanted";
  }
}

export class IncomingAsks {
  readonly #bounds: BoundCounts;
  readonly #askers = new NodeMap<Asker>();

  constructor(bounds: BoundCounts) {
    this.#bounds = bounds;
  }

  arrived(from: NodeId, correlation: number): "wanted" | "withdrawn" {
    return this.#of(from).arrived(correlation);
  }

  opened(from: NodeId, correlation: number, reply: PendingAsk): void {
    this.#of(from).open.set(correlation, reply);
  }

  closed(from: NodeId, correlation: number): void {
    this.#askers.get(from)?.open.delete(correlation);
  }

  cancelled(from: NodeId, correlation: number): void {
    const asker = this.#of(from);
    const reply = asker.open.get(correlation);
    if (reply) reply.giveUp(new Failure("cancelled", "the asking node withdrew its request"));
    else asker.cancelledEarly(correlation, this.#bounds);
  }

  nodeDown(node: NodeId): void {
    const asker = this.#askers.get(node);
    this.#askers.delete(node);
    for (const reply of [...(asker?.open.values() ?? [])]) {
      reply.giveUp(new Failure("cancelled", "the asking node is gone"));
    }
  }

  #of(node: NodeId): Asker {
    const known = this.#askers.get(node);
    if (known) return known;
    const asker = new Asker();
    this.#askers.set(node, asker);
    return asker;
  }
}
