// All that one node has to do with moving actors: the departures, the arrivals, and the ways of messages
// between. Pure. The engine asks `concerns` first, which costs a look into an empty map; only where that
// says yes does it hand messages over here instead of to its mailboxes and links.
//
// An actor that has moved, or is about to, has a `Hosting` here. Its epoch and the directory's revision
// say by what right it runs.
import {
  type ActorId,
  type Location,
  migrationLimits,
  type NodeKey,
} from "#protocols/cluster/migration.ts";
import type { Arrived } from "./arrival.ts";
import { ArrivalDesk } from "./arrival-desk.ts";
import { DepartureDesk } from "./departure-desk.ts";
import { type DeskParts, properParts } from "./desk-parts.ts";
import type { Forwards } from "./forwarding-table.ts";
import type { Hosting } from "./hosting.ts";
import { Hostings } from "./hostings.ts";
import type { ClaimTicket, MigrationPort } from "./migration-port.ts";
import { MovedUids } from "./moved-uids.ts";
import { type NotMigratable, notMigratable } from "./not-migratable.ts";
import { NoticeDesk } from "./notice-desk.ts";
import type { ClaimAnswer, PeerMessage, StreamItem } from "./peer-message.ts";
import { Severance } from "./severance.ts";
import type { Positions } from "./stream-positions.ts";
import { StreamRouter } from "./stream-router.ts";

export class MigrationDesk<M, C> {
  readonly #port: MigrationPort<M, C>;
  readonly #uids = new MovedUids();
  readonly #forwards: Forwards;
  readonly #positions: Positions;
  readonly #router: StreamRouter<M>;
  readonly #departures: DepartureDesk<M, C>;
  readonly #arrivals: ArrivalDesk<M, C>;
  readonly #hostings: Hostings<M, C>;
  readonly #notices: NoticeDesk<M, C>;
  #probe = 0;

