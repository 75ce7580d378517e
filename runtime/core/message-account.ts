// What has become of all messages of a node.
import type { MessageAccount, MessageCounts } from "./counts.ts";
import { type Inspected, queuedIn } from "./inspection.ts";

/** O(actors). */
export function accountOf(counts: MessageCounts, root: Inspected): MessageAccount {
  const { sent, processed, dead, deadBy, inFlight } = counts;
  return { sent, processed, dead, deadBy, inFlight, queued: queuedIn(root) };
}
