// A worker works on a task no longer than it may be sure of its lease: it stops a while before that can
// have ended, counted from when it was handed the lease, or the store last extended it. One that stood
// still has a moment to notice.
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { readFact } from "./task-facts.ts";
import { sureMs } from "./task-rules.ts";

/** Until it looks at its leases again, and a little for its clock. */
const noticeMs = 1_000;

interface Leased {
  readonly fence: number;
  readonly node: string;
  readonly untilMs: number;
}

export const worksWithin: Check = () => {
  const leases = new Map<string, Leased>();
  const resumed = new Map<string, number>();
  return {
    name: "works within its lease",
    saw(event) {
      const { atMs, node } = event;
      if (event.kind === "node-resumed") resumed.set(node, atMs);
      if (event.kind !== "fact") return;
      if (event.name === "took") {
        const took = readFact("took", event.about);
        leases.set(`${took.fence}`, { fence: took.fence, node, untilMs: atMs + sureMs });
      }
      if (event.name === "kept") {
        for (const [, fence] of readFact("kept", event.about).renewed) {
          const lease = leases.get(`${fence}`);
          if (lease) leases.set(`${fence}`, { ...lease, untilMs: atMs + sureMs });
        }
      }
      if (event.name !== "works") return;
      const { taskId, fence } = readFact("works", event.about);
      const untilMs = leases.get(`${fence}`)?.untilMs ?? atMs;
      const hasJustWoken = atMs - (resumed.get(node) ?? Number.NEGATIVE_INFINITY) < noticeMs;
      if (atMs <= untilMs || hasJustWoken) return;
      throw broken(
        `${node} works on ${taskId} ${atMs - untilMs} ms longer than it is sure of its lease`,
        [event.id],
      );
    },
  };
};
