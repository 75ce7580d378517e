// What is told of a message that no handler will see: its ask fails, a tell becomes a dead letter.
import { formatAddress, type NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { Selector } from "#protocols/selector.ts";
import type { BuryReason, LocalActor } from "./cell-host.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { Origin } from "./origin.ts";

export interface Deceased {
  readonly actor: LocalActor;
  readonly node: NodeId;
  readonly selector: Selector;
  readonly origin: Origin | undefined;
  readonly why: BuryReason;
}

export function mourn(
  deadLetters: DeadLetters,
  { actor, node, selector, origin, why }: Deceased,
): void {
  // A timer ends with its actor: that is no loss.
  if (origin?.ticket && why === "actor_stopped") return;
  const to = formatAddress({ node, path: actor.path, uid: actor.uid });
  const hasEnded = why === "actor_stopped";
  const reason = hasEnded ? "actor_stopped" : "mailbox_full";
  const text = hasEnded ? "it ended" : `its mailbox is full (${why}); ask less at once`;
  origin?.reply?.refuse(new Failure(reason, `${to} did not handle ${selector.name}: ${text}`));
  const from = origin?.sender;
  deadLetters.add({ reason, to, method: selector.name, from });
}
