// What the cells of a system share: its ports and parts, how a message is buried, how a watch finds
// the watched.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { type Address, isSameNode, type NodeId } from "#protocols/address.ts";
import type { Exit, Target } from "#protocols/envelope.ts";
import { errorStack } from "#protocols/error-text.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { encodeTable, tableOf } from "#protocols/protocol-table.ts";
import type { Selector } from "#protocols/selector.ts";
import { ActorSubscriptions } from "./actor-subscriptions.ts";
import { mourn } from "./burial.ts";
import type { Call } from "./call.ts";
import { Cell } from "./cell.ts";
import type { BuryReason, CellHost, LocalActor } from "./cell-host.ts";
import type { MessageCounts } from "./counts.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Elsewhere } from "./elsewhere.ts";
import { type EventBus, systemTopics } from "./event-bus.ts";
import type { Focus } from "./focus.ts";
import type { Gated } from "./gate.ts";
import type { Taken } from "./message-queue.ts";
import type { Mover } from "./mover.ts";
import type { Observer } from "./observer.ts";
import type { Origin } from "./origin.ts";
import type { Claim, Clock, Log, Names, Random } from "./ports.ts";
import type { Postman } from "./post.ts";
import type { Realms } from "./realms.ts";
import { handleOf, type RefFactory, type SentOnBehalf, type Sink } from "./ref.ts";
import type { Registry } from "./registry.ts";
import type { RemoteOutbox } from "./remote-outbox.ts";
import type { Services } from "./services.ts";
import { StrangerProtocols } from "./stranger-protocols.ts";
import { noActor } from "./system-failures.ts";
import type { Tick } from "./tick.ts";
import type { TimerQueue } from "./timer-queue.ts";
import type { RemoteWatcher } from "./watch.ts";

export interface HostParts {
  readonly node: NodeId;
  readonly home: NodeId;
  readonly clock: Clock;
  readonly tick: Tick;
  readonly random: Random;
  readonly log: Log;
  readonly timers: TimerQueue;
  readonly dispatcher: Dispatcher;
  readonly focus: Focus;
  readonly counts: MessageCounts;
  readonly observer: Observer | undefined;
  readonly services: Services;
  readonly post: Postman;
  readonly refs: RefFactory;
  readonly registry: Registry;
  readonly outbox: RemoteOutbox;
  readonly realms: Realms;
  readonly deadLetters: DeadLetters;
  readonly events: EventBus;
  /** The living actor of this node that is meant: by uid, or by path. */
  find(to: Target): LocalActor | undefined;
  fatal(failure: Failure): void;
}

