// What dialling a node shows of it, as data that passes from the sockets to whoever judges.

/**
 * - `alive`: connected and greeted.
 * - `broken`: a connection that was alive ended, or was given up as nothing came on it.
 * - `refused`: its machine says that nobody listens there.
 * - `hung_up`: connections are taken and closed before the greeting.
 * - `unanswered`: nothing answers at all.
 * - `no_handshake`: connections are taken, but nobody greets.
 * - `unwelcome`: somebody answers who does not want us, or is not who is looked for.
 */
export type DialKind =
  | "alive"
  | "broken"
  | "refused"
  | "hung_up"
  | "unanswered"
  | "no_handshake"
  | "unwelcome";

export interface DialSight {
  readonly kind: DialKind;
  /** Since when, on the observer's clock. */
  readonly sinceMs: number;
}
