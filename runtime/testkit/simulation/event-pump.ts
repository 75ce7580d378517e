// Lets the events of an agenda happen one after the other, with all promises settled in between.
//
// Node drains promises after each single callback of `setImmediate`, so one pass of its event loop
// carries many events.
import type { Agenda } from "./agenda.ts";

// Taken before anybody can put traps in their place (see ambient-guard.ts).
const nextPass = setImmediate;

const eventsPerPass = 64;

/** Until then, or until it is so. What an event throws is thrown, and no other happens after it. */
export async function runAgenda(
  agenda: Agenda,
  endMs: number,
  isOver: () => boolean,
): Promise<void> {
  while (agenda.nextMs <= endMs && !isOver()) await onePass(agenda, endMs, isOver);
  if (!isOver()) agenda.runUntil(endMs);
}

function onePass(agenda: Agenda, endMs: number, isOver: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: { readonly error: unknown } | undefined;
    const step = (): void => {
      if (failure || agenda.nextMs > endMs || isOver()) return;
      try {
        agenda.step();
      } catch (error) {
        failure = { error };
      }
    };
    for (let count = 0; count < eventsPerPass; count++) nextPass(step);
    nextPass(() => (failure ? reject(failure.error) : resolve()));
  });
}
