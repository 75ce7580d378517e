// The messages that still wait when an actor ends: each becomes a dead letter, each ask fails.
import type { CellHost, LocalActor } from "./cell-host.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Taken } from "./message-ring.ts";

export function buryAll(host: CellHost, owner: LocalActor & { readonly mailbox: Mailbox }): void {
  const { mailbox } = owner;
  const left: Taken = { payload: undefined, origin: undefined };
  for (let next = mailbox.take(left); next; next = mailbox.take(left)) {
    host.bury(owner, next, left.origin, "actor_stopped");
  }
  host.counts.dead += mailbox.signals?.length ?? 0;
  mailbox.signals = undefined;
}