export class SystemHost implements CellHost {
  readonly node: NodeId;
  readonly home: NodeId;
  readonly clock: Clock;
  readonly tick: Tick;
  readonly random: Random;
  readonly log: Log;
  readonly timers: TimerQueue;
  readonly dispatcher: Dispatcher;
  readonly focus: Focus;
  readonly counts: MessageCounts;
  readonly observer: Observer | undefined;
  readonly services: Services;
  readonly deadLetters: DeadLetters;
  readonly events: EventBus;
  readonly subscriptions: ActorSubscriptions;
  readonly spill: Taken = { payload: undefined, origin: undefined };
  names: Names | undefined;
  elsewhere: Elsewhere | undefined;
  mover: Mover | undefined;
  readonly #parts: HostParts;
  readonly #protocols = new Map<string, Protocol<unknown>>();
  readonly #strangers = new StrangerProtocols();
  #introduction: Uint8Array | undefined;
  #lastUid = 0;

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.node = parts.node;
    this.home = parts.home;
    this.clock = parts.clock;
    this.tick = parts.tick;
    this.random = parts.random;
    this.log = parts.log;
    this.timers = parts.timers;
    this.dispatcher = parts.dispatcher;
    this.focus = parts.focus;
    this.counts = parts.counts;
    this.observer = parts.observer;
    this.services = parts.services;
    this.deadLetters = parts.deadLetters;
    this.events = parts.events;
    this.subscriptions = new ActorSubscriptions(parts.events);
  }

  nextUid(): number {
    this.#lastUid += 1;
    return this.#lastUid;
  }

  // ---- refs

  /** Refs of that protocol may arrive from other nodes. */
  learn(known: Protocol<unknown>): void {
    if (this.#protocols.has(known.id)) return;
    this.#protocols.set(known.id, known);
    this.#introduction = undefined;
  }

  /** The protocols that this node knows, as it tells others. */
  get introduction(): Uint8Array {
    this.#introduction ??= encodeTable(tableOf(this.#protocols.values()));
    return this.#introduction;
  }

  refOf(actor: LocalActor): Ref<unknown> {
    return this.#parts.refs.local(actor.household?.travel?.way ?? actor);
  }

  refAt<P>(known: Protocol<P>, address: Address): Ref<P> {
    const { find, realms, refs } = this.#parts;
    const isActor = address.uid !== 0 && this.isHere(address);
    return refs.make(known, address, isActor ? find(address) : realms.sinkAt(known, address));
  }

  revive(address: Address, protocolId: string): AnyRef {
    return this.refAt(this.#protocols.get(protocolId) ?? this.#strangers.of(protocolId), address);
  }

  actorOf(ref: AnyRef): Sink | undefined {
    const handle = handleOf(ref);
    if (handle?.sink) return handle.sink;
    const { address } = ref.$;
    return this.isHere(address) ? this.#parts.find(address) : undefined;
  }

  refVia<Q>(ref: Ref<Q>, sentBy: SentOnBehalf): Ref<Q> {
    return handleOf(ref)?.with(sentBy) ?? ref;
  }

  pass(to: AnyRef, call: Call): void {
    const handle = handleOf(to);
    if (!handle) throw new Failure("invalid", "a message can be handed on to a ref only");
    this.#parts.post.pass(handle, call);
  }

  lookup<Q>(known: Protocol<Q>, name: string, within: number): Promise<Ref<Q>> {
    this.learn(known);
    return this.#namesOrFail().find(known, name, within);
  }

  async register(name: string, ref: AnyRef): Promise<Claim> {
    if (name === "")
      throw new Failure("invalid", `${ref.$.toString()} needs a name to be found by`);
    if (this.isHere(ref.$.address) && !isAlive(this.actorOf(ref))) throw noActor(ref.$.address);
    return this.#namesOrFail().claim(name, ref);
  }

  // ---- messages that find no handler

  bury(actor: LocalActor, selector: Selector, origin: Origin | undefined, why: BuryReason): void {
    this.counts.died(why);
    this.mourn(actor, selector, origin, why);
  }

  mourn(actor: LocalActor, selector: Selector, origin: Origin | undefined, why: BuryReason): void {
    mourn(this.deadLetters, { actor, node: this.node, selector, origin, why });
  }

  room(actor: Sink, signal: AbortSignal | undefined): Promise<void> {
    if (!(actor instanceof Cell)) return this.mover?.room(actor, signal) ?? Promise.resolve();
    return actor.ownHousehold.readiness.gate.room(signal);
  }

  /** The actor's mailbox, when it is full and its senders are to wait. */
  fullGate(actor: Sink): Gated | undefined {
    if (!(actor instanceof Cell)) return undefined;
    const { mailbox, kind } = actor;
    if (kind.mailbox.whenFull !== "backpressure" || actor.isClosed) return undefined;
    if (mailbox.length < kind.capacity && kind.bytesMax === undefined) return undefined;
    const { readiness } = actor.ownHousehold;
    return readiness.room > 0 ? undefined : readiness;
  }

  // ---- life and death

  enlist(actor: LocalActor): void {
    this.learn(actor.protocol);
    // One that is away is found by its way.
    if (actor.household?.travel?.absence === undefined) this.#parts.registry.add(actor);
  }

  delist(actor: LocalActor): void {
    this.#parts.registry.remove(actor);
    if (!(actor instanceof Cell)) return;
    this.subscriptions.drop(actor);
    this.mover?.ended(actor);
  }

  beginWatch(ref: AnyRef, watcher: LocalActor): void {
    const actor = this.#watchedHere(ref);
    if (actor === "elsewhere") this.#parts.outbox.beginWatch(ref, watcher);
    else if (actor instanceof Cell && actor.state !== "ended") {
      actor.ownHousehold.watchers.addLocal(watcher, ref);
    } else if (watcher.ownHousehold.watching.remove(ref)) {
      watcher.heardTerminated(ref, { kind: "stopped" });
    }
  }

  endWatch(ref: AnyRef, watcher: LocalActor): void {
    const actor = this.#watchedHere(ref);
    if (actor === "elsewhere") this.#parts.outbox.endWatch(ref, watcher);
    else if (actor instanceof Cell) actor.household?.watchersIfAny?.removeLocal(watcher, ref);
  }

  notifyElsewhere(owner: LocalActor, watcher: RemoteWatcher, exit: Exit): void {
    const identity = owner.household?.travel?.identity;
    if (identity === undefined) this.#parts.outbox.notify(watcher, exit);
    else this.mover?.notify(watcher, identity, exit);
  }

  reportCrash(actor: LocalActor, failure: Failure, during: string): void {
    this.log.write("error", actor.path, `crashed in ${during}: ${failure.detail}`, {
      code: failure.code,
      waiting: actor.depth,
      restarts: actor.restarts,
      cause: errorStack(failure.cause instanceof Error ? failure.cause : failure),
    });
    this.observer?.crashed(actor, failure, during);
    const { events } = this;
    if (!events.hasListeners(systemTopics.crashed)) return;
    const address = actor.address;
    events.publish(systemTopics.crashed, { actor: address, failure: failure.toData(), during });
  }

  reportEnd(actor: LocalActor, exit: Exit): void {
    this.observer?.ended(actor, exit);
    const { events } = this;
    if (!events.hasListeners(systemTopics.ended)) return;
    const { path, uid } = actor;
    events.publish(systemTopics.ended, { actor: { node: this.node, path, uid }, exit });
  }

  reportSpawn(actor: LocalActor): void {
    this.observer?.spawned(actor);
    const { events } = this;
    if (!events.hasListeners(systemTopics.spawned)) return;
    events.publish(systemTopics.spawned, { actor: actor.address });
  }

  fatal(failure: Failure): void {
    this.#parts.fatal(failure);
  }

  /** The address is one of this node. */
  isHere(address: Address): boolean {
    const { node } = address;
    return isSameNode(node, this.node) || (node.incarnation === 0 && node.name === this.node.name);
  }

  #watchedHere(ref: AnyRef): Sink | undefined | "elsewhere" {
    if (!this.isHere(ref.$.address)) return "elsewhere";
    const actor = this.actorOf(ref);
    const isHome = actor instanceof Cell && actor.household?.travel?.absence === undefined;
    return !isHome && this.mover?.wayTo(ref.$.address) ? "elsewhere" : actor;
  }

  get moverOrFail(): Mover {
    if (this.mover) return this.mover;
    throw new Failure("unavailable", "actors of this system cannot move; start it as a node");
  }

  #namesOrFail(): Names {
    if (this.names) return this.names;
    throw new Failure("unavailable", "this system has no directory of names; start it as a node");
  }
}

const isAlive = (actor: Sink | undefined): boolean =>
  actor !== undefined && !(actor instanceof Cell && actor.state === "ended");
