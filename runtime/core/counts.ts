// What has become of the messages of one node. At every instant
//
//   sent = processed + queued + dead + in flight
//
// where `queued` is counted in the mailboxes, not computed from the others.
import type { WhenFull } from "./actor-class.ts";
import { BoundCounts } from "./bounds.ts";

/**
 * Why a message's way ended without its handler: its actor ended; its mailbox was full and gave that
 * answer; nobody waited for the answer any more when its turn came; its timer was cancelled.
 */
export type DeathCause = "actor_stopped" | WhenFull | "withdrawn" | "timer_cancelled";

/** Counters that only grow, and the one that is a level. */
export class MessageCounts {
  /** Messages given to an actor of this node, also by its own timers, and notices of ended actors. */
  sent = 0;
  /** Handlers that have ended, however. */
  processed = 0;
  /** Messages whose way ended without a handler: refused, dropped, cancelled. */
  #dead = 0;
  readonly #deadBy: Record<DeathCause, number> = {
    actor_stopped: 0,
    reject: 0,
    "drop-oldest": 0,
    "drop-lowest-priority": 0,
    backpressure: 0,
    withdrawn: 0,
    timer_cancelled: 0,
  };
  /** Handlers that run or await something. */
  inFlight = 0;
  /** Actors that have sent to a full mailbox and wait for room. */
  paused = 0;
  readonly bounds = new BoundCounts();

  get dead(): number {
    return this.#dead;
  }

  get deadBy(): Readonly<Record<DeathCause, number>> {
    return { ...this.#deadBy };
  }

  died(cause: DeathCause): void {
    this.#dead += 1;
    this.#deadBy[cause] += 1;
  }
}

export interface MessageAccount {
  readonly sent: number;
  readonly processed: number;
  readonly queued: number;
  readonly dead: number;
  /** The same by cause; the answers of full mailboxes by the names of their policies. */
  readonly deadBy: Readonly<Record<DeathCause, number>>;
  readonly inFlight: number;
}
