// One kind of keyed actors on one node: its parts put together, and what comes from outside handed to
// the part that it concerns.
//
//   refs ──► ShardWays ──► link ──► (other node) arrivals ──► ShardLeases ──► LivingActors ──► actor
//               └───────────── this node owns the shard ──────────┘
import { isSameNode, type NodeId } from "#protocols/address.ts";
import {
  type Attached,
  type AttachRequest,
  type HeldReport,
  type HoldRequest,
  KeyedService,
  keyedPath,
} from "#protocols/cluster/keyed-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import { systemTopics } from "#runtime/core/event-bus.ts";
import type { RealmMessage } from "#runtime/core/realms.ts";
import type { Sink } from "#runtime/core/ref.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { AttachedSenders } from "./attached-senders.ts";
import { HeldMessages } from "./held-messages.ts";
import { keyProblem } from "./keyed-address.ts";
import { Arrivals } from "./keyed-arrivals.ts";
import { KeyedSink } from "./keyed-sink.ts";
import type { KeyedStatus } from "./keyed-status.ts";
import type { HostTerms } from "./keyed-terms.ts";
import { KindEntries } from "./kind-entries.ts";
import { type KeeperContext, LivingActors } from "./living-actors.ts";
import { ShardLeases } from "./shard-leases.ts";
import { shardOf } from "./shard-placement.ts";
import { ShardWays } from "./shard-ways.ts";

/** What lives here of the kind: the class, and its actors' arguments but for key and fence. */
export interface Hosted {
  readonly type: ActorClass;
  readonly args: object;
}

export interface RegionTerms extends Required<HostTerms> {
  readonly protocol: Protocol<unknown>;
  /** Undefined: this node only sends. */
  readonly hosted: Hosted | undefined;
}

