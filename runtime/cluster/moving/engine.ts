// What the machines of moving have of their node: its engine, its directory, its links. The parts decide
// little; here they are put together.
import { formatNode, type NodeId, parseNode } from "#protocols/address.ts";
import {
  type ActorId,
  actorIdOf,
  birthNodeOf,
  type NodeKey,
} from "#protocols/cluster/migration.ts";
import type { Envelope, Exit } from "#protocols/envelope.ts";
import type { Failure } from "#protocols/failure.ts";
import type { MigrationPort } from "#runtime/cluster/migration/migration-port.ts";
import type { Cell } from "#runtime/core/cell.ts";
import type { Luggage } from "#runtime/core/luggage.ts";
import type { RemoteWatcher } from "#runtime/core/watch.ts";
import { Addressees } from "./addressees.ts";
import { Arriving } from "./arriving.ts";
import type { Cargo, Who } from "./cargo.ts";
import type { CarriedMessage, OnLink } from "./carried-message.ts";
import { Crossings } from "./crossings.ts";
import { Departing } from "./departing.ts";
import type { Desk, EnginePorts } from "./engine-ports.ts";
import { FarStops } from "./far-stops.ts";
import { LostMessages } from "./lost-messages.ts";
import { MoveRequests } from "./move-requests.ts";
import { MovedNames } from "./moved-names.ts";
import { MovedPlaces } from "./moved-places.ts";
import { MovedWatches } from "./moved-watches.ts";
import { MovingBounds } from "./moving-bounds.ts";
import type { Census } from "./neighbours.ts";
import { PackedMessages } from "./packed-messages.ts";
import { Residents } from "./residents.ts";
import { SenderPauses } from "./sender-pauses.ts";
import { Stillborn } from "./stillborn.ts";

export class Engine {
  readonly ports: EnginePorts;
  readonly requests = new MoveRequests();
  readonly bounds = new MovingBounds();
  readonly residents: Residents;
  readonly departing: Departing;
  readonly crossings: Crossings;
  readonly places: MovedPlaces;
  readonly watches: MovedWatches;
  readonly lostMessages: LostMessages;
  readonly pauses: SenderPauses;
  readonly stops = new FarStops(this);
  readonly #self: NodeKey;
  readonly #packed: PackedMessages;
  readonly #arriving: Arriving;
  readonly #names: MovedNames;
  readonly #addressees = new Addressees();
  /** How many actors there are to move. */
  census: Census | undefined;
  /** How to ask for a move that another node wants. */
  moveFor: (aid: ActorId, request: Extract<CarriedMessage, { kind: "move" }>) => void = () => {};

