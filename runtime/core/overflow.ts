// What becomes of a message that finds a mailbox full: which one gives way, or whether its sender has
// to wait. Pure: mailbox and newcomer in, decision out.
import type { Selector } from "#protocols/selector.ts";
import type { MailboxSpec, WhenFull } from "./actor-class.ts";
import type { Mailbox } from "./mailbox.ts";
import { RankedMailbox } from "./ranked-mailbox.ts";

/**
 * `admit`: it goes in. `refuse`: the newcomer gives way. `oldest`, `newest`: that one of the lowest
 * rank gives way. `admit-and-pause`: it goes in, and its sender pauses until there is room.
 */
export type Admission = "admit" | "refuse" | "oldest" | "newest" | "admit-and-pause";

/**
 * A sender that should pause may still finish its handler: so many times the capacity it can fill
 * before messages are refused all the same.
 */
export const backpressureFactor = 2;

export const isFull = (spec: MailboxSpec, mailbox: Mailbox, bytes: number): boolean =>
  mailbox.length >= spec.capacity ||
  (spec.bytesMax !== undefined && mailbox.length > 0 && mailbox.bytes + bytes > spec.bytesMax);

/** For a mailbox that is full. */
export function admissionTo(spec: MailboxSpec, mailbox: Mailbox, selector: Selector): Admission {
  const policy: WhenFull = spec.whenFull;
  switch (policy) {
    case "reject":
      return "refuse";
    case "drop-oldest":
      return mailbox.length === 0 ? "refuse" : "oldest";
    case "drop-lowest-priority":
      if (!(mailbox instanceof RankedMailbox)) return "refuse";
      return mailbox.rank(selector) < mailbox.lowestRank ? "newest" : "refuse";
    case "backpressure":
      return mailbox.length >= spec.capacity * backpressureFactor ||
        (spec.bytesMax !== undefined && mailbox.bytes >= spec.bytesMax * backpressureFactor)
        ? "refuse"
        : "admit-and-pause";
    default:
      policy satisfies never;
      return "refuse";
  }
}
