// A message at the door of a mailbox that may be full: what `overflow.ts` decides is done here.
import type { Selector } from "#protocols/selector.ts";
import type { Householder } from "./household.ts";
import { messageBytes } from "./message-bytes.ts";
import type { Origin } from "./origin.ts";
import { admissionTo } from "./overflow.ts";

export function admit(
  cell: Householder,
  selector: Selector,
  payload: unknown,
  origin: Origin | undefined,
): void {
  const { kind, mailbox } = cell;
  const { host } = kind;
  const { whenFull } = kind.mailbox;
  const newcomer = { selector, bytes: kind.bytesMax === undefined ? 0 : messageBytes(payload) };
  const left: { readonly selector: Selector; readonly origin: Origin | undefined }[] = [];
  let admission = admissionTo(kind.mailbox, mailbox, newcomer);
  while (admission === "oldest" || admission === "newest") {
    const dropped = mailbox.drop(admission, host.spill);
    if (dropped) {
      left.push({ selector: dropped, origin: host.spill.origin });
      host.counts.died(whenFull);
    }
    admission = admissionTo(kind.mailbox, mailbox, newcomer);
  }
  if (admission !== "admit" || left.length > 0) host.counts.bounds.reached("mailboxMessagesMax");
  if (admission === "refuse") {
    host.bury(cell, selector, origin, whenFull);
    if (whenFull === "backpressure") host.focus.cell?.pauseFor(cell.ownHousehold.readiness);
    return;
  }
  mailbox.push(selector, payload, origin);
  // Only now: whoever hears of them finds the accounts in order.
  for (const { selector: method, origin: from } of left) {
    if (from?.ticket) cell.ownHousehold.timers.admit(from.ticket);
    host.mourn(cell, method, from, whenFull);
  }
  if (admission === "admit-and-pause") host.focus.cell?.pauseFor(cell.ownHousehold.readiness);
}
