// What an actor class declares about itself: its protocol, its mailbox, how it treats its children.
import type { ArgumentSchema } from "#protocols/argument-check.ts";
import type { Handlers, Protocol } from "#protocols/protocol.ts";
import type { RestartKind, SupervisionSpec } from "./supervision.ts";

/**
 * When a mailbox is full: `reject` refuses the newcomer (its ask fails, its tell is a dead letter),
 * `drop-oldest` lets the oldest give way (of those of the lowest rank, where there are ranks), `drop-lowest-priority` the newest of the lowest rank unless
 * the newcomer ranks no higher. `backpressure` takes the message and pauses the sending actor until
 * there is room; from outside of an actor, await `ref.$.room()`. It refuses at twice its capacity.
 */
export type WhenFull = "reject" | "drop-oldest" | "drop-lowest-priority" | "backpressure";

export interface MailboxSpec {
  /** Messages that may wait. */
  readonly capacity: number;
  /** Bytes of arguments that may wait, estimated. Default: not counted. A single message always fits. */
  readonly bytesMax?: number;
  readonly whenFull: WhenFull;
  /** Rank by method, 0 (first) to 7; 4 for methods not named. Order holds within a rank only. */
  readonly priorities?: Readonly<Record<string, number>>;
}

/** How an actor lives under its supervisor: its class says it, or else whoever spawns it. */
export interface LifeTerms {
  /** Whether it is begun anew after it failed, or stopped by itself. Default: `transient`. */
  readonly restart?: RestartKind;
  /** Milliseconds that `start` may take; then it has failed. Default: `limits.startMsDefault`. */
  readonly startTimeoutMs?: number;
  /**
   * Milliseconds that a handler in progress may take when the actor ends, then that `stopped` may
   * take; then it is left behind. A drain may take as long. Default: `limits.stopMsDefault`.
   */
  readonly stopTimeoutMs?: number;
}

/** The times of a life, as they hold for an actor. */
export type LifeTimes = Required<Pick<LifeTerms, "startTimeoutMs" | "stopTimeoutMs">>;

/** For each method of the protocol that is handled otherwise meanwhile: the method that does. */
export type Behaviour = Readonly<Record<string, string>>;

/** An actor class: what it speaks, how it is born, how it treats its children. */
export interface ActorClass extends LifeTerms {
  // biome-ignore lint/suspicious/noExplicitAny: a constraint that every protocol satisfies.
  readonly protocol: Protocol<any>;
  readonly mailbox?: MailboxSpec;
  readonly supervise?: SupervisionSpec;
  /** By name, for `ctx.become`. */
  readonly behaviours?: Readonly<Record<string, Behaviour>>;
  /** Messages that may be put aside with `ctx.stash`. Default: `limits.stashMessagesMax`. */
  readonly stashMax?: number;
  /** Of the argument of `initial`, checked where the actor is spawned by another node. */
  readonly argsSchema?: ArgumentSchema;
  /** For a class that stands for another, elsewhere: its own times, made of those said for the other. */
  readonly standInTimes?: (times: LifeTimes) => LifeTimes;
  new (): object;
  /** The first state. Its parameter has no default value: by it `spawn` tells arguments from options. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  initial?(args: any): any;
}

/** What `spawn` takes before its options: the argument of `initial`, if it has one. */
export type SpawnArguments<T> = T extends { initial(...args: infer A): unknown }
  ? A extends []
    ? []
    : [args: A[0]]
  : [];

/** Under it the type system finds the type of an instance's state; nothing is there at run time. */
export const stateMark: unique symbol = Symbol("state");

/**
 * Of an actor class that its instances handle every message of its protocol, also where it does not
 * say `implements Handlers`, and begin with a state of their type. A class made at run time, of
 * whose instances nothing is known, may pass.
 */
export type Spawnable<T> = T extends {
  readonly protocol: Protocol<infer P>;
  new (): infer I;
}
  ? object extends I
    ? unknown
    : I extends Handlers<P>
      ? WithFirstState<T, I>
      : { readonly "handles all of": keyof P }
  : unknown;

/** Of one whose instances have a state, that it says what the first one is. */
type WithFirstState<T, I> = I extends { readonly [stateMark]?: infer S }
  ? undefined extends S
    ? unknown
    : T extends { initial(...args: never): S }
      ? unknown
      : { readonly "has an initial state": S }
  : unknown;

export type ProtocolOfClass<T> = T extends { readonly protocol: Protocol<infer P> } ? P : never;

/** What it says goes before what the class says. */
export interface SpawnOptions extends LifeTerms {
  /** Last part of the path; unique among its siblings. Default: made up. */
  readonly name?: string;
  /** How its children are supervised, instead of the class's `static supervise`. */
  readonly supervise?: SupervisionSpec;
  readonly mailbox?: MailboxSpec;
}

/** What becomes of the messages that wait when an actor is stopped. */
export type Pending = "drop" | "drain";

export interface StopOptions {
  /**
   * `drain` handles what waits already, refuses newcomers and then stops; `drop`, the default, makes
   * dead letters of what waits.
   */
  readonly pending?: Pending;
}
