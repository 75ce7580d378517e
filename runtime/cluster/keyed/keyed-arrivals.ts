// Messages for keyed actors as they come in from other nodes: counted by sender and shard, and refused
// where the sender is not attached, because nobody would wait for it when a shard is handed over.
import type { NodeId } from "#protocols/address.ts";
import type { AttachedSenders } from "./attached-senders.ts";
import { countArrival } from "./attached-senders.ts";
import { keyProblem } from "./keyed-address.ts";
import type { KeyedSink } from "./keyed-sink.ts";

/** Keys that are remembered as they come. Full: all are forgotten, and made anew. */
const keysMax = 65_536;

export interface ArrivalPorts {
  readonly senders: AttachedSenders;
  /** Takes messages for a key that are to be handled here. */
  admitting(key: string): KeyedSink;
  /** Refuses them. */
  refusing(key: string): KeyedSink;
}

export class Arrivals {
  readonly #ports: ArrivalPorts;
  /** By key, made once. */
  readonly #sinks = new Map<string, KeyedSink>();

  constructor(ports: ArrivalPorts) {
    this.#ports = ports;
  }

  /** Who takes the message; undefined: that can be no key. */
  receive(from: NodeId, key: string): KeyedSink | undefined {
    const sink = this.#sinks.get(key) ?? this.#newSink(key);
    if (sink === undefined) return undefined;
    const sender = this.#ports.senders.find(from);
    if (sender === undefined) return this.#ports.refusing(key);
    countArrival(sender, sink.shard);
    return sink;
  }

  #newSink(key: string): KeyedSink | undefined {
    if (keyProblem(key)) return undefined;
    if (this.#sinks.size >= keysMax) this.#sinks.clear();
    const sink = this.#ports.admitting(key);
    this.#sinks.set(key, sink);
    return sink;
  }
}
