// Several systems in one process, joined by a network that is nothing but a list of deliveries: in
// order, none lost, until a node is taken down. Messages go through the codec of real links: what could
// not travel there does not travel here.
import type { NodeId } from "#protocols/address.ts";
import { type BatchWriter, type Codec, createCodec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { RefCodec, SendOutcome, Transport, TransportEvents } from "#runtime/core/ports.ts";
import { ActorRef } from "#runtime/core/ref.ts";

// Taken before anybody can put traps in their place (see ambient-guard.ts).
const nextPass = setImmediate;

interface Station {
  readonly node: NodeId;
  readonly codec: Codec;
  readonly writer: BatchWriter;
  readonly events: TransportEvents;
}

export class MemoryNetwork {
  readonly #stations = new Map<string, Station>();

  /** A transport for the node; `refs` is asked late, because the system is made with the transport. */
  transportOf(node: NodeId, refs: () => RefCodec): Transport {
    return {
      send: (to, envelope) => this.#send(node, to, envelope),
      released: () => {},
      start: (events) => {
        const codec = createCodec({ refs: refs(), refClass: ActorRef });
        this.#stations.set(node.name, { node, codec, writer: codec.writer(), events });
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
    if (sender.writer.add(envelope) !== "added") return "too_large";
    const { bytes, payloads, messages } = sender.writer.close();
    const parts = payloads.map((part) => Buffer.from(part));
    const copies = target.codec.decode({ bytes, payloads: parts, messages });
    nextPass(() => {
      if (this.#stations.get(to.name) !== target) return;
      for (const copy of copies) target.events.deliver(from, copy, 0);
    });
    return "accepted";
  }
}
