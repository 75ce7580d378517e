// What an actor class declares about itself: its protocol, its mailbox, how it treats its children.
import type { Protocol } from "#protocols/protocol.ts";
import type { SupervisionSpec } from "./supervision.ts";

export type WhenFull = "reject" | "drop-oldest";

export interface MailboxSpec {
  /** Messages that may wait. */
  readonly capacity: number;
  readonly whenFull: WhenFull;
}

/** An actor class: what it speaks, how it is born, how it treats its children. */
export interface ActorClass {
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

export interface SpawnOptions {
  /** Last part of the path; unique among its siblings. Default: made up. */
  readonly name?: string;
  /** How its children are supervised, instead of the class's `static supervise`. */
  readonly supervise?: SupervisionSpec;
  readonly mailbox?: MailboxSpec;
}
