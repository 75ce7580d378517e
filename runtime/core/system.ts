// The actor system of one node: the root guardian and the engine's parts, wired to the ports.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import {
  type Address,
  formatAddress,
  isSameNode,
  type NodeId,
  namePattern,
} from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { type Protocol, protocol } from "#protocols/protocol.ts";
import type { ActorClass, ProtocolOfClass, SpawnArguments, SpawnOptions } from "./actor-class.ts";
import { Asks } from "./asks.ts";
import { Cell } from "./cell.ts";
import { spawnRest } from "./cell-context.ts";
import type { CellHost, LocalActor } from "./cell-host.ts";
import { DeadLetters } from "./dead-letters.ts";
import { Dispatcher } from "./dispatcher.ts";
import { GuardianActor } from "./guardian.ts";
import { type ActorTree, inspectTree } from "./inspection.ts";
import type { Message } from "./mailbox.ts";
import type { Clock, Executor, Log, Names, Random, RefCodec, Timers, Transport } from "./ports.ts";
import { ActorRef, type Post, RefFactory, type RefHandle, type Sink } from "./ref.ts";
import { Registry } from "./registry.ts";
import { Remote } from "./remote.ts";
import type { SupervisionSpec } from "./supervision.ts";
import { noActor, quarantined } from "./system-failures.ts";
import { TimerQueue } from "./timer-queue.ts";
import type { RemoteWatcher } from "./watch.ts";

export interface SystemOptions {
  readonly node: NodeId;
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  readonly executor: Executor;
  readonly log: Log;
  readonly transport: Transport;
  /** Protocols of refs that may arrive from other nodes, beside those of actors spawned here. */
  readonly protocols?: readonly Protocol<unknown>[];
  readonly supervise?: SupervisionSpec;
  /** The root guardian gave up: end the node. */
  readonly fatal: (failure: Failure) => void;
}

export class ActorSystem implements CellHost, Post, RefCodec {
  readonly node: NodeId;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly dispatcher: Dispatcher;
  readonly timers: TimerQueue;
  readonly deadLetters: DeadLetters;
  readonly asks: Asks;
  readonly #registry = new Registry();
  readonly #refs = new RefFactory(this);
  readonly #protocols = new Map<string, Protocol<unknown>>();
  readonly #remote: Remote;
  readonly #transport: Transport;
  readonly #root: Cell;
  readonly #fatal: (failure: Failure) => void;
  readonly #nodeUpListeners = new Set<(node: NodeId) => void>();
  #names: Names | undefined;
  #lastUid = 0;

