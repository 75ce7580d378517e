// What an actor may do while it handles a message: the type of `this.ctx`.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { NodeId } from "#protocols/address.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Arguments, Deferred, Protocol } from "#protocols/protocol.ts";
import type { ActorClass, ProtocolOfClass, SpawnArguments, SpawnOptions } from "./actor-class.ts";
import type { LogLevel } from "./ports.ts";

/** Names one timer of an actor, to cancel it by. */
export type TimerKey = string;

/** `drain` handles what waits and refuses what comes; `drop` makes dead letters of it. */
export type PendingFate = "drop" | "drain";

export interface StopOptions {
  /** Default: `drop`. */
  readonly pending?: PendingFate;
}

type PipeTarget<P, R> = {
  [M in keyof P]: P[M] extends (value: R) => void ? M : never;
}[keyof P] &
  string;

export interface Context<P, Own = unknown> {
  readonly self: Ref<P>;
  readonly path: string;
  readonly node: NodeId;
  /** Aborted when the caller cancels, its deadline passes, or this actor is stopped. */
  readonly signal: AbortSignal;
  /** Milliseconds left of the current message's deadline; Infinity without one. */
  readonly remaining: number;

  /** Starts a child. It is stopped with this actor and supervised by `static supervise`. */
  spawn<T extends ActorClass>(
    type: T,
    ...rest: [...SpawnArguments<T>, options?: SpawnOptions]
  ): Ref<ProtocolOfClass<T>>;
  /** As `spawn`, for a class that is only known at run time; its arguments are not checked. */
  spawnAs(type: ActorClass, args: unknown, options?: SpawnOptions): AnyRef;
  /** Settles when a child's `start` is done; fails when the child ended instead. */
  started(child: AnyRef): Promise<void>;
  /** Stops a child for good, or this actor itself; a permanent one that stops itself begins anew. */
  stop(child?: AnyRef, options?: StopOptions): void;

  /** `terminated` is called exactly once when that actor has ended, or its node is gone. */
  watch(ref: AnyRef): void;
  unwatch(ref: AnyRef): void;

  /** The actor registered in the cluster under this name; waits for it, fails with `not_found`. */
  lookup<Q>(
    protocol: Protocol<Q>,
    name: string,
    options?: { readonly within?: number },
  ): Promise<Ref<Q>>;
  /** Makes this actor findable in the cluster by that name until it stops. */
  register(name: string): Promise<void>;

  /** Sends this actor the message once after `ms`. Timers end with the instance. */
  after<M extends keyof (P & Own) & string>(
    ms: number,
    method: M,
    ...args: Arguments<(P & Own)[M]>
  ): TimerKey;
  /** Sends this actor the message every `ms`; never queues a second before the first is handled. */
  every<M extends keyof (P & Own) & string>(
    ms: number,
    method: M,
    ...args: Arguments<(P & Own)[M]>
  ): TimerKey;
  /** Sends this actor the message now, behind those that wait. */
  send<M extends keyof (P & Own) & string>(method: M, ...args: Arguments<(P & Own)[M]>): void;
  /** A cancelled timer never fires, not even when its message waits already. */
  cancel(key: TimerKey): void;

  /** Sends the promise's value to this actor; a rejection goes to `onFailure` or crashes it. */
  pipe<R>(
    promise: Promise<R>,
    onValue: PipeTarget<P & Own, R>,
    onFailure?: PipeTarget<P & Own, FailureData>,
  ): void;
  /** Answers the current ask when the promise settles, while the actor goes on. */
  defer<R>(promise: Promise<R>): Deferred<R>;

  now(): number;
  wall(): number;
  random(): number;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}
