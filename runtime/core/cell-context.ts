// `this.ctx` of one actor instance. It dies with its instance: what an old instance still has under
// way can send nothing and set no timer, quietly, and is refused everything else.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Address, NodeId } from "#protocols/address.ts";
import type { Placement } from "#protocols/cluster/actor-placement.ts";
import { Failure } from "#protocols/failure.ts";
import { type Arguments, Deferred, type Protocol } from "#protocols/protocol.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
import type {
  ActorClass,
  ProtocolOfClass,
  SpawnArguments,
  Spawnable,
  SpawnOptions,
  StopOptions,
} from "./actor-class.ts";
import type { Call } from "./call.ts";
import { callOf, tracedBy } from "./call-in-progress.ts";
import type { CellHost } from "./cell-host.ts";
import type { Context, TimerDue, TimerKey } from "./context.ts";
import { beginWatch, endWatch } from "./death-watch.ts";
import type { PlacedOptions } from "./elsewhere.ts";
import type { Topic } from "./event-bus.ts";
import type { Householder } from "./household.ts";
import { buryOwn } from "./leftovers.ts";
import { Pipes } from "./pipes.ts";
import type { Claim, LogLevel } from "./ports.ts";
import { reply } from "./reply.ts";
import { checkOwnRoom } from "./self-messages.ts";
import type { ServiceKey } from "./services.ts";
import { sleepUntil } from "./sleep.ts";
import { childOf, childStarted, spawnChild, spawnElsewhere, spawnRest } from "./spawning.ts";
import { check } from "./terms-check.ts";

/** Milliseconds that `lookup` waits for a name when the caller does not say. */
const lookupMsDefault = 5_000;

export class CellContext<P, Own = unknown> implements Context<P, Own> {
  readonly #cell: Householder;
  readonly #host: CellHost;
  // biome-ignore lint/suspicious/noExplicitAny: the cell's protocol is the class's, `P`.
  #self: any;
  #pipes: Pipes | undefined;
  #isAlive = true;

  constructor(cell: Householder) {
    this.#cell = cell;
    this.#host = cell.kind.host;
  }

  /** The instance has ended: from here on the context refuses. */
  end(): void {
    this.#isAlive = false;
    this.#pipes?.end();
  }

  get self(): Ref<P> {
    this.#self ??= this.#cell.ref;
    return this.#self;
  }

  get path(): string {
    return this.#cell.path;
  }

  get node(): NodeId {
    return this.#host.home;
  }

  // ---- the message in progress

  get sender(): AnyRef | undefined {
    const { focus } = this.#host;
    const isHere = this.#isAlive && focus.cell?.uid === this.#cell.uid;
    return isHere ? focus.origin?.sender : this.#call()?.origin?.sender;
  }

  get signal(): AbortSignal {
    this.#live();
    return this.#call()?.signal ?? neverAborted();
  }

  get remaining(): number {
    const deadlineMs = this.#call()?.deadlineMs ?? Number.POSITIVE_INFINITY;
    return deadlineMs - this.#host.clock.now();
  }

  get trace(): TraceContext | undefined {
    const call = this.#call();
    if (call === undefined) return undefined;
    const { selector, token, origin } = call;
    return this.#host.observer?.sending(this.#cell, selector.name, token) ?? origin?.trace;
  }

