// Who is gone for good: offline for so long that nothing of it is waited for any more. Pure. Whoever comes
// back later registers as a new node.
import type { Book, KnownNode, Moment } from "./known-nodes.ts";

/**
 * Counted by the registry's own clock, since it knows of the node or saw it go: a cluster that stood still
 * for a week does not begin with the removal of its nodes. Who is paused or in quarantine stays, since that would be forgotten with it;
 * who has tasks in hand stays until their leases are over.
 */
export const goneIn = (
  book: Book,
  { now, wall, removeAfterMs }: Moment & { readonly removeAfterMs: number },
): readonly KnownNode[] =>
  book.filter(({ changedAt, view: { hold, runningTasks, statistics, status } }) => {
    if (status !== "offline" || now - changedAt < removeAfterMs) return false;
    const isKept = hold?.kind === "paused" || (statistics?.quarantinedUntil ?? 0) > wall;
    return !isKept && runningTasks === 0;
  });
