// The actor system of one node: the root guardian and the engine's parts, wired to the ports.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Address, NodeId } from "#protocols/address.ts";
import type { Placement } from "#protocols/cluster/placement.ts";
import type { Target } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { actorAt } from "./actor-at.ts";
import type {
  ActorClass,
  ProtocolOfClass,
  SpawnArguments,
  SpawnOptions,
  StopOptions,
  WithHandlers,
} from "./actor-class.ts";
import { Asks } from "./asks.ts";
import { boundLevels } from "./bound-levels.ts";
import { type BoundState, engineBounds } from "./bounds.ts";
import { brokenTurn } from "./broken-turn.ts";
import { Cell } from "./cell.ts";
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
import { type ActorTree, inspectTree, queuedIn } from "./inspection.ts";
import { CaringPost } from "./message-care.ts";
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
import { notHere, quarantined } from "./system-failures.ts";
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
  readonly #transport: Transport;
  readonly #root: Cell;
  readonly #shutdown: Shutdown;
  readonly #observer: GuardedObserver | undefined;

  constructor(options: SystemOptions) {
    const { clock, executor, log, node, random, transport } = options;
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
    const room = (actor: Sink, signal: AbortSignal | undefined): Promise<void> =>
      this.#host.room(actor, signal);
    const { messages: care } = options;
    const replyOf = care && ((value: unknown) => care.replyOf(value, this));
    const post = new Postman({ ...shared, outbox, find, room, replyOf });
    this.#host = new SystemHost({
      ...{ ...shared, tick, random, dispatcher, counts, post },
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
      nodeUp: (up) => events.publish(systemTopics["node-up"], { node: up }),
      nodeDown: (down) => events.publish(systemTopics["node-down"], { node: down }),
      refused: (by, reason) => options.fatal(quarantined(by, reason)),
    });
    for (const known of options.protocols ?? []) this.#host.learn(known);
    this.#root = createRoot(this.#host, options.supervise);
    this.#shutdown = new Shutdown(ports);
    this.#addPhases();
  }

  /** Opens the links; fails when an address cannot be bound. */
  start(): Promise<void> {
    return this.#transport.start(this.#inbox);
  }

  spawn<T extends ActorClass>(
    type: T & WithHandlers<T>,
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
    type: T & WithHandlers<T>,
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
   * another node that was not spawned from elsewhere.
   */
  stopActor(ref: AnyRef, options: StopOptions = {}): Promise<void> {
    if (ref.$.address.node.name !== this.node.name) {
      const { elsewhere } = this.#host;
      return elsewhere?.stop(ref, options) ?? Promise.reject(notHere(ref, this.node));
    }
    const actor = this.#host.actorOf(ref);
    return new Promise((resolve) => {
      if (actor instanceof Cell) actor.ownHousehold.stop(options.pending, resolve);
      else resolve();
    });
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

  /**
   * Ends all actors, the youngest first, then the links, at most `drainMs` for the latter; without
   * the tasks of `shutdown`.
   */
  async stop(drainMs = 1_000): Promise<void> {
    await this.#endActors();
    await this.#closeLinks(drainMs);
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
    const { sent, processed, dead, deadBy, inFlight } = this.#host.counts;
    return { sent, processed, dead, deadBy, inFlight, queued: queuedIn(this.#root) };
  }

  /** Each bound of the engine and its transport: how near it is, how often it was reached. O(actors). */
  get bounds(): readonly BoundState[] {
    const { asks, deadLetters, events } = this;
    const levels = boundLevels(this.#root, { asks, deadLetters, events, outbox: this.#outbox });
    const all = { ...levels, ...this.realms.levels };
    const own = this.#host.counts.bounds.states(engineBounds, all);
    const ofPorts = [this.#transport, this.#host.elsewhere, events];
    return [...own, ...ofPorts.flatMap((port) => port?.bounds ?? [])];
  }

  // ---- RefCodec: refs in messages

  describe(value: unknown): { readonly address: Address; readonly protocolId: string } | undefined {
    return value instanceof ActorRef ? value.$ : undefined;
  }

  revive(address: Address, protocolId: string): AnyRef {
    return this.#host.revive(address, protocolId);
  }

  #endActors(): Promise<void> {
    return new Promise((resolve) => this.#root.life.end(undefined, resolve));
  }

  #closeLinks(drainMs: number): Promise<void> {
    return this.#transport.stop(this.clock.now() + drainMs);
  }

  #addPhases(): void {
    this.#shutdown.add("stop-actors", "the end of all actors", () => this.#endActors());
    this.#shutdown.add("close-links", "the end of the links", (msMax) =>
      this.#closeLinks(msMax * linksShare),
    );
  }
}

/** Of the time to close links, what is left to deliver: they close within the rest. */
const linksShare = 0.9;

// biome-ignore lint/suspicious/noExplicitAny: the class's protocol decides the ref's type.
const typed = (ref: any): any => ref;
