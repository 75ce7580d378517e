// What becomes of a message at the door of a mailbox: it goes in, another one gives way for it, or
// its sender has to wait. Pure: mailbox and newcomer in, decision out.
import type { Selector } from "#protocols/selector.ts";
import type { MailboxSpec, WhenFull } from "./actor-class.ts";
import type { Mailbox } from "./mailbox.ts";
import { RankedMailbox } from "./ranked-mailbox.ts";

/**
 * `admit`: it goes in. `refuse`: the newcomer gives way. `oldest`, `newest`: that one of the lowest
 * rank gives way, and then it is asked again. `admit-and-pause`: it goes in, and its sender pauses
 * until there is room.
 */
export type Admission = "admit" | "refuse" | "oldest" | "newest" | "admit-and-pause";

/**
 * A sender that should pause may still finish its handler: so many times the capacity it can fill
 * before messages are refused all the same.
 */
export const backpressureFactor = 2;

/** What waits, or would wait if some gave way. */
interface Content {
  readonly length: number;
  readonly bytes: number;
}

export interface Newcomer {
  readonly selector: Selector;
  /** Of its arguments; of no account without a bound in bytes. */
  readonly bytes: number;
}

export function admissionTo(spec: MailboxSpec, mailbox: Mailbox, newcomer: Newcomer): Admission {
  if (fits(spec, mailbox, newcomer)) return "admit";
  const policy: WhenFull = spec.whenFull;
  switch (policy) {
    case "reject":
      return "refuse";
    case "drop-oldest":
      return "oldest";
    case "drop-lowest-priority": {
      if (!(mailbox instanceof RankedMailbox)) return "refuse";
      const rank = mailbox.rank(newcomer.selector);
      // Nobody gives way in vain.
      const isWorthIt = mailbox.lowestRank > rank && fits(spec, mailbox.upTo(rank), newcomer);
      return isWorthIt ? "newest" : "refuse";
    }
    case "backpressure":
      return fits(hardBoundOf(spec), mailbox, newcomer) ? "admit-and-pause" : "refuse";
    default:
      policy satisfies never;
      return "refuse";
  }
}

/** A single message always fits, however large. */
const fits = ({ capacity, bytesMax }: Bound, { length, bytes }: Content, newcomer: Newcomer) =>
  length < capacity &&
  (bytesMax === undefined || length === 0 || bytes + newcomer.bytes <= bytesMax);

type Bound = Pick<MailboxSpec, "capacity" | "bytesMax">;

const hardBoundOf = ({ capacity, bytesMax }: Bound): Bound => ({
  capacity: capacity * backpressureFactor,
  ...(bytesMax !== undefined && { bytesMax: bytesMax * backpressureFactor }),
});
