// What an actor sends itself goes into its mailbox beyond the bound that others meet; it has its own.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { Householder } from "./household.ts";

/** Throws `mailbox_full` when the actor has too much to do to send itself more. */
export function checkOwnRoom({ kind, mailbox, path }: Householder, method: string): void {
  if (mailbox.length < limits.ownMessagesMax) return;
  kind.host.counts.bounds.reached("ownMessagesMax");
  const text = `${path} has ${limits.ownMessagesMax} messages waiting; ${method} was not sent`;
  throw new Failure("mailbox_full", `${text}; do less at once`);
}
