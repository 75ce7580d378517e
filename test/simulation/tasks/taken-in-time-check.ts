// A worker begins with no lease that reaches it late: after it stood still, or the way to it did, the lease
// may have ended and the task be another's. It knows by when its own clock says that the lease was granted
// at the earliest; here that is when the store had it on the disk, which is not before.
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { readFact } from "./task-facts.ts";
import { untakenMs } from "./task-rules.ts";

/** By so much the clocks of a queue and a worker may drift apart between two words of the worker. */
const driftMs = 20;

interface Granted {
  readonly atMs: number;
  readonly id: number;
}

export const takenInTime: Check = () => {
  const granted = new Map<string, Granted>();
  return {
    name: "taken in time",
    saw({ atMs, id, node, ...event }) {
      if (event.kind !== "fact") return;
      if (event.name === "kept") {
        for (const { taskId, leaseFence } of readFact("kept", event.about).tasks) {
          const lease = `${taskId} ${leaseFence}`;
          if (leaseFence > 0 && !granted.has(lease)) granted.set(lease, { atMs, id });
        }
      }
      if (event.name !== "took") return;
      const { taskId, fence } = readFact("took", event.about);
      const lease = granted.get(`${taskId} ${fence}`);
      if (lease === undefined || atMs - lease.atMs <= untakenMs + driftMs) return;
      const late = Math.round(atMs - lease.atMs);
      throw broken(`${node} began with ${taskId} ${late} ms after it was granted`, [lease.id, id]);
    },
  };
};
