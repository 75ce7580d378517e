// Checks that each ask has exactly one outcome, and has it in time.
import { broken } from "./broken-promise.ts";
import type { Check } from "./checker.ts";

/**
 * Each ask of a node that still lives was answered once; `withinMs` is the longest that one may
 * take on the simulation's own clock, with all that a pause of the asking node adds. Default: without
 * end, so that none may be open at the end.
 */
export const oneOutcome = (withinMs = Number.POSITIVE_INFINITY): Check => {
  return () => {
    const asked = new Map<string, { atMs: number; node: string; born: number; event: number }>();
    const answered = new Map<string, number>();
    return {
      name: "one outcome",
      saw(event) {
        if (event.kind === "asked") {
          const { ask, atMs, node, incarnation, id } = event;
          const twice = asked.get(ask);
          if (twice) throw broken(`${ask} was asked twice`, [twice.event, id]);
          asked.set(ask, { atMs, node, born: incarnation, event: id });
        }
        if (event.kind !== "answered") return;
        const { ask, atMs, id } = event;
        const question = asked.get(ask);
        if (!question) throw broken(`${ask} was answered and never asked`, [id]);
        const before = answered.get(ask);
        if (before !== undefined) throw broken(`${ask} was answered twice`, [before, id]);
        if (atMs - question.atMs > withinMs) {
          const text = `${ask} took ${Math.round(atMs - question.atMs)} ms, more than ${withinMs}`;
          throw broken(text, [question.event, id]);
        }
        answered.set(ask, id);
      },
      settled({ atMs: endMs, living }) {
        for (const [ask, { atMs, node, born, event }] of asked) {
          if (answered.has(ask) || living.get(node) !== born) continue;
          if (endMs - atMs <= withinMs && withinMs < Number.POSITIVE_INFINITY) continue;
          throw broken(`${ask} has no outcome`, [event]);
        }
      },
    };
  };
};