export class KeyedRegion {
  readonly protocol: Protocol<unknown>;
  readonly #system: ActorSystem;
  readonly #session: DirectorySession;
  readonly #terms: RegionTerms;
  readonly #entries: KindEntries;
  readonly #held: HeldMessages;
  readonly #ways: ShardWays;
  readonly #senders = new AttachedSenders();
  readonly #arrivals = new Arrivals({
    senders: this.#senders,
    admitting: (key) => this.#sink(key, this.#admit),
    refusing: (key) => this.#sink(key, this.#refuseStranger),
  });
  readonly #living: LivingActors | undefined;
  readonly #leases: ShardLeases | undefined;
  #failure: Failure | undefined;

  constructor(system: ActorSystem, session: DirectorySession, terms: RegionTerms) {
    const { clock, node, realms, timers } = system;
    const { heldMax, kind, protocol, shards } = terms;
    this.protocol = protocol;
    this.#system = system;
    this.#session = session;
    this.#terms = terms;
    this.#held = new HeldMessages({
      ...{ clock, heldMax, realms, timers },
      why: ({ shard }) => this.#ways.why(shard),
    });
    this.#entries = new KindEntries(
      session,
      { kind, shards, protocolId: protocol.id },
      {
        userChanged: (user) => {
          if (user.part === "host") this.#ways.hostChanged(user.node);
          this.#leases?.reconcile();
        },
        userGone: (gone) => this.#nodeGone(gone),
        shardChanged: (shard) => {
          this.#ways.shardChanged(shard);
          this.#leases?.reconcile();
        },
      },
    );
    const held = this.#held;
    const entries = this.#entries;
    this.#ways = new ShardWays(
      {
        ...{ node, protocol, entries, held, realms, clock, timers },
        attach: (to) => this.#serviceAt(to).attach({ sender: node }),
        greet: (name) => {
          const to = this.#serviceAt({ name, incarnation: 0 });
          to.attach({ sender: node }).catch(() => {});
        },
        report: (to, report) => this.#serviceAt(to).held(report),
        deliverHere: (to, message) => this.#admit(to, message),
      },
      shards,
    );
    if (terms.hosted) {
      this.#living = this.#makeLiving(terms, terms.hosted);
      this.#leases = this.#makeLeases(this.#living);
    }
    session.onLost((failure) => this.#end(failure));
    system.events.subscribe(systemTopics["node-down"], ({ node: down }) => this.#nodeGone(down));
  }

  get hosted(): Hosted | undefined {
    return this.#terms.hosted;
  }

  get livingCount(): number {
    return this.#living?.count ?? 0;
  }

  get heldHighest(): number {
    return this.#held.highest;
  }

  get status(): KeyedStatus {
    const { shards } = this.#terms;
    const isOpen = (_: unknown, shard: number): boolean => this.#ways.isOpen(shard);
    return {
      failure: this.#failure,
      owned: this.#leases?.ownedCount ?? 0,
      moving: this.#leases?.movingCount ?? 0,
      reachable: Array.from({ length: shards }, isOpen).filter((each) => each).length,
      living: this.livingCount,
      held: this.#held.count,
      hosts: this.#entries.hosts,
      placed: this.#entries.placed,
    };
  }

  /** Takes part from now on. Fails with `conflict` when other nodes have the kind in another form. */
  async join(): Promise<void> {
    try {
      await this.#entries.join(this.hosted ? "host" : "caller");
      if (this.#failure) throw this.#failure;
      this.#leases?.begin();
    } catch (error) {
      const failure = Failure.of(error);
      this.#end(failure);
      throw failure;
    }
  }

  /** Gives all shards of this node to others; what is sent from it still finds its way. */
  async leave(): Promise<void> {
    if (this.#failure || !this.#leases) return;
    await this.#entries.join("leaving");
    await this.#leases.leave();
  }

  /** Where messages of this node for that key go. */
  sinkOf(key: string): KeyedSink | undefined {
    return keyProblem(key) ? undefined : this.#sink(key, this.#send);
  }

  /** Takes a message that has come from another node; undefined: it cannot have been for us. */
  arriving(from: NodeId, key: string): Sink | undefined {
    return this.#arrivals.receive(from, key);
  }

  // ---- the keeper's

  keeperBegins(ctx: KeeperContext): void {
    this.#living?.begin(ctx);
  }

  keeperEnds(): void {
    this.#living?.end();
  }

  actorEnded(ref: Parameters<LivingActors["ended"]>[0]): void {
    this.#living?.ended(ref);
  }

  attach({ sender }: AttachRequest): Attached {
    const { kind } = this.#terms;
    if (!this.#leases || this.#failure) {
      throw new Failure("unavailable", `${this.#system.node.name} does not host the kind ${kind}`);
    }
    this.#senders.attach(sender);
    return { leaving: this.#leases.leaving };
  }

  hold(request: HoldRequest): void {
    this.#ways.holdFor(request);
  }

  senderHolds(report: HeldReport): void {
    this.#leases?.reported(report);
  }

  readonly #send = (to: KeyedSink, message: RealmMessage): void => {
    const { realms } = this.#system;
    if (this.#failure) realms.refuse(to.address, message, this.#failure);
    else if (this.#leases?.isDraining(to.shard) && this.#isFromWithin(message)) {
      // Actors that are to come to rest may have to hear each other for that.
      this.#leases.deliver(to, message);
    } else this.#ways.send(to, message);
  };

  readonly #admit = (to: KeyedSink, message: RealmMessage): void => {
    if (this.#leases) this.#leases.deliver(to, message);
    else this.#refuseStranger(to, message);
  };

  readonly #refuseStranger = (to: KeyedSink, message: RealmMessage): void => {
    const { node, realms } = this.#system;
    const text = `${node.name} did not handle what was sent to ${to.key}: the sender is not attached to it, or no more; ask again`;
    realms.refuse(to.address, message, new Failure("unavailable", text));
  };

  #isFromWithin({ origin }: RealmMessage): boolean {
    const { node, path } = origin?.sender?.$.address ?? {};
    const { kind } = this.#terms;
    return (
      node !== undefined &&
      isSameNode(node, this.#system.node) &&
      path?.startsWith(`${keyedPath(kind)}/`) === true
    );
  }

  #sink(key: string, take: (to: KeyedSink, message: RealmMessage) => void): KeyedSink {
    const { kind, shards } = this.#terms;
    const living = (name: string): Sink | undefined => this.#living?.find(name);
    const shard = shardOf(key, shards);
    return new KeyedSink({ protocol: this.protocol, kind, key, shard, take, living });
  }

  #serviceAt(node: NodeId) {
    const address = { node, path: keyedPath(this.#terms.kind), uid: 0 };
    return this.#system.refFrom(KeyedService, this.#system.revive(address, KeyedService.id));
  }

  #nodeGone(node: NodeId): void {
    this.#ways.nodeGone(node);
    this.#senders.detach(node);
    this.#leases?.senderGone(node);
    this.#leases?.reconcile();
  }

  #end(failure: Failure): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#entries.close();
    this.#leases?.lose();
    this.#held.refuseAll(failure);
  }

  #makeLiving({ idleMs, livingMax }: RegionTerms, { type, args }: Hosted): LivingActors {
    const { clock, realms, timers } = this.#system;
    return new LivingActors({
      ...{ realms, clock, timers, type, args, idleMs, livingMax },
      held: this.#held,
      stopTimeoutMs: this.#session.marginMs / 2,
      isSafe: () => this.#session.isSafe,
    });
  }

  #makeLeases(living: LivingActors): ShardLeases {
    const { log, node, realms } = this.#system;
    const { kind, shards } = this.#terms;
    return new ShardLeases({
      ...{ kind, shards, living, realms },
      session: this.#session,
      entries: this.#entries,
      senders: this.#senders,
      held: this.#held,
      hold: (tenure) => {
        this.#ways.hold(tenure);
        const request = { ...tenure, owner: node };
        for (const sender of this.#senders.all) this.#serviceAt(sender.node).hold(request);
      },
      log: (level, text) => log.write(level, keyedPath(kind), `${node.name}: ${text}`),
    });
  }
}
