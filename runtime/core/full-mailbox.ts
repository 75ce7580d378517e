// A message at the door of a full mailbox: what `overflow.ts` decides is done here.
import type { Selector } from "#protocols/selector.ts";
import type { Householder } from "./household.ts";
import { messageBytes } from "./message-bytes.ts";
import type { Origin } from "./origin.ts";
import { admissionTo, isFull } from "./overflow.ts";

export function admit(
  cell: Householder,
  selector: Selector,
  payload: unknown,
  origin: Origin | undefined,
): void {
  const { kind, mailbox } = cell;
  const { host } = kind;
  const bytes = kind.bytesMax === undefined ? 0 : messageBytes(payload);
  const admission = isFull(kind.mailbox, mailbox, bytes)
    ? admissionTo(kind.mailbox, mailbox, selector)
    : "admit";
  if (admission === "refuse") {
    host.bury(cell, selector, origin, "mailbox_full");
    return;
  }
  if (admission === "oldest" || admission === "newest") {
    const left = mailbox.drop(admission, host.spill);
    if (left) host.bury(cell, left, host.spill.origin, "mailbox_full");
  }
  mailbox.push(selector, payload, origin);
  if (admission === "admit-and-pause") host.focus.cell?.pauseFor(cell);
}
