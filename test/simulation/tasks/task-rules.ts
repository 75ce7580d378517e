// The queues of a simulated cluster and the rules of its store: leases, pauses and times that fit into
// worlds of a few seconds.
import { type StorePolicy, storePolicyDefault } from "#actors/store/store-policy.ts";
import type { QueueSettings } from "#protocols/tasks/queue-view.ts";
import type { QueuePlan } from "#protocols/tasks/resource-demand.ts";
import { marginMsOf, renewEveryMsOf } from "#runtime/tasks/held-leases.ts";

/** So short that tasks which take long outlast what a worker that is cut off may be sure of. */
export const leaseMs = 1_600;
/** So long after it was granted a lease is dropped by the worker that it reaches. */
export const untakenMs = leaseMs - marginMsOf(leaseMs);
/** Without a renewal a worker stops ahead of its end, as soon as it looks. */
export const sureMs = untakenMs + renewEveryMsOf(leaseMs);
/** Of ended tasks of the queue `brief`, which are forgotten within a run. */
const briefTtlMs = 2_000;

export const lostLeasesMax = storePolicyDefault.lostLeasesMax;

export const taskPolicy: StorePolicy = {
  ...storePolicyDefault,
  queue: {
    ...storePolicyDefault.queue,
    leaseMs,
    agingMsPerLevel: 200,
    retry: { baseMs: 100, factor: 2, capMs: 1_000, jitter: "full" },
  },
};

const planOf = (settings: QueueSettings, rate: QueuePlan["rate"] = null): QueuePlan => ({
  ...{ queue: settings.queue, class: "cpu-light", types: null, models: null, pixelsMax: null },
  ...{ rate, userRate: null, machine: {}, settings },
});

/** Whoever is forgotten soon was in this queue. */
export const briefQueue = "brief";

export const queuePlans: readonly QueuePlan[] = [
  planOf({
    ...{ queue: briefQueue, pendingMax: 3, whenFull: "evict_lowest" },
    ...{ completedTtlMs: briefTtlMs, failedTtlMs: briefTtlMs },
  }),
  planOf({ queue: "patient", pendingMax: 2, whenFull: "block" }),
  planOf({ queue: "fair", fairMs: 50, perUserMax: 4 }, { perSecond: 20, burst: 2 }),
];

export const queuesServed: readonly string[] = ["default", ...queuePlans.map(({ queue }) => queue)];
