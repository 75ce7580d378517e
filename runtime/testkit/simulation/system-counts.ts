// What a simulated node says of its messages at one moment.

import { limits } from "#protocols/limits.ts";
import type { ActorTree } from "#runtime/core/inspection.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import type { SystemCounts } from "./history.ts";

type Rubbish = Pick<SystemCounts, "forged" | "refused">;

/** O(actors). */
export function countsOf(system: ActorSystem, rubbish: Rubbish): SystemCounts {
  const { counts, deadLetters } = system;
  const letters = [...deadLetters.counts.values()].reduce((sum, count) => sum + count, 0);
  return { ...counts, ...rubbish, letters, beyond: beyondIn(system.inspect()) };
}

/** Senders that pause for a full mailbox may have filled it to twice its capacity. */
function beyondIn(tree: ActorTree): readonly string[] {
  const { path, capacity, waiting, stashed, children } = tree;
  const own: string[] = [];
  if (waiting > 2 * capacity)
    own.push(`${path} has ${waiting} messages, at most ${capacity} twice`);
  if (stashed > limits.stashMessagesMax) own.push(`${path} has stashed ${stashed}`);
  return [...own, ...children.flatMap(beyondIn)];
}