  constructor(options: SystemOptions) {
    this.node = options.node;
    this.clock = options.clock;
    this.random = options.random;
    this.log = options.log;
    this.#fatal = options.fatal;
    this.#transport = options.transport;
    this.dispatcher = new Dispatcher(options.clock, options.executor);
    this.timers = new TimerQueue(options.clock, options.timers);
    this.asks = new Asks(options.clock, this.timers);
    this.deadLetters = new DeadLetters((letter) =>
      this.log.write("debug", letter.to, `dead letter: ${letter.method}`, { code: letter.reason }),
    );
    this.#remote = new Remote({
      transport: options.transport,
      registry: this.#registry,
      asks: this.asks,
      deadLetters: this.deadLetters,
      clock: options.clock,
      nodeUp: (node) => {
        for (const listener of this.#nodeUpListeners) listener(node);
      },
      refused: (by, reason) => options.fatal(quarantined(by, reason)),
    });
    for (const known of options.protocols ?? []) this.#protocols.set(known.id, known);
    this.#root = new Cell(this, {
      type: GuardianActor,
      args: undefined,
      options: options.supervise ? { supervise: options.supervise } : {},
      name: "",
      parent: undefined,
    });
  }

  // ---- for those who use a system

  /** Opens the links; fails when an address cannot be bound. */
  start(): Promise<void> {
    return this.#transport.start(this.#remote);
  }

  spawn<T extends ActorClass>(
    type: T,
    ...rest: [...SpawnArguments<T>, options?: SpawnOptions]
  ): Ref<ProtocolOfClass<T>> {
    const { args, options } = spawnRest(type, rest);
    return typed(this.#root.spawnChild(type, args, options));
  }

  /** Settles when a top-level actor's `start` is done. */
  started(ref: AnyRef): Promise<void> {
    return this.#root.childStarted(ref);
  }

  /** Stops a top-level actor with all below it; settles when it has ended. */
  stopActor(ref: AnyRef): Promise<void> {
    const cell = this.#root.family.all.find((child) => child.address.uid === ref.$.address.uid);
    return new Promise((resolve) => {
      if (cell) cell.end(undefined, resolve);
      else resolve();
    });
  }

  /** Ends all actors, the youngest first, then the links; at most `drainMs` for the latter. */
  async stop(drainMs = 1_000): Promise<void> {
    await new Promise<void>((resolve) => this.#root.end(undefined, resolve));
    await this.#transport.stop(this.clock.now() + drainMs);
    this.timers.clear();
  }

  /** A ref to an actor of any node by its path, whichever incarnation lives there. */
  refTo<P>(known: Protocol<P>, at: { readonly node: string; readonly path: string }): Ref<P> {
    const node = at.node === this.node.name ? this.node : { name: at.node, incarnation: 0 };
    const address = { node, path: at.path, uid: 0 };
    return this.#refs.make(known, address, this.#sinkAt(address));
  }

  /** A ref of unknown type as a ref of this protocol; fails when its actor speaks another. */
  refFrom<P>(known: Protocol<P>, ref: AnyRef): Ref<P> {
    const { address, protocolId } = ref.$;
    if (protocolId === known.id) return this.#refs.make(known, address, this.#sinkAt(address));
    throw new Failure("invalid", `${ref.$.toString()} speaks ${protocolId}, not ${known.id}`);
  }

  /** Tells of first contacts with other processes. */
  onNodeUp(listener: (node: NodeId) => void): void {
    this.#nodeUpListeners.add(listener);
  }

  /** Where `lookup` and `register` go; set once, by whoever assembles the node. */
  useNames(names: Names): void {
    this.#names = names;
  }

  inspect(): ActorTree {
    return inspectTree(this.#root);
  }

  // ---- Post: where refs send

  tell(handle: RefHandle, method: string, args: readonly unknown[]): void {
    if (handle.sink) handle.sink.accept(method, args, undefined);
    else if (this.#isHere(handle.address)) this.#buryTell(handle.address, method);
    else this.#remote.tell(handle, method, args);
  }

  ask(handle: RefHandle, method: string, args: readonly unknown[]): Promise<unknown> {
    const kind = handle.protocol.methods.get(method)?.kind;
    const within = handle.options.within ?? (kind?.kind === "ask" ? kind.within : 0);
    const about = `${formatAddress(handle.address)} ${method}`;
    return this.asks.open({ within, signal: handle.options.signal, about }, (ask) => {
      if (handle.sink) handle.sink.accept(method, args, ask);
      else if (this.#isHere(handle.address)) ask.refuse(noActor(handle.address));
      else this.#remote.ask(handle, method, args, ask);
    });
  }

  // ---- RefCodec: refs in messages

  describe(value: unknown): { readonly address: Address; readonly protocolId: string } | undefined {
    return value instanceof ActorRef ? value.$ : undefined;
  }

  revive(address: Address, protocolId: string): unknown {
    const known = this.#protocols.get(protocolId) ?? protocolOfStrangers(protocolId);
    return this.#refs.make(known, address, this.#sinkAt(address));
  }

  // ---- CellHost: what cells need

  nextUid(): number {
    this.#lastUid += 1;
    return this.#lastUid;
  }

  checkName(name: string, parentPath: string, isTaken: boolean): void {
    if (!namePattern.test(name)) {
      const text = `"${name}" cannot name an actor under ${parentPath}; use letters, digits, . _ -`;
      throw new Failure("invalid", text);
    }
    if (isTaken) {
      const text = `${parentPath} has a living child ${name} already; choose another name`;
      throw new Failure("name_taken", text);
    }
  }

  makeRef<P>(known: Protocol<P>, address: Address, sink: Sink): Ref<P> {
    if (!this.#protocols.has(known.id)) this.#protocols.set(known.id, known);
    return this.#refs.make(known, address, sink);
  }

  enlist(actor: LocalActor): void {
    this.#registry.add(actor);
  }

  delist(actor: LocalActor): void {
    this.#registry.remove(actor);
  }

  bury(address: Address, message: Message, reason: "actor_stopped" | "mailbox_full"): void {
    if (message.ticket) return;
    const to = formatAddress(address);
    if (message.reply) {
      const why = reason === "mailbox_full" ? "its mailbox is full; ask less at once" : "it ended";
      message.reply.refuse(new Failure(reason, `${to} did not handle ${message.method}: ${why}`));
    }
    this.deadLetters.add({ reason, to, method: message.method });
  }

  beginWatch(ref: AnyRef, watcher: LocalActor): void {
    const { address } = ref.$;
    if (!this.#isHere(address)) {
      this.#remote.beginWatch(ref, watcher);
      return;
    }
    const actor = this.#registry.find(address);
    if (actor) actor.watchers.addLocal(watcher, ref);
    else if (watcher.watching.remove(ref)) watcher.heardTerminated(ref, { kind: "stopped" });
  }

  endWatch(ref: AnyRef, watcher: LocalActor): void {
    const { address } = ref.$;
    if (this.#isHere(address)) this.#registry.find(address)?.watchers.removeLocal(watcher);
    else this.#remote.endWatch(ref, watcher);
  }

  notifyElsewhere(watcher: RemoteWatcher, exit: Exit): void {
    this.#remote.notify(watcher, exit);
  }

  lookup<Q>(known: Protocol<Q>, name: string, within: number): Promise<Ref<Q>> {
    if (!this.#protocols.has(known.id)) this.#protocols.set(known.id, known);
    return this.#namesOrFail().find(known, name, within);
  }

  register(name: string, ref: AnyRef): Promise<void> {
    return this.#namesOrFail().claim(name, ref);
  }

  fatal(failure: Failure): void {
    this.#fatal(failure);
  }

  // ---- helpers

  #isHere(address: Address): boolean {
    return isSameNode(address.node, this.node);
  }

  #sinkAt(address: Address): Sink | undefined {
    return this.#isHere(address) ? this.#registry.find(address) : undefined;
  }

  #buryTell(address: Address, method: string): void {
    this.deadLetters.add({ reason: "actor_stopped", to: formatAddress(address), method });
  }

  #namesOrFail(): Names {
    if (this.#names) return this.#names;
    throw new Failure("unavailable", "this system has no directory of names; start it as a node");
  }
}

// A ref of a protocol that this node does not know can be passed on, watched and compared.
const protocolOfStrangers = (id: string): Protocol<unknown> => ({
  ...protocol("troupe.Stranger@1", {}),
  id,
});

// biome-ignore lint/suspicious/noExplicitAny: the class's protocol decides the ref's type.
const typed = (ref: any): any => ref;
