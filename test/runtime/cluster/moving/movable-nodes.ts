// Whole nodes on one virtual time, whose actors may move: links in order with delays of their own, a
// directory with the node `a`, and deaths at any moment.
import type { NodeId } from "#protocols/address.ts";
import { formatNode } from "#protocols/address.ts";
import { type BatchWriter, type Codec, createCodec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { MovingActors } from "#runtime/cluster/moving/moving-actors.ts";
import type { MovingTerms } from "#runtime/cluster/moving/moving-terms.ts";
import { spawnDirectory, useEmbeddedNames } from "#runtime/cluster/names/node-names.ts";
import { ActorKinds, type NamedActorClass } from "#runtime/cluster/remote/actor-kinds.ts";
import type { SendOutcome, Timers, Transport, TransportEvents } from "#runtime/core/ports.ts";
import { SeededRandom, seedFrom } from "#runtime/core/random.ts";
import { ActorRef } from "#runtime/core/ref.ts";
import { ActorSystem } from "#runtime/core/system.ts";
import { VirtualTime } from "#runtime/testkit/virtual-time.ts";

export interface MovableNode {
  readonly node: NodeId;
  readonly system: ActorSystem;
  readonly log: string[];
}

interface Station {
  readonly node: NodeId;
  readonly codec: Codec;
  readonly writer: BatchWriter;
  readonly events: TransportEvents;
}

interface Line {
  readonly timers: Timers;
  readonly row: { readonly dueMs: number; readonly copies: readonly Envelope[] }[];
}

export class MovableNodes {
  readonly time = new VirtualTime();
  readonly nodes = new Map<string, MovableNode>();
  readonly #random: SeededRandom;
  readonly #stations = new Map<string, Station>();
  /** Who knows of whose end. */
  readonly #over = new Set<string>();
  readonly #lines = new Map<string, Line>();
  readonly #classes: readonly NamedActorClass[];
  readonly #reached: MovingTerms["reached"];

  constructor(
    classes: readonly NamedActorClass[],
    terms: { seed?: number; reached?: MovingTerms["reached"] } = {},
  ) {
    this.#classes = classes;
    this.#random = new SeededRandom(seedFrom(terms.seed ?? 1));
    this.#reached = terms.reached;
  }

  async start(...names: readonly string[]): Promise<void> {
    for (const name of names) await this.#startNode({ name, incarnation: 1 + this.nodes.size });
    for (const a of this.#stations.values()) {
      for (const b of this.#stations.values()) if (a !== b) a.events.nodeUp(b.node);
    }
    await this.run(50);
  }

  of(name: string): MovableNode {
    const found = this.nodes.get(name);
    if (!found) throw new Error(`no node ${name}`);
    return found;
  }

  run(ms: number): Promise<void> {
    return this.time.advance(ms);
  }

  isUp(name: string): boolean {
    return this.#stations.has(name);
  }

  /** The process is gone at once; what it had sent is under way still, and the others hear it later. */
  kill(name: string): void {
    const gone = this.#stations.get(name);
    if (!gone) return;
    this.#stations.delete(name);
    for (const [other, station] of this.#stations) {
      const timers = this.time.createTimers();
      timers.set(this.time.now() + 20 + this.#random.next() * 20, () => {
        const line = this.#lines.get(`${other}>${name}`);
        const lost = line?.row.splice(0).flatMap(({ copies }) => copies) ?? [];
        this.#over.add(`${other}>${formatNode(gone.node)}`);
        if (this.#stations.get(other) === station) station.events.nodeDown(gone.node, lost);
      });
    }
  }

  async #startNode(node: NodeId): Promise<void> {
    const moving = new MovingActors(
      node,
      this.#transportOf(node, () => system),
    );
    const log: string[] = [];
    const system: ActorSystem = new ActorSystem({
      node,
      clock: this.time,
      timers: this.time.createTimers(),
      executor: this.time,
      random: { next: () => this.#random.next() },
      log: { write: (level, actor, text) => log.push(`${level} ${actor} ${text}`) },
      transport: moving.transport,
      protocols: this.#classes.map(({ protocol }) => protocol),
      fatal: (failure) => log.push(`fatal ${failure.detail}`),
    });
    this.nodes.set(node.name, { node, system, log });
    const { names, session } = useEmbeddedNames(system, "a");
    moving.serve(system, {
      session: () => session,
      kinds: new ActorKinds(this.#classes),
      ...(this.#reached ? { reached: this.#reached } : {}),
    });
    if (node.name === "a") spawnDirectory(system);
    await system.start();
    names.join();
  }

  #transportOf(node: NodeId, refs: () => ActorSystem): Transport {
    return {
      send: (to, envelope) => this.#send(node, to, envelope),
      released: () => {},
      start: (events) => {
        const codec = createCodec({ refs: refs(), refClass: ActorRef });
        this.#stations.set(node.name, { node, codec, writer: codec.writer(), events });
        return Promise.resolve();
      },
      stop: () => Promise.resolve(this.kill(node.name)),
    };
  }

  #send(from: NodeId, to: NodeId, envelope: Envelope): SendOutcome {
    const sender = this.#stations.get(from.name);
    if (!sender) return "accepted";
    const known = this.nodes.get(to.name);
    if (!known) return "not_found";
    if (to.incarnation !== 0 && formatNode(to) !== formatNode(known.node)) return "node_down";
    if (to.name === from.name) return "not_found";
    if (this.#over.has(`${from.name}>${formatNode(known.node)}`)) return "node_down";
    if (sender.writer.add(envelope) !== "added") return "too_large";
    const { bytes, payloads, messages } = sender.writer.close();
    const parts = payloads.map((part) => Buffer.from(part));
    const target = this.#stations.get(to.name);
    const codec = (target ?? sender).codec;
    const copies = codec.decode({ bytes, payloads: parts, messages });
    this.#put(from.name, to.name, copies);
    return "accepted";
  }

  #put(from: string, to: string, copies: readonly Envelope[]): void {
    const key = `${from}>${to}`;
    const line = this.#lines.get(key) ?? { timers: this.time.createTimers(), row: [] };
    this.#lines.set(key, line);
    const last = line.row.at(-1)?.dueMs ?? 0;
    const dueMs = Math.max(last, this.time.now() + this.#random.next() * 4);
    line.row.push({ dueMs, copies });
    if (line.row.length === 1) this.#arm(from, to, line);
  }

  #arm(from: string, to: string, line: Line): void {
    const first = line.row[0];
    if (!first) return;
    line.timers.set(first.dueMs, () => {
      const station = this.#stations.get(to);
      const sender = this.nodes.get(from);
      if (!station || !sender) return;
      line.row.shift();
      for (const copy of first.copies) station.events.deliver(sender.node, copy, 0);
      this.#arm(from, to, line);
    });
  }
}
