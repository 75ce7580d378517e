// What has become of the messages of one node. At every instant
//
//   sent = processed + queued + dead + in flight
//
// where `queued` is counted in the mailboxes, not computed from the others.

/** Counters that only grow, and the one that is a level. */
export class MessageCounts {
  /** Messages given to an actor of this node, also by its own timers, and notices of ended actors. */
  sent = 0;
  /** Handlers that have ended, however. */
  processed = 0;
  /** Messages whose way ended without a handler: refused, dropped, cancelled. */
  dead = 0;
  /** Handlers that run or await something. */
  inFlight = 0;
  /** Actors that have sent to a full mailbox and wait for room. */
  paused = 0;
}

export interface MessageAccount {
  readonly sent: number;
  readonly processed: number;
  readonly queued: number;
  readonly dead: number;
  readonly inFlight: number;
}
