// `this.ctx` of one actor instance. It dies with its instance: what an old instance still has under
// way can send nothing and set no timer, quietly, and is refused everything else.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { Arguments, Deferred, Protocol } from "#protocols/protocol.ts";
import type { ActorClass, ProtocolOfClass, SpawnArguments, SpawnOptions } from "./actor-class.ts";
import type { ActorTimers, TimerSpec } from "./actor-timers.ts";
import type { CellHost } from "./cell-host.ts";
import type { Context, PendingFate, StopOptions, TimerKey } from "./context.ts";
import type { Handling } from "./handling.ts";
import { crashOf } from "./hooks.ts";
import type { Message } from "./mailbox.ts";
import type { LogLevel } from "./ports.ts";

/** What the context asks of its cell. */
export interface ContextOwner {
  readonly path: string;
  readonly timers: ActorTimers;
  readonly handling: Handling;
  // biome-ignore lint/suspicious/noExplicitAny: a ref of whatever protocol the class has.
  spawnChild(type: ActorClass, args: unknown, options: SpawnOptions): any;
  childStarted(child: AnyRef): Promise<void>;
  stopChild(child: AnyRef | undefined, pending: PendingFate): void;
  watch(ref: AnyRef): void;
  unwatch(ref: AnyRef): void;
  deliverOwn(message: Message): void;
  crash(failure: Failure): void;
}

/** Milliseconds that `lookup` waits for a name when the caller does not say. */
const lookupMsDefault = 5_000;

export class CellContext<P, Own = unknown> implements Context<P, Own> {
  readonly self: Ref<P>;
  readonly #owner: ContextOwner;
  readonly #host: CellHost;
  #isAlive = true;

  constructor(owner: ContextOwner, host: CellHost, self: Ref<P>) {
    this.#owner = owner;
    this.#host = host;
    this.self = self;
  }

  /** The instance has ended: from here on the context refuses. */
  end(): void {
    this.#isAlive = false;
  }

  get path(): string {
    return this.#owner.path;
  }

  get node(): NodeId {
    return this.#host.node;
  }

  get signal(): AbortSignal {
    return this.#live().handling.signal;
  }

  get remaining(): number {
    return this.#owner.handling.deadlineMs - this.#host.clock.now();
  }

  spawn<T extends ActorClass>(
    type: T,
    ...rest: [...SpawnArguments<T>, options?: SpawnOptions]
  ): Ref<ProtocolOfClass<T>> {
    const { args, options } = spawnRest(type, rest);
    return this.#live().spawnChild(type, args, options);
  }

  spawnAs(type: ActorClass, args: unknown, options: SpawnOptions = {}): AnyRef {
    return this.#live().spawnChild(type, args, options);
  }

  started(child: AnyRef): Promise<void> {
    return this.#live().childStarted(child);
  }

  stop(child?: AnyRef, options?: StopOptions): void {
    this.#live().stopChild(child, options?.pending ?? "drop");
  }

  watch(ref: AnyRef): void {
    this.#live().watch(ref);
  }

  unwatch(ref: AnyRef): void {
    this.#live().unwatch(ref);
  }

  lookup<Q>(
    protocol: Protocol<Q>,
    name: string,
    options?: { readonly within?: number },
  ): Promise<Ref<Q>> {
    return this.#host.lookup(protocol, name, options?.within ?? lookupMsDefault);
  }

  register(name: string): Promise<void> {
    this.#live();
    return this.#host.register(name, this.self);
  }

  after<M extends keyof (P & Own) & string>(
    ms: number,
    method: M,
    ...args: Arguments<(P & Own)[M]>
  ): TimerKey {
    return this.#setTimer({ ms, method, args, isRepeated: false });
  }

  every<M extends keyof (P & Own) & string>(
    ms: number,
    method: M,
    ...args: Arguments<(P & Own)[M]>
  ): TimerKey {
    return this.#setTimer({ ms, method, args, isRepeated: true });
  }

  send<M extends keyof (P & Own) & string>(method: M, ...args: Arguments<(P & Own)[M]>): void {
    if (!this.#isAlive) return;
    this.#owner.deliverOwn({ method, args, reply: undefined, ticket: undefined });
  }

  cancel(key: TimerKey): void {
    if (this.#isAlive) this.#owner.timers.cancel(key);
  }

  pipe<R>(promise: Promise<R>, onValue: string, onFailure?: string): void {
    const owner = this.#live();
    const deliver = (method: string, argument: unknown): void => {
      if (!this.#isAlive) return;
      owner.deliverOwn({ method, args: [argument], reply: undefined, ticket: undefined });
    };
    promise.then(
      (value) => deliver(onValue, value),
      (error: unknown) => {
        const failure = crashOf(error, `a promise piped to ${onValue}`);
        if (onFailure !== undefined) deliver(onFailure, failure.toData());
        else if (this.#isAlive) owner.crash(failure);
      },
    );
  }

  defer<R>(promise: Promise<R>): Deferred<R> {
    return { $deferred: promise };
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
    this.#host.log.write(level, this.#owner.path, message, fields);
  }

  #setTimer(spec: TimerSpec): TimerKey {
    return this.#isAlive ? this.#owner.timers.set(spec) : "";
  }

  #live(): ContextOwner {
    if (this.#isAlive) return this.#owner;
    throw new Failure(
      "actor_stopped",
      `this instance of ${this.#owner.path} has ended; send it a message instead of keeping its ctx`,
    );
  }
}

/** Takes the trailing arguments of `spawn` apart: a class with an `initial(args)` has args first. */
export function spawnRest(
  type: ActorClass,
  rest: readonly unknown[],
): { readonly args: unknown; readonly options: SpawnOptions } {
  const hasArgs = (type.initial?.length ?? 0) > 0;
  const options = hasArgs ? rest[1] : rest[0];
  return { args: hasArgs ? rest[0] : undefined, options: isOptions(options) ? options : {} };
}

const isOptions = (value: unknown): value is SpawnOptions =>
  typeof value === "object" && value !== null;
