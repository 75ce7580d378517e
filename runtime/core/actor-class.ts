// What an actor class declares about itself: its protocol, its mailbox, how it treats its children.
import type { Protocol } from "#protocols/protocol.ts";
import type { RestartKind, SupervisionSpec } from "./supervision.ts";

export type WhenFull = "reject" | "drop-oldest";

export interface MailboxSpec {
  /** Messages that may wait. */
  readonly capacity: number;
  readonly whenFull: WhenFull;
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

/** An actor class: what it speaks, how it is born, how it treats its children. */
export interface ActorClass extends LifeTerms {
  // biome-ignore lint/suspicious/noExplicitAny: a constraint that every protocol satisfies.
  readonly protocol: Protocol<any>;
  readonly mailbox?: MailboxSpec;
  readonly supervise?: SupervisionSpec;
  new (): object;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  initial?(args: any): any;
}

export type SpawnArguments<T> = T extends { initial: () => unknown }
  ? []
  : T extends { initial(args: infer A): unknown }
    ? [args: A]
    : [];

export type ProtocolOfClass<T> = T extends { readonly protocol: Protocol<infer P> } ? P : never;

/** What it says goes before what the class says. */
export interface SpawnOptions extends LifeTerms {
  /** Last part of the path; unique among its siblings. Default: made up. */
  readonly name?: string;
  /** How its children are supervised, instead of the class's `static supervise`. */
  readonly supervise?: SupervisionSpec;
  readonly mailbox?: MailboxSpec;
}
