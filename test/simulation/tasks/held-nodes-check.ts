// A worker begins no task while an operator holds its node: from when that was confirmed to him, and a
// moment for what was on its way, until the store has that it may work again, whoever has asked for that.
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { readFact } from "./task-facts.ts";
import { untakenMs } from "./task-rules.ts";

/** A lease that was granted before is not begun later than that; and a little for clocks. */
const onItsWayMs = untakenMs + 300;

export const heldNodes: Check = () => {
  const kept = new Set<string>();
  const held = new Map<string, number>();
  return {
    name: "held nodes",
    saw({ atMs, id, ...event }) {
      if (event.kind !== "fact") return;
      if (event.name === "kept") {
        for (const { node, pausedBy } of readFact("kept", event.about).holds) {
          if (pausedBy !== null) kept.add(node);
          else kept.delete(node);
          if (pausedBy === null) held.delete(node);
        }
      }
      if (event.name === "held") {
        const { node } = readFact("held", event.about);
        if (kept.has(node) && !held.has(node)) held.set(node, atMs);
      }
      if (event.name !== "took") return;
      const heldAt = held.get(event.node);
      if (heldAt === undefined || atMs - heldAt <= onItsWayMs) return;
      const { taskId } = readFact("took", event.about);
      const sinceMs = Math.round(atMs - heldAt);
      throw broken(`${event.node} begins ${taskId}, and is held for ${sinceMs} ms`, [id]);
    },
  };
};
