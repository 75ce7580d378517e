// Nothing is begun for nobody: a request that was withdrawn, or whose deadline is over, before its batch
// began never runs. And what runs has an end: an engine that goes on for too long is ended.
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { readFact } from "./model-facts.ts";
import { engineTerms } from "./model-rules.ts";

/** A withdrawal is on its way to the engine, as is the request before it. */
const wayMs = 10;
/**
 * A run has its time from when it is the first of what its engine holds: those of other shapes that came before
 * it have theirs first, and are run anew. Then it is asked to end, and killed when that does not help.
 */
const turnMs = engineTerms.runTimeoutMs + 50;
const runMsMax = 4 * turnMs + 1_000 + 4 * wayMs;

/** Until when a request may begin; each millisecond for which its node stands still adds so many. */
interface Limit {
  readonly ms: number;
  readonly stoodMs: number;
  readonly perMs: number;
}

interface Run {
  readonly life: string;
  readonly event: number;
  readonly untilMs: number;
}

export const begunInTime: Check = () => {
  const limits = new Map<string, readonly Limit[]>();
  const runs = new Map<number, Run>();
  /** Nothing happens on a node that stands still; afterwards all of it is late. */
  const stood = new Map<string, { readonly sinceMs: number; readonly sumMs: number }>();
  const lateBy = (node: string): number => stood.get(node)?.sumMs ?? 0;
  return {
    name: "begun in time",
    saw(event) {
      const { id, atMs, node, incarnation } = event;
      const life = `${node}.${incarnation}`;
      const sumMs = lateBy(node);
      if (event.kind === "node-paused") stood.set(node, { sinceMs: atMs, sumMs });
      if (event.kind === "node-resumed") {
        const sinceMs = stood.get(node)?.sinceMs ?? atMs;
        stood.set(node, { sinceMs, sumMs: sumMs + atMs - sinceMs });
      }
      if (event.kind === "node-ended") {
        for (const [engine, run] of runs) if (run.life === life) runs.delete(engine);
      }
      if (event.kind !== "fact") return;
      const limit = (key: string, ms: number, perMs: number): void => {
        limits.set(key, [...(limits.get(key) ?? []), { ms, stoodMs: sumMs, perMs }]);
      };
      if (event.name === "asked") {
        const { request, deadlineMs } = readFact("asked", event.about);
        // An ask that comes due while its node stands still gets as much time on top as that was late.
        if (deadlineMs !== null) limit(`${life} ${request}`, atMs + deadlineMs, 2);
      }
      if (event.name === "withdrawn") {
        limit(`${life} ${readFact("withdrawn", event.about).request}`, atMs, 1);
      }
      if (event.name === "over") {
        const { engine } = readFact("over", event.about);
        const run = runs.get(engine);
        runs.delete(engine);
        if (run && atMs > run.untilMs + sumMs) {
          throw broken(`engine ${engine} has run for longer than ${runMsMax} ms`, [run.event, id]);
        }
      }
      if (event.name !== "began") return;
      const { engine, requests } = readFact("began", event.about);
      runs.set(engine, { life, event: id, untilMs: atMs + runMsMax - sumMs });
      for (const request of requests) {
        const late = (limits.get(`${life} ${request}`) ?? []).map(
          ({ ms, stoodMs, perMs }) => atMs - ms - perMs * (sumMs - stoodMs),
        );
        const lateMs = Math.max(0, ...late);
        if (lateMs <= wayMs) continue;
        throw broken(`request ${request} is begun ${lateMs} ms after nobody waits`, [id]);
      }
    },
    settled({ atMs }) {
      const [left] = runs.values();
      if (left && atMs > left.untilMs + lateBy(left.life.split(".")[0] ?? "")) {
        throw broken("an engine runs on for ever", [left.event]);
      }
    },
  };
};
