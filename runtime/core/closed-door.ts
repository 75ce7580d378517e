// A message for an actor that takes none: it ended, it ends, or it has moved and the message follows.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { Selector } from "#protocols/selector.ts";
import type { CellHost, LocalActor } from "./cell-host.ts";
import type { Origin } from "./origin.ts";

interface Closed extends LocalActor {
  readonly kind: { readonly host: CellHost };
}

/** True: it has moved, and hears where it lives of the end of whom it watches. */
export function hearsAway({ household }: Closed, ref: AnyRef, exit: Exit): boolean {
  const absence = household?.travel?.absence;
  absence?.heardTerminated(ref, exit);
  return absence !== undefined;
}

export function atClosedDoor(
  actor: Closed,
  selector: Selector,
  payload: unknown,
  origin: Origin | undefined,
): void {
  const { host } = actor.kind;
  const absence = actor.household?.travel?.absence;
  if (absence === undefined) {
    host.bury(actor, selector, origin, "actor_stopped");
    return;
  }
  // It is counted where it is accepted.
  host.counts.sent -= 1;
  absence.accept(selector, payload, origin);
}
