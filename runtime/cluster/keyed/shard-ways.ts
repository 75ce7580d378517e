// Where this node sends what is for each shard: to itself, to the owner, or nowhere for the moment.
//
//   a message ──► the owner is known, and we are attached to it ──► it goes there, and is counted
//           └──► it is not, or the owner asked to hold ──► held, in its order, and sent when it is
//
// A shard that its owner gives away is held from then on until a newer owner stands in the directory, so
// that nothing reaches the new one before what the old one had. Nothing is ever sent on by a node that
// does not own the shard: there is no second way on which a message could come again or overtake.
import { isSameNode, type NodeId } from "#protocols/address.ts";
import type {
  Attached,
  HeldReport,
  HoldRequest,
  ShardTenureId,
} from "#protocols/cluster/keyed-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { Revision } from "#runtime/cluster/directory/directory.ts";
import { retryMs } from "#runtime/cluster/directory/patient-call.ts";
import type { Clock } from "#runtime/core/ports.ts";
import type { RealmMessage, Realms } from "#runtime/core/realms.ts";
import type { TimerQueue } from "#runtime/core/timer-queue.ts";
import type { HeldMessages } from "./held-messages.ts";
import type { KeyedSink } from "./keyed-sink.ts";
import type { KindEntries } from "./kind-entries.ts";

export interface WayPorts {
  readonly node: NodeId;
  readonly protocol: Protocol<unknown>;
  readonly entries: KindEntries;
  readonly held: HeldMessages;
  readonly realms: Realms;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  attach(to: NodeId): Promise<Attached>;
  /** Sends something to whichever life of the node there is. */
  greet(name: string): void;
  /** To the owner. */
  report(to: NodeId, report: HeldReport): void;
  /** For a shard that this node owns, or will in a moment. */
  deliverHere(to: KeyedSink, message: RealmMessage): void;
}

/** Milliseconds between two greetings of a node that is cut off. */
const greetMs = 500;

/** A node that hosts shards, as this one sends to it. */
interface Owner {
  readonly node: NodeId;
  state: "unattached" | "attaching" | "attached" | "gone";
  failures: number;
  /** Why it could not be attached to, last time. */
  problem: string;
  /** Messages sent to it, by shard. */
  readonly sent: Map<number, number>;
}

type Way = Owner | "here" | undefined;

export class ShardWays {
  readonly #ports: WayPorts;
  readonly #ways: Way[];
  readonly #owners = new Map<string, Owner>();
  /** By shard: held until an owner with a higher fence stands there. */
  readonly #heldUpTo = new Map<number, Revision>();

  constructor(ports: WayPorts, shards: number) {
    this.#ports = ports;
    this.#ways = Array.from({ length: shards }, () => undefined);
  }

  send(to: KeyedSink, message: RealmMessage): void {
    const way = this.#ways[to.shard];
    if (way === undefined) this.#ports.held.hold(to.shard, to, message);
    else if (way === "here") this.#ports.deliverHere(to, message);
    else this.#relay(way, to, message);
  }

  /** Whether messages for the shard go somewhere now. */
  isOpen(shard: number): boolean {
    return this.#ways[shard] !== undefined;
  }

  /** Why messages for the shard wait. */
  why(shard: number): string {
    const { entries } = this.#ports;
    const place = entries.placeOf(shard);
    const heldUpTo = this.#heldUpTo.get(shard) ?? 0;
    if (this.isOpen(shard)) return "its actor is ending, or has no place yet";
    if (place && place.fence > heldUpTo) {
      const problem = this.#owners.get(place.node.name)?.problem ?? "not tried yet";
      return `its owner ${place.node.name} cannot be reached: ${problem}`;
    }
    if (place) return `${place.node.name} hands it over`;
    const hosts = entries.hosts.join(", ");
    return hosts === "" ? "no node hosts the kind" : `none of its hosts (${hosts}) has claimed it`;
  }

  // ---- what the directory tells