  via<Q>(ref: Ref<Q>): Ref<Q> {
    if (!this.#isAlive) return ref;
    const call = this.#call();
    return this.#host.refVia(ref, { call, caller: this.#cell });
  }

  // biome-ignore lint/suspicious/noExplicitAny: fits every handler's result, though it is none.
  forward(to: AnyRef): any {
    const call = this.#callOrFail("forward");
    this.#host.pass(to, call);
    call.disposal = "forwarded";
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above.
  stash(): any {
    const call = this.#callOrFail("stash");
    const full = this.#live().ownHousehold.stash.makeRoom(call);
    if (full) throw reply(full);
    call.disposal = "stashed";
  }

  unstash(): void {
    this.#live().ownHousehold.returnStash();
  }

  become(name: string | undefined): void {
    const { ownHousehold, kind } = this.#live();
    ownHousehold.behaviour = name === undefined ? undefined : kind.behaviour(name);
  }

  // ---- other actors

  spawn<T extends ActorClass>(
    type: T & Spawnable<T>,
    ...rest: [...SpawnArguments<T>, options?: SpawnOptions]
  ): Ref<ProtocolOfClass<T>> {
    const { args, options } = spawnRest(type, rest);
    return typed(spawnChild(this.#live(), { type, args, options }).ref);
  }

  spawnAs(type: ActorClass, args: unknown, options: SpawnOptions = {}): AnyRef {
    return spawnChild(this.#live(), { type, args, options }).ref;
  }

  async spawnOn<T extends ActorClass>(
    placement: Placement,
    type: T & Spawnable<T>,
    ...rest: [...SpawnArguments<T>, options?: PlacedOptions]
  ): Promise<Ref<ProtocolOfClass<T>>> {
    return typed(await spawnElsewhere(this.#live(), { placement, type, ...spawnRest(type, rest) }));
  }

  started(child: AnyRef): Promise<void> {
    return childStarted(this.#live(), child);
  }

  stop(child?: AnyRef, options: StopOptions = {}): void {
    const cell = this.#live();
    if (child) childOf(cell, child).ownHousehold.stop(options.pending);
    else cell.ownHousehold.leave(options.pending);
  }

  watch(ref: AnyRef): void {
    beginWatch(this.#live(), ref);
  }

  unwatch(ref: AnyRef): void {
    endWatch(this.#live(), ref);
  }

  lookup<Q>(
    protocol: Protocol<Q>,
    name: string,
    options?: { readonly within?: number },
  ): Promise<Ref<Q>> {
    return this.#host.lookup(protocol, name, options?.within ?? lookupMsDefault);
  }

  refAt<Q>(known: Protocol<Q>, address: Address): Ref<Q> {
    return this.#host.refAt(known, address);
  }

  register(name: string): Promise<Claim> {
    return this.#host.register(name, this.#live().ref);
  }

  use<T>(key: ServiceKey<T>): T {
    return this.#host.services.use(key);
  }

  subscribe<E>(to: Topic<E>, method: string): void {
    this.#host.subscriptions.add(this.#live(), to, method);
  }

  unsubscribe(from: Topic<unknown>): void {
    if (this.#isAlive) this.#host.subscriptions.remove(this.#cell, from);
  }

  publish<E>(to: Topic<E>, event: NoInfer<E>): void {
    if (this.#isAlive) this.#host.events.publish(to, event);
  }

  // ---- messages to itself

  after<M extends keyof (P & Own) & string>(
    due: TimerDue,
    method: M,
    ...args: Arguments<(P & Own)[M]>
  ): TimerKey {
    return this.#setTimer(due, { method, args, isRepeated: false });
  }

  every<M extends keyof (P & Own) & string>(
    due: TimerDue,
    method: M,
    ...args: Arguments<(P & Own)[M]>
  ): TimerKey {
    return this.#setTimer(due, { method, args, isRepeated: true });
  }

  send<M extends keyof (P & Own) & string>(method: M, ...args: Arguments<(P & Own)[M]>): void {
    if (!this.#isAlive) {
      buryOwn(this.#cell, method, args.length);
      return;
    }
    checkOwnRoom(this.#cell, method);
    this.#cell.acceptOwn(method, args, tracedBy(this.#cell, method));
  }

  cancel(key: TimerKey): void {
    if (this.#isAlive) this.#cell.household?.timers.cancel(key);
  }

  pipe<R>(promise: Promise<R>, onValue: string, onFailure?: string): void {
    const cell = this.#live();
    this.#pipes ??= new Pipes(cell);
    this.#pipes.add(promise, { onValue, onFailure }, tracedBy(this.#cell, onValue));
  }

  defer<R>(promise: Promise<R>): Deferred<R> {
    this.#call(); // So that the answer is known to be owed.
    return new Deferred(promise);
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.#live();
    check(!Number.isNaN(ms), `${this.path} is to sleep for`, "a number of milliseconds", ms);
    await sleepUntil(this.#host.timers, this.now() + Math.max(0, ms), signal);
    if (!this.#isAlive) await new Promise<never>(() => {});
  }

  now(): number {
    return this.#host.clock.now();
  }

  wall(): number {
    return this.#host.clock.wall();
  }

  random(): number {
    return this.#host.random.next();
  }

  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#host.log.write(level, this.path, message, fields);
  }

  #setTimer(
    due: TimerDue,
    spec: {
      readonly method: string;
      readonly args: readonly unknown[];
      readonly isRepeated: boolean;
    },
  ): TimerKey {
    if (!this.#isAlive) return "";
    const { ms, key } = typeof due === "number" ? { ms: due, key: undefined } : due;
    return this.#cell.ownHousehold.timers.set({ ...spec, ms, key });
  }

  #call(): Call | undefined {
    return this.#isAlive ? callOf(this.#cell) : undefined;
  }

  #callOrFail(what: string): Call {
    this.#live();
    const call = this.#call();
    if (call?.isOpen && !call.isHook && call.disposal === undefined) return call;
    const text = `${this.path} has no message to ${what}: call it once, while handling one`;
    throw new Failure("internal", text);
  }

  #live(): Householder {
    if (this.#isAlive) return this.#cell;
    throw new Failure(
      "actor_stopped",
      `this instance of ${this.path} has ended; send it a message instead of keeping its ctx`,
    );
  }
}

const neverAborted = (): AbortSignal => new AbortController().signal;

// biome-ignore lint/suspicious/noExplicitAny: the class's protocol decides the ref's type.
const typed = (ref: any): any => ref;
