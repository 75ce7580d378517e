// The one hook through which everything that watches a system sees it: metrics, traces, the flight
// recorder. A system without one pays a null check a message.
import type { Address } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { Failure } from "#protocols/failure.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
import type { DeadLetter } from "./dead-letters.ts";

export interface ObservedActor {
  readonly path: string;
  readonly depth: number;
  readonly restarts: number;
  readonly protocol: { readonly id: string };
  readonly address: Address;
}

/** Who sent a message, as something that may be kept: its address is worked out when looked at. */
export interface ObservedSender {
  readonly address: Address;
}

export interface ObservedMessage {
  readonly payload: unknown;
  readonly trace: TraceContext | undefined;
  /** Undefined from outside. Worked out at each look; `from` costs less. */
  readonly sender: Address | undefined;
  readonly from: ObservedSender | undefined;
  readonly isAsk: boolean;
}

/** `put-aside`: the message is not handled yet, but stashed; it comes to a handler again. */
export type HandlingEnd = "done" | "refused" | "crashed" | "left-behind" | "put-aside";

export interface Observer {
  /** A handler begins. What it returns comes back to `handled` and `sending`. */
  handling(actor: ObservedActor, method: string, message: ObservedMessage): unknown;
  handled(actor: ObservedActor, method: string, end: HandlingEnd, token: unknown): void;
  spawned(actor: ObservedActor): void;
  crashed(actor: ObservedActor, failure: Failure, during: string): void;
  restarted(actor: ObservedActor): void;
  ended(actor: ObservedActor, exit: Exit): void;
  /** A message's way ended without its handler. */
  dead(letter: DeadLetter): void;
  /**
   * A message leaves an actor, or the outside when there is none: the trace context that it is to
   * bear. `current` is the token of the handler that sends.
   */
  sending(
    sender: ObservedActor | undefined,
    method: string,
    current: unknown,
  ): TraceContext | undefined;
}
