// The actor system of one node: the root guardian and the engine's parts, wired to the ports.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Address, NodeId } from "#protocols/address.ts";
import type { Placement } from "#protocols/cluster/actor-placement.ts";
import type { Target } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { actorAt } from "./actor-at.ts";
import type {
  ActorClass,
  ProtocolOfClass,
  SpawnArguments,
  Spawnable,
  SpawnOptions,
  StopOptions,
} from "./actor-class.ts";
import { Asks } from "./asks.ts";
import { ownBounds } from "./bound-levels.ts";
import type { BoundState } from "./bounds.ts";
import { brokenTurn } from "./broken-turn.ts";
import type { Cell } from "./cell.ts";
import type { LocalActor } from "./cell-host.ts";
import { Shutdown, type ShutdownPhase, type ShutdownTask } from "./coordinated-shutdown.ts";
import { type MessageAccount, MessageCounts } from "./counts.ts";
import { deadLettersTo } from "./dead-letter-news.ts";
import type { DeadLetters } from "./dead-letters.ts";
import { Dispatcher } from "./dispatcher.ts";
import { type Elsewhere, elsewhereOrFail, type PlacedOptions } from "./elsewhere.ts";
import { EventBus, systemTopics } from "./event-bus.ts";
import { Focus } from "./focus.ts";
import { GuardedObserver } from "./guarded-observer.ts";
import { createRoot } from "./guardian.ts";
import { type ActorTree, inspectTree } from "./inspection.ts";
import { accountOf } from "./message-account.ts";
import { CaringPost } from "./message-care.ts";
import type { DrainReport, Mover, MoveTerms, RebalanceTerms } from "./mover.ts";
import type { Inside } from "./mover-inside.ts";
import type { Claim, Clock, Log, Names, Random, RefCodec, Transport } from "./ports.ts";
import { Postman } from "./post.ts";
import { Realms } from "./realms.ts";
import { ActorRef, RefFactory, type Sink } from "./ref.ts";
import { Registry } from "./registry.ts";
import { RemoteGates } from "./remote-gates.ts";
import { RemoteInbox } from "./remote-inbox.ts";
import { RemoteOutbox } from "./remote-outbox.ts";
import { type ServiceKey, Services } from "./services.ts";
import { childStarted, spawnChild, spawnRest } from "./spawning.ts";
import { stopActor } from "./stop-actor.ts";
import { quarantined } from "./system-failures.ts";
import { SystemHost } from "./system-host.ts";
import type { SystemOptions } from "./system-options.ts";
import { Tick } from "./tick.ts";
import { TimerQueue } from "./timer-queue.ts";

export class ActorSystem implements RefCodec {
  readonly node: NodeId;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly timers: TimerQueue;
  readonly deadLetters: DeadLetters;
  readonly asks: Asks;
  readonly events: EventBus;
  /** Actors that belong to no node: who serves them here. */
  readonly realms: Realms;
  readonly #host: SystemHost;
  readonly #inbox: RemoteInbox;
  readonly #outbox: RemoteOutbox;
  readonly #inside: Inside;
  readonly #transport: Transport;
  readonly #root: Cell;
  readonly #shutdown: Shutdown;
  readonly #observer: GuardedObserver | undefined;

