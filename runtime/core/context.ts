// What an actor may do while it handles a message: the type of `this.ctx`.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Address, NodeId } from "#protocols/address.ts";
import type { Placement } from "#protocols/cluster/actor-placement.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Arguments, Deferred, Protocol } from "#protocols/protocol.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
import type {
  ActorClass,
  ProtocolOfClass,
  SpawnArguments,
  Spawnable,
  SpawnOptions,
  StopOptions,
} from "./actor-class.ts";
import type { PlacedOptions } from "./elsewhere.ts";
import type { Topic } from "./event-bus.ts";
import type { Claim, LogLevel } from "./ports.ts";
import type { ServiceKey } from "./services.ts";

/** Names one timer of an actor, to cancel it by. */
export type TimerKey = string;

/** When a timer rings: after so many milliseconds, and instead of the one of the same key. */
export type TimerDue = number | { readonly ms: number; readonly key: TimerKey };

type PipeTarget<P, R> = {
  [M in keyof P]: P[M] extends (value: R) => void ? M : never;
}[keyof P] &
  string;

export interface Context<P, Own = unknown> {
  readonly self: Ref<P>;
  readonly path: string;
  /** Where it lives; of an actor in a thread, the node of its process. */
  readonly node: NodeId;

  // ---- the message in progress

  /**
   * Who sent it; undefined when it came from outside of any actor, or from a timer. In a readonly
   * handler look at this, `signal` and `remaining` before the first `await`: later there may be several.
   */
  readonly sender: AnyRef | undefined;
  /** Aborted when the caller cancels, its deadline passes, or this actor is stopped. */
  readonly signal: AbortSignal;
  /** Milliseconds left of its deadline; Infinity without one. */
  readonly remaining: number;
  /** The trace that what this handler sends belongs to, for whatever else should bear it. */
  readonly trace: TraceContext | undefined;
  /**
   * The same ref, sending on behalf of this message, also later: sender, deadline, signal and trace
   * are passed on. What is sent before the first `await`, or right after awaiting an ask, does so by
   * itself. In a readonly handler take it before the first `await`: later there may be several.
   * Outside of any message, as in a listener, the ref names this actor as the sender and no more.
   */
  via<Q>(ref: Ref<Q>): Ref<Q>;
  /** Hands the message with its open reply on; return what this returns. */
  // biome-ignore lint/suspicious/noExplicitAny: fits every handler's result, though it is none.
  forward(to: AnyRef): any;
  /** Puts the message aside until `unstash`. Refuses it with `stash_full` beyond `static stashMax`. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  stash(): any;
  /** Puts what was put aside in front of the mailbox, in its order. */
  unstash(): void;
  /** Handles the methods of `static behaviours[name]` by others from now on; undefined: as written. */
  become(name: string | undefined): void;

  // ---- other actors

  /** Starts a child. It is stopped with this actor and supervised by `static supervise`. */
  spawn<T extends ActorClass>(
    type: T & Spawnable<T>,
    ...rest: [...SpawnArguments<T>, options?: SpawnOptions]
  ): Ref<ProtocolOfClass<T>>;
  /** As `spawn`, for a class that is only known at run time; its arguments are not checked. */
  spawnAs(type: ActorClass, args: unknown, options?: SpawnOptions): AnyRef;
  /**
   * Starts a child on another node, by its class's name there (`actors` of its node), with arguments
   * that are plain data. It is stopped with this actor, also when this node goes down, and supervised
   * like any child: its crashes are handled there as `static supervise` says, as far as that is a
   * table, and when its node goes down it is restarted on another one that fits. Its ref stays.
   */
  spawnOn<T extends ActorClass>(
    placement: Placement,
    type: T & Spawnable<T>,
    ...rest: [...SpawnArguments<T>, options?: PlacedOptions]
  ): Promise<Ref<ProtocolOfClass<T>>>;
  /** Settles when a child's `start` is done; fails when the child ended instead. */
  started(child: AnyRef): Promise<void>;
  /** Stops a child for good, or this actor itself; a permanent one that stops itself begins anew. */
  stop(child?: AnyRef, options?: StopOptions): void;

  /**
   * `terminated` is called exactly once when that actor has ended, or its node is gone. It lasts over
   * restarts. Fails with `invalid` when this actor's class has no `terminated`.
   */
  watch(ref: AnyRef): void;
  /** `terminated` is not called any more for that actor, even if the notice waits already. */
  unwatch(ref: AnyRef): void;

  /** The actor registered in the cluster under this name; waits for it, fails with `not_found`. */
  lookup<Q>(
    protocol: Protocol<Q>,
    name: string,
    options?: { readonly within?: number },
  ): Promise<Ref<Q>>;
  /**
   * A ref to the actor of that address, as a journal or a snapshot keeps it (`ref.$.address`). Asks to
   * one that has ended fail with `actor_stopped`, with `node_down` when its node has ended or started anew.
   */
  refAt<Q>(protocol: Protocol<Q>, address: Address): Ref<Q>;
  /** Makes this actor findable in the cluster by that name until it stops; answers its fence. */
  register(name: string): Promise<Claim>;
  /** What the node provides under this key (`system.provide`); fails with `unavailable` without. */
  use<T>(key: ServiceKey<T>): T;

  // ---- what happens on this node, or on any

  /**
   * Sends this actor each event of the topic from now on, as a message of its own that nobody waits
   * for: a full mailbox refuses it or drops another, by its policy. One to each topic, the last one
   * holds. It lasts over restarts and ends with the actor.
   */
  subscribe<E>(to: Topic<E>, method: PipeTarget<P & Own, E>): void;
  /** No further event comes; those that wait in the mailbox do. */
  unsubscribe(from: Topic<unknown>): void;
  /**
   * Tells it to all listeners of this node: to their mailboxes, or by a call here and now. A topic
   * made by `clusterTopic` also to those of other nodes, which nobody waits for.
   */
  publish<E>(to: Topic<E>, event: NoInfer<E>): void;

  // ---- messages to itself

  /** Sends this actor the message once after that time. Timers end with the instance. */
  after<M extends keyof (P & Own) & string>(
    due: TimerDue,
    method: M,
    ...args: Arguments<(P & Own)[M]>
  ): TimerKey;
  /** Sends it every so many ms; never queues a second before the first is handled. */
  every<M extends keyof (P & Own) & string>(
    due: TimerDue,
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
  /**
   * Settles after so many milliseconds; never once the instance has ended. Fails with `cancelled` at
   * once when the signal is aborted.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;

  now(): number;
  wall(): number;
  random(): number;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}
