// The way of messages to actors that move, at one node: as their origin, as a relay, up to the host's
// gate. Pure. An item is addressed to an incarnation; a host lets it in, and a former host hands it on,
// one epoch at a time, and tells its origin once where the actor is now.
//
//   origin ──(aid, 1)──► relay: 1 → 2 ──(aid, 2)──► relay: 2 → 3 ──(aid, 3)──► host
//      ◄────Moved(3)────────┘
import {
  type ActorId,
  birthNodeOf,
  type Location,
  type MigrationNotice,
  migrationLimits,
  type NodeKey,
} from "#protocols/cluster/migration.ts";
import type { Forward, Forwards, Passing } from "./forwarding-table.ts";
import { ParkedItems } from "./parked-items.ts";
import type { LossReason, StreamBody, StreamItem } from "./peer-message.ts";
import type { OwnItem, Positions } from "./stream-positions.ts";

export interface RouterPort<M> {
  readonly self: NodeKey;
  isRemoved(node: NodeKey): boolean;
  sendItem(to: NodeKey, item: StreamItem<M>): void;
  notify(to: NodeKey, notice: MigrationNotice): void;
  /** Lets the item in, when the incarnation that it is addressed to is here or about to be. */
  offer(item: StreamItem<M>): boolean;
  /** At which epoch the actor is on this node, if it is. */
  epochHere(aid: ActorId): number | undefined;
  /** Asks the directory; `located` follows. */
  resolve(aid: ActorId): void;
  probeIn(probe: number): void;
  lost(aid: ActorId, message: M, reason: LossReason): void;
  crowded(aid: ActorId, message: M): void;
}

export interface RouterParts<M> {
  readonly positions: Positions;
  readonly forwards: Forwards;
  readonly port: RouterPort<M>;
}

/** Entries that a crowded table asks about at one tick. */
const closedPerTick = 64;

export class StreamRouter<M> {
  readonly #positions: Positions;
  readonly #forwards: Forwards;
  readonly #port: RouterPort<M>;
  /** What this node sends, and what it should hand on. */
  readonly #own = new ParkedItems<StreamBody<M>>(migrationLimits.parkedMax);
  readonly #passing = new ParkedItems<StreamItem<M>>(migrationLimits.parkedMax);

  constructor({ positions, forwards, port }: RouterParts<M>) {
    this.#positions = positions;
    this.#forwards = forwards;
    this.#port = port;
  }