  constructor(options: SystemOptions) {
    const { clock, executor, log, messages: care, node, random, transport } = options;
    const complain = (failure: Failure): void =>
      log.write("error", "/", failure.detail, { code: failure.code });
    const observer = options.observer && new GuardedObserver(options.observer, complain);
    this.#observer = observer;
    this.node = node;
    this.clock = clock;
    this.random = random;
    this.log = log;
    this.#transport = transport;
    this.timers = new TimerQueue(clock, options.timers);
    const tick = new Tick(clock, executor);
    const focus = new Focus();
    const counts = new MessageCounts();
    const { bounds } = counts;
    this.asks = new Asks(focus, tick, this.timers, bounds);
    this.events = new EventBus(complain, bounds, focus);
    const ports = { log, timers: this.timers, bounds, now: () => clock.now() };
    this.deadLetters = deadLettersTo({ ...ports, observer, events: this.events });
    const { asks, deadLetters, events, timers } = this;
    const shared = { node, clock, log, timers, focus, asks, deadLetters, observer, bounds };
    const dispatcher = new Dispatcher(tick, executor, brokenTurn, bounds);
    const gates = new RemoteGates({ clock, timers, dispatcher, bounds });
    const outbox = new RemoteOutbox({ transport, gates, ...shared });
    this.#outbox = outbox;
    const realms = new Realms({ outbox, deadLetters, bounds });
    this.realms = realms;
    const registry = new Registry();
    const find = (to: Target): LocalActor | undefined =>
      to.uid === 0 ? actorAt(this.#root, to.path) : registry.find(to.uid);
    const replyOf = care && ((value: unknown) => care.replyOf(value, this));
    const sinkAt = (to: Target): Sink | undefined => this.#host.mover?.wayTo(to) ?? find(to);
    const room = (actor: Sink, signal?: AbortSignal) => this.#host.room(actor, signal);
    const post = new Postman({ ...shared, outbox, find: sinkAt, room, replyOf });
    this.#host = new SystemHost({
      ...{ ...shared, tick, random, dispatcher, counts, post, home: options.home ?? node },
      services: new Services(),
      refs: new RefFactory(care ? new CaringPost(post, care, this) : post),
      ...{ registry, outbox, realms, events, find, fatal: options.fatal },
    });
    this.#inbox = new RemoteInbox({
      ...{ ...shared, outbox, registry, find, gates },
      receiver: (to, from) => realms.receiver(to, from) ?? find(to),
      fullGate: (actor) => this.#host.fullGate(actor),
      released: (from, messages, bytes) => transport.released(from, messages, bytes),
      introduction: () => this.#host.introduction,
      refAt: (address, protocolId) => this.#host.revive(address, protocolId),
      mover: () => this.#host.mover,
      nodeUp: (up) => events.publish(systemTopics["node-up"], { node: up }),
      nodeDown: (down) => events.publish(systemTopics["node-down"], { node: down }),
      refused: (by, reason) => options.fatal(quarantined(by, reason)),
    });
    for (const known of options.protocols ?? []) this.#host.learn(known);
    this.#root = createRoot(this.#host, options.supervise);
    const inside = { host: this.#host, root: this.#root, inbox: this.#inbox };
    this.#inside = { ...inside, asks, registry, deadLetters, gates };
    this.#shutdown = new Shutdown(ports);
    this.#shutdown.add("stop-actors", "the end of all actors", this.#endActors);
    // Of its time the links have the most to deliver what waits; they close within the rest.
    this.#shutdown.add("close-links", "the end of the links", (ms) =>
      transport.stop(clock.now() + ms * 0.9),
    );
  }

  /** Opens the links; fails when an address cannot be bound. */
  start(): Promise<void> {
    return this.#transport.start(this.#inbox);
  }

  spawn<T extends ActorClass>(
    type: T & Spawnable<T>,
    ...rest: [...SpawnArguments<T>, options?: SpawnOptions]
  ): Ref<ProtocolOfClass<T>> {
    const { args, options } = spawnRest(type, rest);
    return typed(spawnChild(this.#root, { type, args, options }).ref);
  }

  /**
   * Spawns on another node, by the class's name there (`actors` of its node), with arguments that are
   * plain data. It lives until it is stopped; a name stands below `/spawner`. Fails with `not_found`
   * for a class or node that is not there, `unavailable` when no node fits, and as `spawn` does.
   */
  async spawnOn<T extends ActorClass>(
    placement: Placement,
    type: T & Spawnable<T>,
    ...rest: [...SpawnArguments<T>, options?: PlacedOptions]
  ): Promise<Ref<ProtocolOfClass<T>>> {
    const birth = { placement, type, ...spawnRest(type, rest) };
    return typed(await elsewhereOrFail(this.#host.elsewhere).spawn(birth));
  }

  /** Settles when a top-level actor's `start` is done. */
  started(ref: AnyRef): Promise<void> {
    return childStarted(this.#root, ref);
  }

  /**
   * Stops an actor with all below it; settles when it has ended. Fails with `invalid` for one of
   * another node that neither was spawned from elsewhere nor has moved.
   */
  stopActor(ref: AnyRef, options: StopOptions = {}): Promise<void> {
    return stopActor(this.#host, ref, options);
  }

  /** Has something done in a phase of `shutdown`; it hears how many milliseconds the phase has. */
  onShutdown(phase: ShutdownPhase, name: string, task: ShutdownTask): void {
    this.#shutdown.add(phase, name, task);
  }

  /**
   * Ends the node in order, phase by phase: in `stop-actors` all actors end, the youngest first, and
   * in `close-links` the links. It always ends; each phase has its time, `msMax` or else the default.
   * Fails with `invalid` for a time that is none.
   */
  async shutdown(msMax: Partial<Readonly<Record<ShutdownPhase, number>>> = {}): Promise<void> {
    await this.#shutdown.run(msMax);
    this.timers.clear();
  }

  /** Ends all actors, then the links, at most `drainMs` for these; without the tasks of `shutdown`. */
  async stop(drainMs = 1_000): Promise<void> {
    await this.#endActors();
    await this.#transport.stop(this.clock.now() + drainMs);
    this.timers.clear();
  }

  /** A ref to an actor of any node by its path, whichever incarnation lives there. */
  refTo<P>(known: Protocol<P>, at: { readonly node: string; readonly path: string }): Ref<P> {
    const node = at.node === this.node.name ? this.node : { name: at.node, incarnation: 0 };
    return this.#host.refAt(known, { node, path: at.path, uid: 0 });
  }

  /** A ref of unknown type as a ref of this protocol; fails when its actor speaks another. */
  refFrom<P>(known: Protocol<P>, ref: AnyRef): Ref<P> {
    const { address, protocolId } = ref.$;
    if (protocolId === known.id) return this.#host.refAt(known, address);
    throw new Failure("invalid", `${ref.$.toString()} speaks ${protocolId}, not ${known.id}`);
  }

  /** The actor registered under this name; waits for it at most `within` ms. */
  lookup<P>(known: Protocol<P>, name: string, within = 5_000): Promise<Ref<P>> {
    return this.#host.lookup(known, name, within);
  }

  /** Makes an actor findable in the cluster by that name until it stops; answers its fence. */
  register(name: string, ref: AnyRef): Promise<Claim> {
    return this.#host.register(name, ref);
  }

  /** Where `lookup` and `register` go; set once, by whoever assembles the node. */
  useNames(names: Names): void {
    this.#host.names = names;
  }

  /** Where `spawnOn` goes; set once, by whoever assembles the node. */
  useElsewhere(elsewhere: Elsewhere): void {
    this.#host.elsewhere = elsewhere;
  }

  /** Lets actors of this node move; set once, by whoever assembles the node. */
  useMover(make: (inside: Inside) => Mover): void {
    this.#host.mover = make(this.#inside);
  }

  /** Moves an actor with all it has to another node; fails with why, and it stays where it was. */
  move(ref: AnyRef, terms: MoveTerms): Promise<void> {
    return this.#host.moverOrFail.move(ref, terms);
  }

  /** Moves all that can away, within so many milliseconds; answers what stayed, and why. */
  drain(within: number): Promise<DrainReport> {
    return this.#host.moverOrFail.drain(within);
  }

  /** Moves some actors to the node that has the fewest, if this one has clearly more. */
  rebalance(terms: RebalanceTerms): Promise<DrainReport> {
    return this.#host.moverOrFail.rebalance(terms);
  }

  /** Lets the node's actors have something under that key (`ctx.use`). */
  provide<T>(key: ServiceKey<T>, value: T): void {
    this.#host.services.provide(key, value);
  }

  /** Refs of that protocol may arrive in messages from elsewhere, and be used as they are. */
  learn(known: Protocol<unknown>): void {
    this.#host.learn(known);
  }

  /** Why the observer was switched off: it threw. Undefined as long as it works. */
  get observerFailure(): Failure | undefined {
    return this.#observer?.failure;
  }

  inspect(): ActorTree {
    return inspectTree(this.#root);
  }

  /** What has become of all messages; sent = processed + queued + dead + in flight. O(actors). */
  get counts(): MessageAccount {
    return accountOf(this.#host.counts, this.#root);
  }

  /** Each bound of the engine and its transport: how near it is, how often it was reached. O(actors). */
  get bounds(): readonly BoundState[] {
    const holders = { asks: this.asks, deadLetters: this.deadLetters, outbox: this.#outbox };
    const own = ownBounds(this.#host, this.#root, holders, this.realms.levels);
    const ofPorts = [this.#transport, this.#host.elsewhere, this.events];
    return [...own, ...ofPorts.flatMap((port) => port?.bounds ?? [])];
  }

  describe(value: unknown): { readonly address: Address; readonly protocolId: string } | undefined {
    return value instanceof ActorRef ? value.$ : undefined;
  }

  revive(address: Address, protocolId: string): AnyRef {
    return this.#host.revive(address, protocolId);
  }

  readonly #endActors = (): Promise<void> =>
    new Promise((resolve) => this.#root.life.end(undefined, resolve));
}

// biome-ignore lint/suspicious/noExplicitAny: the class's protocol decides the ref's type.
const typed = (ref: any): any => ref;
