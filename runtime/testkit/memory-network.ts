// Several systems in one process, joined by a network that is nothing but a list of deliveries: in
// order, none lost, until a node is taken down.
import type { NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { RefCodec, SendOutcome, Transport, TransportEvents } from "#runtime/core/ports.ts";

interface Station {
  readonly node: NodeId;
  readonly refs: RefCodec;
  readonly events: TransportEvents;
}

export class MemoryNetwork {
  readonly #stations = new Map<string, Station>();

  /** A transport for the node; `refs` is asked late, because the system is made with the transport. */
  transportOf(node: NodeId, refs: () => RefCodec): Transport {
    return {
      send: (to, envelope) => this.#send(node, to, envelope),
      start: (events) => {
        this.#stations.set(node.name, { node, refs: refs(), events });
        return Promise.resolve();
      },
      stop: () => {
        this.takeDown(node.name);
        return Promise.resolve();
      },
    };
  }

  /** The node is gone; all others hear it. */
  takeDown(name: string): void {
    const gone = this.#stations.get(name);
    if (!gone) return;
    this.#stations.delete(name);
    for (const { events } of this.#stations.values()) events.nodeDown(gone.node, []);
  }

  #send(from: NodeId, to: NodeId, envelope: Envelope): SendOutcome {
    const sender = this.#stations.get(from.name);
    const target = this.#stations.get(to.name);
    if (!sender || !target) return "node_down";
    if (to.incarnation !== 0 && to.incarnation !== target.node.incarnation) return "node_down";
    const copy = this.#carry(envelope, sender.refs, target.refs);
    setImmediate(() => {
      if (this.#stations.get(to.name) === target) target.events.deliver(from, copy);
    });
    return "accepted";
  }

  /** Refs become refs of the other system; everything else is copied as plain data. */
  #carry<T>(value: T, from: RefCodec, to: RefCodec): T;
  #carry(value: unknown, from: RefCodec, to: RefCodec): unknown {
    const ref = from.describe(value);
    if (ref) return to.revive(ref.address, ref.protocolId);
    if (Array.isArray(value)) return value.map((item) => this.#carry(item, from, to));
    if (value instanceof Uint8Array || typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.#carry(item, from, to)]),
    );
  }
}