  send(aid: ActorId, body: StreamBody<M>): void {
    if (this.#positions.stateOf(aid) === "unmoved" && this.#port.isRemoved(birthNodeOf(aid))) {
      this.#positions.broken(aid, 0);
    }
    switch (this.#positions.stateOf(aid)) {
      case "unmoved":
      case "open": {
        const { node, header } = this.#positions.stamp(aid);
        this.#dispatch(node, { ...header, body });
        return;
      }
      case "lost":
        this.#resolve(aid);
        break;
      case "resolving":
        break;
    }
    if (!this.#own.park(aid, body)) this.#lose({ aid, body }, "mailbox_full");
    else if (body.kind === "message" && this.#own.count >= migrationLimits.crowdMin) {
      this.#port.crowded(aid, body.message);
    }
  }

  /** An item addressed to an incarnation that is, was, or will be here. */
  arrive(item: StreamItem<M>): void {
    if (this.#port.offer(item)) return;
    const forward = this.#forwards.find(item.aid, item.epoch);
    if (forward) this.#handOn(forward, item);
    else if (this.#forwards.isForgotten(item.aid)) this.#lookUp(item);
    else this.#refuse(item, "actor_stopped");
  }

  /** The actor is there now: the last item on the old path says so. */
  learn(aid: ActorId, location: Location): void {
    this.#sendOwn(this.#positions.learn(aid, location));
  }

  /** A relay could not pass on what this node sent. */
  broken(aid: ActorId, epoch: number): void {
    this.#positions.broken(aid, epoch);
  }

  acknowledge(origin: NodeKey, probe: number): void {
    if (origin === this.#port.self) this.acknowledged(probe);
    else this.#port.notify(origin, { kind: "probe-ack", probe });
  }

  acknowledged(probe: number): void {
    this.#positions.confirm(probe);
    this.#port.probeIn(probe);
  }

  /**
   * What the directory said. Nothing: it has no entry, and so, of an actor that has moved, had one: the
   * actor has ended, or nobody took it over in time, and nobody can any more.
   */
  located(aid: ActorId, location: Location | undefined): void {
    const isUsable = location !== undefined && !this.#port.isRemoved(location.node);
    if (location !== undefined && !isUsable) {
      this.#port.resolve(aid);
      return;
    }
    if (this.#positions.stateOf(aid) === "resolving") this.#locatedOwn(aid, location);
    for (const item of this.#passing.take(aid)) this.#locatedPassing(item, location);
    if (location === undefined) this.#forwards.forget(aid);
  }

  /** The link to a removed node gives back what it had taken. */
  undelivered(to: NodeKey, item: StreamItem<M>): void {
    const forward = this.#forwards.find(item.aid, item.epoch - 1);
    if (item.origin === this.#port.self) this.#positions.broken(item.aid, item.epoch);
    else if (forward?.next.node === to) this.#tellBroken(forward, item.origin);
    else this.#port.notify(item.origin, { kind: "broken", aid: item.aid, epoch: item.epoch });
    this.#lose(item, "node_down");
  }

  nodeRemoved(node: NodeKey): void {
    this.#forwards.nodeRemoved(node);
    this.#positions.nodeRemoved(node);
  }

  tick(): void {
    for (const aid of this.#positions.suspects()) this.#resolve(aid);
    if (!this.#forwards.isCrowded) return;
    for (const passing of this.#forwards.oldest(closedPerTick)) this.#askToClose(passing);
  }

  /** A relay would like to forget an entry. */
  close(relay: NodeKey, { aid, epoch }: { aid: ActorId; epoch: number }): void {
    if (this.#positions.stateOf(aid) === "lost") this.#resolve(aid);
    if (!this.#positions.isPast(aid, epoch)) return;
    if (relay === this.#port.self) this.closed(relay, { aid, epoch });
    else this.#port.notify(relay, { kind: "closed", aid, epoch });
  }

  closed(origin: NodeKey, entry: { aid: ActorId; epoch: number }): void {
    this.#forwards.ended(entry, origin);
  }

  /** The actor has ended. */
  forget(aid: ActorId): void {
    this.#positions.forget(aid);
    this.located(aid, undefined);
  }

  #handOn(forward: Forward, item: StreamItem<M>): void {
    const { node, epoch } = forward.next;
    if (this.#port.isRemoved(item.origin)) {
      this.#lose(item, "node_down");
      return;
    }
    if (this.#port.isRemoved(node)) {
      this.#tellBroken(forward, item.origin);
      this.#lose(item, "node_down");
      return;
    }
    const told = this.#forwards.passed(forward, item.origin);
    this.#dispatch(node, { ...item, epoch });
    if (told === "untold") this.#tellMoved(item.aid, item.origin);
  }

  #askToClose({ aid, epoch, origins }: Passing): void {
    const forward = this.#forwards.find(aid, epoch);
    const isBroken = forward !== undefined && this.#port.isRemoved(forward.next.node);
    // Perhaps nobody recovers it: then nothing about it need be remembered.
    if (isBroken) this.#port.resolve(aid);
    for (const origin of origins) {
      if (isBroken) this.#tellBroken(forward, origin);
      else this.#tellMoved(aid, origin);
      if (origin === this.#port.self) this.close(origin, { aid, epoch });
      else this.#port.notify(origin, { kind: "close", aid, epoch });
    }
  }

  #tellMoved(aid: ActorId, node: NodeKey): void {
    const newest = this.#newest(aid);
    if (newest === undefined) return;
    if (node === this.#port.self) this.learn(aid, newest);
    else this.#port.notify(node, { kind: "moved", aid, ...newest });
  }

  #newest(aid: ActorId): Location | undefined {
    const known = this.#forwards.newest(aid);
    const epoch = this.#port.epochHere(aid);
    if (epoch === undefined || (known && known.epoch >= epoch)) return known;
    return { node: this.#port.self, epoch };
  }

  #tellBroken(forward: Forward, origin: NodeKey): void {
    const { aid, epoch } = forward;
    if (origin === this.#port.self) this.#positions.broken(aid, epoch);
    else this.#port.notify(origin, { kind: "broken", aid, epoch });
  }

  #lookUp(item: StreamItem<M>): void {
    const isAsked = this.#passing.has(item.aid);
    if (!this.#passing.park(item.aid, item)) this.#refuse(item, "mailbox_full");
    else if (!isAsked) this.#port.resolve(item.aid);
  }

  #locatedOwn(aid: ActorId, location: Location | undefined): void {
    if (location && this.#positions.isOutdated(aid, location)) {
      this.#port.resolve(aid);
      return;
    }
    const waiting = this.#own.take(aid);
    if (location === undefined) {
      this.#positions.forget(aid);
      for (const body of waiting)
        this.#refuse({ aid, body, origin: this.#port.self }, "actor_stopped");
      return;
    }
    this.#sendOwn(this.#positions.resolved(aid, location));
    for (const body of waiting) this.send(aid, body);
  }

  #locatedPassing(item: StreamItem<M>, location: Location | undefined): void {
    if (location === undefined || location.epoch <= item.epoch) {
      this.#refuse(item, "actor_stopped");
      return;
    }
    const { aid, epoch } = item;
    const known = this.#forwards.find(aid, epoch);
    const next = { node: location.node, epoch: location.epoch };
    if (!known) this.#forwards.add({ aid, epoch, next }, []);
    this.arrive(item);
  }

  #resolve(aid: ActorId): void {
    this.#positions.resolving(aid);
    this.#port.resolve(aid);
  }

  #sendOwn(own: OwnItem | undefined): void {
    if (own) this.#dispatch(own.node, own.item);
  }

  #dispatch(node: NodeKey, item: StreamItem<M>): void {
    if (node === this.#port.self) this.arrive(item);
    else this.#port.sendItem(node, item);
  }

  /** There is nobody for it, and nothing before it is under way: a probe is answered. */
  #refuse(item: Pick<StreamItem<M>, "aid" | "body" | "origin">, reason: LossReason): void {
    this.#lose(item, reason);
    if (item.body.kind !== "message") this.acknowledge(item.origin, item.body.probe);
  }

  #lose({ aid, body }: Pick<StreamItem<M>, "aid" | "body">, reason: LossReason): void {
    if (body.kind === "message") this.#port.lost(aid, body.message, reason);
  }
}
