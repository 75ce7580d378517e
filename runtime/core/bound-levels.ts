// How near to its bounds the fullest of a node's actors, and the node itself, is now.
import { type BoundLevels, type BoundName, type BoundState, engineBounds } from "./bounds.ts";
import type { MessageCounts } from "./counts.ts";
import type { Inspected } from "./inspection.ts";

/** What the node has of each, apart from its actors. */
export interface NodeLevels {
  readonly asks: { readonly openCount: number };
  readonly events: { readonly listenerCount: number };
  readonly deadLetters: { readonly last: readonly unknown[] };
  readonly outbox: { readonly owedHighest: number };
}

function boundLevels(root: Inspected, node: NodeLevels): BoundLevels {
  return {
    ...highestAmong(root),
    asksPendingMax: node.asks.openCount,
    listenersMax: node.events.listenerCount,
    deadLettersKeptMax: node.deadLetters.last.length,
    owedPerNodeMax: node.outbox.owedHighest,
  };
}

/** Each of the engine's bounds. O(actors). */
export function ownBounds(
  { counts, events }: { readonly counts: MessageCounts; readonly events: NodeLevels["events"] },
  root: Inspected,
  node: Omit<NodeLevels, "events">,
  ofRealms: BoundLevels,
): readonly BoundState[] {
  const levels = { ...boundLevels(root, { ...node, events }), ...ofRealms };
  return counts.bounds.states(engineBounds, levels);
}

type OfActors = Extract<
  BoundName,
  | "mailboxMessagesMax"
  | "ownMessagesMax"
  | "stashMessagesMax"
  | "timersSetMax"
  | "pipesPendingMax"
  | "readonlyCallsMax"
  | "roomAwaitedMax"
  | "generationsMax"
>;

function highestAmong(root: Inspected): Readonly<Record<OfActors, number>> {
  const highest: Record<OfActors, number> = {
    mailboxMessagesMax: 0,
    ownMessagesMax: 0,
    stashMessagesMax: 0,
    timersSetMax: 0,
    pipesPendingMax: 0,
    readonlyCallsMax: 0,
    roomAwaitedMax: 0,
    generationsMax: 0,
  };
  const see = (bound: OfActors, level: number): void => {
    if (level > highest[bound]) highest[bound] = level;
  };
  const rest = [{ actor: root, generation: 0 }];
  for (let next = rest.pop(); next; next = rest.pop()) {
    const { actor, generation } = next;
    const { household, mailbox } = actor;
    see("generationsMax", generation);
    see("mailboxMessagesMax", mailbox.length);
    see("ownMessagesMax", mailbox.length);
    if (household === undefined) continue;
    see("stashMessagesMax", household.stashedCount);
    see("timersSetMax", household.timerCount);
    see("pipesPendingMax", household.pipesPending);
    see("readonlyCallsMax", household.handling.count);
    see("roomAwaitedMax", household.readiness.gateIfAny?.waitingCount ?? 0);
    for (const child of household.familyIfAny?.all ?? []) {
      rest.push({ actor: child, generation: generation + 1 });
    }
  }
  return highest;
}