  /** -1: all of them. */
  shardChanged(shard: number): void {
    if (shard >= 0) this.#look(shard);
    else for (const each of this.#ways.keys()) this.#look(each);
  }

  /** It is attached to before anything is to be sent: that also makes this node known to it. */
  hostChanged(node: NodeId): void {
    if (!isSameNode(node, this.#ports.node)) this.#attach(this.#owner(node));
  }

  /** That life of the node is over, or nothing reaches it any more. */
  nodeGone(node: NodeId): void {
    const owner = this.#owners.get(node.name);
    if (!owner || !isSameNode(owner.node, node)) return;
    owner.state = "gone";
    owner.problem = "its links are down, and its session has yet to end";
    this.#lookAll(owner.node);
    this.#greetLater(owner);
  }

  /**
   * The links to it are down for good, and yet it lives as others see it: it is greeted until one of
   * both has started anew, so that they meet again. Nobody would speak first otherwise.
   */
  #greetLater(owner: Owner): void {
    const { clock, greet, timers } = this.#ports;
    timers.set(clock.now() + greetMs, () => {
      if (this.#owners.get(owner.node.name) !== owner || !this.#isUser(owner.node)) return;
      greet(owner.node.name);
      this.#greetLater(owner);
    });
  }

  #isUser(node: NodeId): boolean {
    return this.#ports.entries.users.some((user) => isSameNode(user.node, node));
  }

  // ---- what owners tell

  hold({ fence, shard }: ShardTenureId): void {
    this.#heldUpTo.set(shard, Math.max(fence, this.#heldUpTo.get(shard) ?? 0));
    this.#look(shard);
  }

  /** From now on nothing more goes to that owner for the shard. */
  holdFor({ fence, owner, shard }: HoldRequest): void {
    this.hold({ fence, shard });
    const sent = this.#owner(owner).sent.get(shard) ?? 0;
    this.#ports.report(owner, { fence, shard, sender: this.#ports.node, sent });
  }

  #relay(owner: Owner, to: KeyedSink, message: RealmMessage): void {
    const { protocol, realms } = this.#ports;
    if (!realms.relay(to.at(owner.node), protocol, message)) return;
    owner.sent.set(to.shard, (owner.sent.get(to.shard) ?? 0) + 1);
  }

  #look(shard: number): void {
    const before = this.#ways[shard];
    const way = this.#wayOf(shard);
    this.#ways[shard] = way;
    if (way === undefined || way === before) return;
    for (const { to, message } of this.#ports.held.take(shard)) this.#sendHeld(to, message);
  }

  /** One that cannot travel has no caller any more who would hear of it; those behind it go on. */
  #sendHeld(to: KeyedSink, message: RealmMessage): void {
    try {
      this.send(to, message);
    } catch (error) {
      this.#ports.realms.refuse(to.address, message, Failure.of(error));
    }
  }

  #wayOf(shard: number): Way {
    const { entries, node } = this.#ports;
    const place = entries.placeOf(shard);
    if (place === undefined || place.fence <= (this.#heldUpTo.get(shard) ?? 0)) return undefined;
    if (isSameNode(place.node, node)) return "here";
    const owner = this.#owner(place.node);
    if (!isSameNode(owner.node, place.node)) return undefined;
    if (owner.state === "attached") return owner;
    this.#attach(owner);
    return undefined;
  }

  #owner(node: NodeId): Owner {
    const known = this.#owners.get(node.name);
    if (known && known.node.incarnation >= node.incarnation) return known;
    const owner: Owner = {
      node,
      state: "unattached",
      failures: 0,
      problem: "not tried yet",
      sent: new Map(),
    };
    this.#owners.set(node.name, owner);
    return owner;
  }

  #attach(owner: Owner): void {
    if (owner.state !== "unattached") return;
    owner.state = "attaching";
    this.#ports.attach(owner.node).then(
      ({ leaving }) => this.#attached(owner, leaving),
      (error: unknown) => this.#missed(owner, Failure.of(error)),
    );
  }

  #attached(owner: Owner, leaving: readonly ShardTenureId[]): void {
    if (owner.state !== "attaching") return;
    owner.state = "attached";
    owner.failures = 0;
    for (const tenure of leaving) this.hold(tenure);
    this.#lookAll(owner.node);
  }

  #missed(owner: Owner, { detail }: Failure): void {
    if (owner.state !== "attaching") return;
    owner.problem = detail;
    owner.failures += 1;
    const { clock, timers } = this.#ports;
    timers.set(clock.now() + retryMs(owner.failures), () => {
      if (owner.state !== "attaching") return;
      owner.state = "unattached";
      if (this.#isUser(owner.node)) this.#attach(owner);
    });
  }

  #lookAll(node: NodeId): void {
    for (const shard of this.#ways.keys()) {
      const place = this.#ports.entries.placeOf(shard);
      if (place && isSameNode(place.node, node)) this.#look(shard);
    }
  }
}
