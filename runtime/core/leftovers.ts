// The messages that still wait when an actor ends: each becomes a dead letter, each ask fails. And
// what an instance sends itself when it has ended.
import type { ActorKind } from "./actor-kind.ts";
import type { CellHost, LocalActor } from "./cell-host.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Taken } from "./message-queue.ts";

export function buryAll(host: CellHost, owner: LocalActor & { readonly mailbox: Mailbox }): void {
  const { mailbox } = owner;
  const left: Taken = { payload: undefined, origin: undefined };
  for (let next = mailbox.take(left); next; next = mailbox.take(left)) {
    host.bury(owner, next, left.origin, "actor_stopped");
  }
  while (owner.household?.readiness.takeSignal()) host.counts.died("actor_stopped");
}

/** What an ended instance sends its actor is nobody's: it is dropped, and counted. */
export function buryOwn(
  cell: LocalActor & { readonly kind: ActorKind },
  method: string,
  argumentCount: number,
): void {
  const { kind } = cell;
  kind.host.counts.sent += 1;
  kind.host.bury(cell, kind.ownSelector(method, argumentCount), undefined, "actor_stopped");
}
