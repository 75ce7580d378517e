// One line of the flight recorder, as it is read: something that happened to an actor.
import type { Address } from "#protocols/address.ts";
import type { HandlingEnd } from "#runtime/core/observer.ts";

export interface RecordedHandling {
  readonly kind: "handling";
  readonly method: string;
  /** Undefined: from outside of all actors, or unknown. */
  readonly sender: Address | undefined;
  readonly isAsk: boolean;
  readonly beginMs: number;
  /** `open`: in progress. */
  readonly end: HandlingEnd | "open";
  /** Undefined while it is open. */
  readonly endMs: number | undefined;
  /** Type and size, for example `string(21)` or `list(2)`. */
  readonly payload: string;
  /** The payload itself, as long as the recorder holds it. */
  readonly held: { readonly value: unknown } | undefined;
}

export type RecordedEvent =
  | RecordedHandling
  | { readonly kind: "restarted"; readonly atMs: number }
  /** It failed elsewhere than in a handler: in `start`, through a child. */
  | { readonly kind: "failed"; readonly during: string; readonly atMs: number };
