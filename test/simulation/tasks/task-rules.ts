// The queues of a simulated cluster and the rules of its store: leases, pauses and times that fit into
// worlds of a few seconds.
import { type StorePolicy, storePolicyDefault } from "#actors/store/store-policy.ts";
import type { QueueSettings } from "#protocols/tasks/queue-view.ts";
import type { ClaimRate, QueuePlan } from "#protocols/tasks/resource-demand.ts";
import type { FailureClass } from "#protocols/tasks/task-failure.ts";
import { marginMsOf, renewEveryMsOf } from "#runtime/tasks/held-leases.ts";

/** So short that tasks which take long outlast what a worker that is cut off may be sure of. */
export const leaseMs = 1_600;
/** So long after it was granted a lease is dropped by the worker that it reaches. */
export const untakenMs = leaseMs - marginMsOf(leaseMs);
/** Without a renewal a worker stops ahead of its end, as soon as it looks. */
export const sureMs = untakenMs + renewEveryMsOf(leaseMs);
/** Of ended tasks of the queue `brief`, which are forgotten within a run. */
const briefTtlMs = 2_000;

const agingMsPerLevel = 200;

export const lostLeasesMax = storePolicyDefault.lostLeasesMax;

/** Of each queue that has no rules of its own about them. */
const common = {
  ...{ leaseMs, agingMsPerLevel },
  retry: { baseMs: 100, factor: 2, capMs: 1_000, jitter: "full" },
} as const;

export const taskPolicy: StorePolicy = {
  ...storePolicyDefault,
  queue: { ...storePolicyDefault.queue, ...common },
};

const planOf = (
  settings: QueueSettings,
  rates: Partial<Pick<QueuePlan, "rate" | "userRate">> = {},
): QueuePlan => ({
  ...{ queue: settings.queue, class: "cpu-light", types: null, models: null, pixelsMax: null },
  ...{ rate: null, userRate: null, ...rates, machine: {} },
  // All of them: what an update leaves out is as the file has it.
  settings: { ...common, ...settings },
});

/** Whoever is forgotten soon was in this queue. */
export const briefQueue = "brief";

const again = { baseMs: 100, factor: 2, capMs: 1_000 };

/** So slow that tasks wait for one another, and so narrow that some of them find no room. */
export const queuePlans: readonly QueuePlan[] = [
  planOf(
    {
      ...{ queue: briefQueue, pendingMax: 2, whenFull: "evict_lowest" },
      ...{ completedTtlMs: briefTtlMs, failedTtlMs: briefTtlMs },
      retry: { ...again, jitter: "equal" },
    },
    { rate: { perSecond: 5, burst: 1 } },
  ),
  planOf(
    {
      ...{ queue: "patient", pendingMax: 2, whenFull: "block" },
      retry: { ...again, jitter: "none" },
    },
    { userRate: { perSecond: 5, burst: 2 } },
  ),
  planOf(
    { queue: "fair", fairMs: 50, perUserMax: 2 },
    { rate: { perSecond: 10, burst: 2 }, userRate: { perSecond: 5, burst: 1 } },
  ),
];

export const queuesServed: readonly string[] = ["default", ...queuePlans.map(({ queue }) => queue)];

const plans = new Map(queuePlans.map((plan) => [plan.queue, plan]));
const rules = new Map(
  queuePlans.map(({ queue, settings }) => [queue, { ...taskPolicy.queue, ...settings }]),
);

/** What holds in a queue: as it was planned, and else as in any. */
export const rulesOf = (queue: string): StorePolicy["queue"] =>
  rules.get(queue) ?? taskPolicy.queue;

/** Tasks that may leave the queue, and those of each user there. */
export const ratesOf = (
  queue: string,
): { readonly all: ClaimRate | null; readonly user: ClaimRate | null } => {
  const { rate: all, userRate: user } = plans.get(queue) ?? { rate: null, userRate: null };
  return { all, user };
};

/** Retries that failures of a class may use up, as docs/errors.md has them; others as many as the task has. */
export const triesAgainMax: Readonly<Record<FailureClass, number>> = {
  ...{ network: Infinity, resource: Infinity, timeout: Infinity, node_lost: Infinity },
  ...{ model: 1, internal: 1, validation: 0, cancelled: 0 },
};

/** After failures of these another node comes first. */
export const elsewhereAfter: ReadonlySet<string> = new Set(["resource", "model", "internal"]);