  constructor(ports: EnginePorts) {
    const { inside, neighbours, node, terms } = ports;
    const { host } = inside;
    this.ports = ports;
    this.#self = formatNode(node);
    const shared = { node, inside, codec: ports.codec, kinds: terms.kinds };
    const log = (text: string, { code, detail }: Failure): void =>
      host.log.write("warn", "/system/moving", `${text}: ${detail}`, { code });
    this.#packed = new PackedMessages({
      ...{ node, asks: inside.asks, clock: host.clock },
      withdraw: (to, correlation) => this.#tell(to, { kind: "cancel", correlation }),
    });
    this.residents = new Residents(inside, node, (aid, message) => this.send(aid, message));
    const { residents } = this;
    this.places = new MovedPlaces({
      directory: () => terms.session().directory,
      now: () => this.now(),
      removedMs: (key) => neighbours.removedMs(key),
      later: (ms, act) => this.later(ms, act),
    });
    this.watches = new MovedWatches({
      ...{ node, inside },
      find: (aid, found) => this.places.find(aid, found),
      aside: (to, about, ...fields) => ports.lines().aside(to, about, ...fields),
      deliverEnd: (born, { watcher, named: to }, exit) =>
        this.#heardEnd(born, { kind: "terminated", watcher, to, exit }),
    });
    this.lostMessages = new LostMessages({
      ...{ node, inside, bounds: this.bounds },
      isRemoved: (key) => neighbours.isRemoved(key),
      refuse: (to, correlation, failure) =>
        this.#tell(formatNode(to), { kind: "refusal", correlation, failure: failure.toData() }),
      notify: (aid, watcher, exit) => this.#notifyLost(aid, watcher, exit),
    });
    this.pauses = new SenderPauses({
      ...{ node, gates: inside.gates, later: (ms, act) => this.later(ms, act) },
      aside: (to, about, ...fields) => ports.lines().aside(to, about, ...fields),
    });
    this.crossings = new Crossings({
      ...{ node, neighbours, residents, watches: this.watches, desk: () => ports.desk() },
      ...{ send: (aid, message) => this.send(aid, message), now: () => this.now() },
      removed: (key) => ports.removed(key),
    });
    this.#names = new MovedNames({ session: () => terms.session(), names: () => host.names, log });
    const stillborn = new Stillborn({
      ...{ lost: this.lostMessages, watches: this.watches, names: this.#names },
      soon: (act) => this.later(0, act),
      ended: (aid) => this.#endedFor(aid),
    });
    this.#arriving = new Arriving({
      ...{ ...shared, residents },
      moveOn: (aid, message) => this.moveFor(aid, message),
      endOn: (aid, message) => this.stops.heard(aid, message),
      lost: (aid, message, reason) => this.lostMessages.lost(aid, message, reason),
      came: (cell, names, luggage) => this.#came(cell, names, luggage),
      stillborn: (aid, who, luggage) => stillborn.end(aid, who, luggage),
    });
    this.departing = new Departing({
      ...{ ...shared, residents, packed: this.#packed },
      frozen: (aid, cargo, cell, luggage) => this.#frozen(aid, cargo, { cell, luggage }),
      notFreezable: (aid, why) => ports.desk().notFreezable(aid, why),
      targetOf: (aid) => ports.desk().targetOf(aid) ?? this.#self,
      resettle: (aid, luggage) => this.#resettle(aid, luggage),
      deliver: (aid, message) => this.#arriving.deliver(aid, message),
      names: (cell) => this.#names.heldBy(cell.ref),
      left: (aid, cell, luggage) => this.#left(aid, cell, luggage),
      endedHere: (aid) => this.#endedFor(aid),
    });
  }

  get port(): MigrationPort<CarriedMessage, Cargo> {
    const { neighbours, terms } = this.ports;
    const { departing, places, residents } = this;
    const desk = (): Desk => this.ports.desk();
    return {
      self: this.#self,
      now: () => this.now(),
      isRemoved: (key) => neighbours.isRemoved(key),
      peers: () => neighbours.living,
      sever: (key) => this.#sever(key),
      send: (to, message) => this.ports.lines().send(to, message),
      claim: (aid, claim, ticket) => {
        this.ports.stirred();
        void places.claim(aid, claim).then((answer) => desk().claimed(ticket, answer));
      },
      resolve: (aid) => places.find(aid, (place) => desk().located(aid, place)),
      livesHere: (aid) => residents.find(aid) !== undefined,
      deliver: (aid, message) => this.#arriving.deliver(aid, message),
      freeze: (aid) => departing.freeze(aid),
      unfreeze: (aid, postFreeze) =>
        departing.unfreeze(aid, desk().inspect(aid)?.epoch ?? 0, postFreeze),
      leave: (aid) => departing.leave(aid),
      fence: (aid) => departing.fence(aid),
      refusalOf: ({ cargo }) => this.#arriving.refusalOf(cargo),
      install: (newcomer) => this.#arriving.install(newcomer),
      lost: (aid, message, reason) => this.lostMessages.lost(aid, message, reason),
      crowded: (aid, message) => this.pauses.crowded(aid, message),
      recovered: (aid, source) =>
        this.#log(
          `${aid} was recovered from its copy: ${source} is gone, and what had come for it there after the copy was made`,
        ),
      settled: (aid, outcome) => {
        if (outcome !== "moved") this.bounds.stayed(outcome.reason);
        this.requests.settled(aid, outcome);
      },
      reached: (aid, step) => terms.reached?.(aid, step),
    };
  }

  now(): number {
    return this.ports.inside.host.clock.now();
  }

  later(ms: number, act: () => void): void {
    this.ports.inside.host.timers.set(this.now() + ms, act);
  }

  /** A message of this node, by a ref to an actor that was here or is known to have moved. */
  send(aid: ActorId, message: CarriedMessage): void {
    const sender = this.ports.inside.host.focus.cell;
    const desk = this.ports.desk();
    if (sender) this.#addressees.add(sender.uid, aid);
    desk.send(aid, message);
    this.pauses.passed(sender, () => desk.placeOf(aid));
    this.ports.stirred();
  }

  onLink(aid: ActorId, message: CarriedMessage, to: NodeKey): OnLink {
    const address = this.residents.wayOf(aid)?.address ?? { path: "/", uid: 0 };
    return this.#packed.onLink(message, { path: address.path, uid: address.uid }, to);
  }

  failed(aid: ActorId, message: CarriedMessage, why: Failure): void {
    this.lostMessages.failed(aid, message, why);
  }

  aside(from: NodeId, about: string, fields: readonly unknown[]): void {
    if (about === "may-move" && typeof fields[0] === "string") this.watches.expect(fields[0]);
    else if (about === "pause" || about === "resume") this.pauses.heard(from, about, fields);
    else if (about === "ended") this.watches.heardEnd(fields);
    else if (about === "actors?") this.census?.asked(formatNode(from));
    else if (about === "actors") this.census?.told(formatNode(from), fields);
    else this.#log(`${from.name} says "${about}" of a moving actor, which is not known here`);
  }

  nodeRemoved(key: NodeKey): void {
    const node = parseNode(key);
    this.pauses.nodeRemoved(key);
    if (node) this.watches.nodeDown(node);
    this.later(this.places.graceMs, () => void this.places.sweep(key));
  }

  /** An actor of this node has ended. */
  ended(cell: Cell): void {
    const identity = cell.household?.travel?.identity;
    const isKnown = identity !== undefined || this.ports.desk().concerns(cell.uid);
    this.#addressees.forget(cell.uid);
    if (!isKnown) return;
    const aid = identity ? actorIdOf(identity) : `${this.#self}#${cell.uid}`;
    if (this.residents.find(aid) !== undefined && this.residents.find(aid) !== cell) return;
    if (this.departing.ended(aid)) this.ports.desk().withdraw(aid, "it was stopped");
    else if (this.ports.desk().inspect(aid)) this.#endedFor(aid);
  }

  // ---- what happens to actors

  #frozen(
    aid: ActorId,
    cargo: Cargo,
    { cell, luggage }: { readonly cell: Cell; readonly luggage: Luggage },
  ): void {
    this.watches.announce(aid, luggage.watchers);
    const desk = this.ports.desk();
    const barriers = this.ports.neighbours.living.map((key) => `${key}#1`);
    const targets = new Set([...barriers, ...this.#addressees.of(cell.uid), ...desk.unsettled]);
    desk.frozen(aid, cargo, targets);
  }

  #left(aid: ActorId, cell: Cell, luggage: Luggage): void {
    this.#addressees.forget(cell.uid);
    this.#names.letGo(cell.ref);
    this.residents.left(aid, cell);
    const { host } = this.ports.inside;
    this.later(stragglersMs, () => {
      this.residents.forgetUid(cell.uid);
      for (const ref of luggage.watching) host.endWatch(ref, cell);
    });
  }

  #came(cell: Cell, names: Who["names"], luggage: Luggage): void {
    void this.#names.takeOver(cell.ref, names);
    this.watches.announce(this.residents.identityOf(cell), luggage.watchers);
  }

  #resettle(aid: ActorId, luggage: Luggage): void {
    const way = this.residents.wayOf(aid);
    if (way) this.#arriving.settle(aid, { address: way.address, names: [] }, luggage);
  }

  #endedFor(aid: ActorId): void {
    this.residents.ended(aid);
    this.ports.desk().ended(aid);
    void this.places.ended(aid);
  }

  #sever(key: NodeKey): void {
    const node = parseNode(key);
    if (node) this.ports.terms.quarantine?.(node, "another node runs an actor that was there");
    this.ports.removed(key);
  }

  #heardEnd(born: NodeId, envelope: Extract<Envelope, { kind: "terminated" }>): void {
    if (!this.crossings.endedElsewhere(born, envelope)) this.ports.switch.deliver(born, envelope);
  }

  #notifyLost(aid: ActorId, watcher: RemoteWatcher, exit: Exit): void {
    const node = parseNode(birthNodeOf(aid));
    if (node) this.watches.notify(watcher, { ...watcher.named, node }, exit);
  }

  #tell(to: NodeKey, envelope: Envelope): void {
    const node = parseNode(to);
    if (node) this.ports.switch.send(node, envelope);
  }

  #log(text: string): void {
    this.ports.inside.host.log.write("warn", "/system/moving", text);
  }
}

/** Milliseconds in which what was sent to a former place of an actor has come, or never will. */
const stragglersMs = 30_000;