  constructor(port: MigrationPort<M, C>, given: Partial<DeskParts<M>> = {}) {
    const parts = { ...properParts<M>(), ...given };
    this.#port = port;
    const { self } = port;
    const now = (): number => port.now();
    const isRemoved = (node: NodeKey): boolean => port.isRemoved(node);
    const nextProbe = (): number => ++this.#probe;
    this.#forwards = parts.makeForwards(this.#uids);
    this.#positions = parts.makePositions({ self, uids: this.#uids, now, isRemoved, nextProbe });
    this.#router = this.#makeRouter();
    const severance = new Severance(port);
    this.#hostings = new Hostings(this.#uids, {
      makeGate: parts.makeGate,
      isRemoved,
      acknowledge: (origin, probe) => this.#router.acknowledge(origin, probe),
      deliver: (aid, message) => port.deliver(aid, message),
      lost: (aid, message, reason) => port.lost(aid, message, reason),
    });
    this.#departures = new DepartureDesk(port, {
      nextProbe,
      probe: (aid, probe) => this.#router.send(aid, { kind: "probe", probe }),
      left: (hosting, next) => this.#left(hosting, next),
      handedOver: (aid, next) => this.#router.learn(aid, next),
      stays: (hosting) => this.#stays(hosting),
      superseded: (hosting, next) => this.#forward(hosting, next),
      fenced: (hosting) => this.#fenced(hosting),
    });
    this.#arrivals = new ArrivalDesk(port, {
      epochHere: (aid) => this.#hostings.get(aid)?.epoch,
      run: (arrived) => this.#run(arrived),
      passOn: (item) => this.#router.arrive(item),
    });
    const [router, departures, arrivals] = [this.#router, this.#departures, this.#arrivals];
    this.#notices = new NoticeDesk({ router, departures, arrivals, severance });
  }

  // ---- what the engine asks on the way of every message

  /** Hot: W5. False: no actor with this uid has ever to do with a move, here or as far as is known. */
  concerns(uid: number): boolean {
    return this.#uids.has(uid);
  }

  /** A message of an actor of this node. */
  send(aid: ActorId, message: M): void {
    this.#router.send(aid, { kind: "message", message });
  }

  /** This node never sent to that actor before, and knows its place. */
  begin(aid: ActorId, location: Location): void {
    this.#positions.begin(aid, location);
  }

  // ---- what happens

  /** Moves an actor that lives here. Answers at once why it cannot be; else `settled` follows. */
  move(aid: ActorId, target: NodeKey): NotMigratable | undefined {
    const refusal = this.#refusalToMove(target);
    if (refusal) return refusal;
    const known = this.#hostings.get(aid);
    if (known?.departure) return notMigratable("already_moving");
    if (!known && !this.#port.livesHere(aid)) return notMigratable("stopping");
    const hosting = known ?? this.#hostings.add({ aid, epoch: 0, revision: undefined });
    return this.#departures.begin(hosting, target);
  }

  /** Where an actor is about to go. */
  targetOf(aid: ActorId): NodeKey | undefined {
    return this.#departures.targetOf(aid);
  }

  /** Where this node believes a moved actor to be; undefined for one that never moved. */
  placeOf(aid: ActorId): NodeKey | undefined {
    return this.#positions.placeOf(aid);
  }

  /** Actors to which something may be under way over older paths. */
  get unsettled(): readonly ActorId[] {
    return this.#positions.unsettled;
  }

  /** Nothing goes to that actor's node any more: the directory is asked where it is. */
  strayed(aid: ActorId): void {
    this.#router.broken(aid, 0);
  }

  /** Gives up a move, if that is still possible. */
  withdraw(aid: ActorId, detail: string): void {
    this.#hostings.get(aid)?.departure?.withdraw(detail);
  }

  frozen(aid: ActorId, cargo: C, targets: Iterable<ActorId>): void {
    this.#hostings.get(aid)?.departure?.frozen(cargo, targets);
  }

  notFreezable(aid: ActorId, why: NotMigratable): void {
    this.#hostings.get(aid)?.departure?.notFreezable(why);
  }

  received(from: NodeKey, message: PeerMessage<M, C>): void {
    if (this.#port.isRemoved(from)) return;
    switch (message.kind) {
      case "item":
        this.#router.arrive(message.item);
        return;
      case "transfer":
        this.#arrivals.offered(from, message);
        return;
      case "commit":
        this.#arrivals.committed(from, message);
        return;
      default:
        this.#notices.heard(from, message);
    }
  }

  claimed(ticket: ClaimTicket, answer: ClaimAnswer): void {
    if (ticket.side === "departure") this.#departures.answered(ticket, answer);
    else this.#arrivals.answered(ticket, answer);
  }

  /** What the directory said to `resolve`; undefined when it has no entry. */
  located(aid: ActorId, location: Location | undefined): void {
    this.#router.located(aid, location);
  }

  /** What a link gives back when its peer is removed, after `nodeRemoved`. */
  undelivered(to: NodeKey, item: StreamItem<M>): void {
    this.#router.undelivered(to, item);
  }

  /** Membership has removed a node: nothing of it comes any more, here. */
  nodeRemoved(node: NodeKey): void {
    this.#hostings.originRemoved(node);
    this.#router.nodeRemoved(node);
    this.#departures.nodeRemoved(node);
    this.#arrivals.nodeRemoved(node);
    this.#notices.nodeRemoved(node);
  }

  /** The actor has ended here, and everywhere. */
  ended(aid: ActorId): void {
    this.#hostings.remove(aid);
    this.#router.forget(aid);
  }

  tick(): void {
    this.#departures.tick();
    this.#arrivals.tick();
    this.#router.tick();
  }

  /** For reports and tests. */
  inspect(aid: ActorId): { readonly epoch: number; readonly heldCount: number } | undefined {
    const hosting = this.#hostings.get(aid);
    return hosting && { epoch: hosting.epoch, heldCount: hosting.heldCount };
  }

  get counts(): {
    readonly hostings: number;
    readonly departures: number;
    readonly arrivals: number;
    readonly forwards: number;
    readonly positions: number;
    readonly unsettled: number;
  } {
    return {
      hostings: this.#hostings.count,
      departures: this.#departures.count,
      arrivals: this.#arrivals.count,
      forwards: this.#forwards.size,
      positions: this.#positions.size,
      unsettled: this.#positions.unsettled.length,
    };
  }

  #refusalToMove(target: NodeKey): NotMigratable | undefined {
    if (target === this.#port.self) return notMigratable("target_is_here");
    if (![...this.#port.peers()].includes(target)) return notMigratable("target_unknown", target);
    if (this.#forwards.isFull) return notMigratable("forwarding_full");
    const isFull = this.#departures.count >= migrationLimits.departuresMax;
    return isFull ? notMigratable("too_many_moving") : undefined;
  }

  #run(arrived: Arrived<M, C>): void {
    const { aid, epoch, revision, cargo, postFreeze, by, gate, early } = arrived;
    this.#port.install({ aid, epoch, revision, cargo, postFreeze, by });
    const hosting = this.#hostings.add({ aid, epoch, revision, gate });
    if (by === "recovery") hosting.pathsLost();
    this.#router.learn(aid, { node: this.#port.self, epoch });
    for (const item of early) this.#router.arrive(item);
  }

  #left(hosting: Hosting<M, C>, next: Location): void {
    this.#hostings.remove(hosting.aid);
    this.#forward(hosting, next);
    this.#port.leave(hosting.aid);
  }

  #forward({ aid, epoch }: Hosting<M, C>, next: Location): void {
    this.#forwards.add({ aid, epoch, next }, [this.#port.self, ...this.#port.peers()]);
  }

  #stays(hosting: Hosting<M, C>): void {
    this.#router.learn(hosting.aid, { node: this.#port.self, epoch: hosting.epoch });
    for (const item of hosting.takeEarly()) this.#router.arrive(item);
  }

  #fenced(hosting: Hosting<M, C>): void {
    this.#hostings.remove(hosting.aid);
    for (const item of hosting.takeEarly()) this.#router.arrive(item);
  }

  #makeRouter(): StreamRouter<M> {
    const port = this.#port;
    return new StreamRouter<M>({
      positions: this.#positions,
      forwards: this.#forwards,
      port: {
        self: port.self,
        isRemoved: (node) => port.isRemoved(node),
        sendItem: (to, item) => port.send(to, { kind: "item", item }),
        notify: (to, notice) => port.send(to, notice),
        offer: (item) => this.#offer(item),
        epochHere: (aid) => this.#hostings.get(aid)?.epoch,
        resolve: (aid) => port.resolve(aid),
        probeIn: (probe) => this.#departures.probeIn(probe),
        lost: (aid, message, reason) => port.lost(aid, message, reason),
        crowded: (aid, message) => port.crowded(aid, message),
      },
    });
  }

  #offer(item: StreamItem<M>): boolean {
    const { aid, body } = item;
    if (!this.#isTaken(item)) return false;
    if (body.kind !== "message") return true;
    const waiting = this.#hostings.get(aid)?.waitingCount ?? this.#arrivals.earlyCount(aid);
    if (waiting >= migrationLimits.crowdMin) this.#port.crowded(aid, body.message);
    return true;
  }

  #isTaken(item: StreamItem<M>): boolean {
    if (this.#hostings.offer(item)) return true;
    if (this.#hostings.get(item.aid)) return false;
    if (this.#arrivals.offerEarly(item)) return true;
    if (item.epoch !== 0 || !this.#port.livesHere(item.aid)) return false;
    const { body } = item;
    if (body.kind === "message") this.#port.deliver(item.aid, body.message);
    else this.#router.acknowledge(item.origin, body.probe);
    return true;
  }
}
