// Notices that a world has come to rest: it looks now and then, and believes it when it sees it twice.
import type { Agenda } from "./agenda.ts";

const lookEveryMs = 250;
const looksInRow = 2;

/** Begins to look; answers whether it has seen rest. */
export function restWatch(agenda: Agenda, isAtRest: () => boolean): () => boolean {
  let seen = 0;
  const look = (): void => {
    seen = isAtRest() ? seen + 1 : 0;
    if (seen < looksInRow) agenda.after(lookEveryMs, look);
  };
  agenda.after(lookEveryMs, look);
  return () => seen >= looksInRow;
}
