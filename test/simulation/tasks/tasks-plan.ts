// What is ordered and what goes wrong in a run of the tasks scenario, by its seed: most worlds are small,
// some have more of everything, and a few have thousands of tasks.
import { storeLimits } from "#protocols/store-limits.ts";
import type { Chance, Span } from "#runtime/testkit/simulation/chance.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { PlanSource, WorkGround } from "#runtime/testkit/simulation/simulation.ts";
import { planCommands } from "./operator-plan.ts";
import { leaseMs, lostLeasesMax, taskPolicy } from "./task-rules.ts";
import { faultsOf } from "./tasks-faults.ts";

/** Has the directory, the store, the queue and the registry; and where clients are. All others work. */
export const controlNode = "a";
export const clientNode = "b";

/** Nodes that are cut off end soon, before their leases do; or late, after others have taken over. */
export const sessionMs = { soon: 1_500, late: 8_000 } as const;

export type WorldSize = "small" | "middle" | "great";

interface Extent {
  /** Workers, beside control and clients. */
  readonly workers: Span;
  readonly orders: Span;
  /** Of few orders each may take long; many would take all the time there is. */
  readonly pace: Pace;
  readonly until: `${number}s`;
  /** Milliseconds from one fault to the next. */
  readonly faultEveryMs: Span;
}

interface Pace {
  readonly longRate: number;
  readonly strayRate: number;
  readonly runMsMax: number;
  /** Of orders, how many come in a rush. */
  readonly rushRate: number;
}

/** Longer than a worker is sure of a lease that it does not renew. */
const longMs: Span = { min: 1_500, max: 3_500 };
const leisurely: Pace = { longRate: 0.2, strayRate: 0.1, runMsMax: 300, rushRate: 0.65 };
const brisk: Pace = { longRate: 0.002, strayRate: 0.005, runMsMax: 60, rushRate: 0.2 };
/** Of a question to a person. */
const expiresMs: Span = { min: 300, max: 1_500 };
const retriesMax = 3;

const extents: Readonly<Record<WorldSize, Extent>> = {
  small: {
    workers: { min: 2, max: 3 },
    orders: { min: 6, max: 12 },
    pace: leisurely,
    ...{ until: "3s", faultEveryMs: { min: 200, max: 1_200 } },
  },
  middle: {
    workers: { min: 3, max: 8 },
    orders: { min: 40, max: 120 },
    pace: { ...leisurely, longRate: 0.05 },
    ...{ until: "10s", faultEveryMs: { min: 200, max: 1_500 } },
  },
  great: {
    workers: { min: 5, max: 8 },
    orders: { min: 1_500, max: 2_500 },
    pace: brisk,
    ...{ until: "20s", faultEveryMs: { min: 500, max: 3_000 } },
  },
};

/** One seed in 20 has a middle world, one in 175 a great one. */
export const sizeOf = (seed: number): WorldSize =>
  seed % 175 === 125 ? "great" : seed % 20 === 10 ? "middle" : "small";

/** In one world in ten clocks leap by minutes and hours. */
export const hasLeaps = (seed: number): boolean => seed % 10 === 5;

/**
 * By then every task has ended, for certain: each of its attempts may take long, be lost with its lease and
 * wait for the next; a person is asked once; a node that is cut off is missed when its session has ended, and
 * one that fails is in quarantine for a while. Of many tasks some wait for the rate of their queue. All of it
 * twice, for a store that waits for the wall's clock. Most worlds are at rest in a few seconds.
 */
function settleMsOf(orders: Span): number {
  const attempts = 1 + retriesMax + lostLeasesMax + 1;
  const attemptMs = longMs.max + leaseMs + 2 * taskPolicy.queue.retry.capMs;
  const taskMs = attempts * attemptMs + expiresMs.max;
  const rateMs = orders.max * 10;
  return 2 * (sessionMs.late + storeLimits.nodeQuarantineMsMin + taskMs + rateMs);
}

export function tasksSource(seed: number): PlanSource {
  const { workers, orders, pace, until, faultEveryMs } = extents[sizeOf(seed)];
  const clocks = hasLeaps(seed) ? "leap" : "near";
  return {
    nodes: { min: workers.min + 2, max: workers.max + 2 },
    ...{ until, settle: settleMsOf(orders), network: "hostile" },
    faults: faultsOf({ everyMs: faultEveryMs, clocks, control: controlNode, client: clientNode }),
    workload: { plan: (ground) => planOrders(ground, orders, pace) },
  };
}

function planOrders(
  { chance, nodes, untilMs }: WorkGround,
  orders: Span,
  pace: Pace,
): readonly Step[] {
  const count = chance.count(orders);
  const steps: Step[] = [];
  let rush = drawRush(chance, untilMs);
  for (let index = 1; index <= count; index += 1) {
    if (index % ordersOfRush === 0) rush = drawRush(chance, untilMs);
    const drawn = drawOrder(chance, index, pace);
    const isRushed = chance.happens(pace.rushRate);
    const order = {
      ...{ act: "order", node: clientNode },
      terms: isRushed ? { ...drawn, ...rush.terms, delayMs: "" } : drawn,
    };
    const atMs = isRushed ? rush.atMs + chance.count(rushSpan) : momentIn(chance, untilMs);
    steps.push({ atMs, ...order });
    // The same order once more: from a client that does not know what came of the first one.
    if (chance.happens(0.15)) steps.push({ atMs: momentIn(chance, untilMs), ...order });
  }
  const others = Math.min(Math.ceil(count / 4), othersMax);
  for (let index = 0; index < others; index += 1) {
    steps.push({ atMs: momentIn(chance, untilMs), ...drawOther(chance) });
  }
  const draws = chance.branch("operator");
  const ordered = planCommands({
    ...{ chance: draws, node: clientNode, workers: nodes.slice(2) },
    count: draws.count({ min: 1, max: 3 }) + Math.min(Math.ceil(count / 8), commandsMax),
    moment: () => momentIn(draws, untilMs),
  });
  return [...steps, ...ordered];
}

/** Some of so many orders come at once, and to one queue: there they wait for one another. */
const ordersOfRush = 12;
const rushSpan: Span = { min: 0, max: 300 };

interface Rush {
  readonly atMs: number;
  readonly terms: { readonly queue: string; readonly user?: string; readonly asks?: string };
}

/** Some rushes are one user's; in some all that come ask people, and wait for them. */
const drawRush = (chance: Chance, untilMs: number): Rush => ({
  atMs: chance.count({ min: 300, max: Math.max(300, untilMs / 2) }),
  terms: {
    queue: chance.pick(["brief", "brief", "patient", "fair", "fair"]) ?? "brief",
    ...(chance.happens(0.4) ? { user: "one" } : {}),
    ...(chance.happens(0.2) ? { asks: "park" } : {}),
  },
});

const momentIn = (chance: Chance, untilMs: number): number =>
  Math.round(chance.within({ min: 300, max: untilMs }) * 10) / 10;

/** What people and accidents do beside the orders of a run, and what an operator does. */
const othersMax = 30;
const commandsMax = 40;

function drawOther(chance: Chance): Omit<Step, "atMs"> {
  const act = chance.pick(["answer", "answer", "answer", "lose-store"]) ?? "answer";
  const decision = chance.happens(0.7) ? "proceed" : "reject";
  const node = act === "lose-store" ? controlNode : clientNode;
  return { act, node, terms: { decision } };
}

const failings = [
  ...["network", "resource", "model", "model,model", "timeout", "validation"],
  ...["network,network", "resource,network,resource,network", "network,validation"],
];

/** What it tells when it is late. */
const strayWays = ["complete", "complete", "fail", "fail", "ask", "ask", "release", "renew"];

function strayTerms(chance: Chance, index: number, rate: number) {
  if (!chance.happens(rate)) return { strayMs: "" };
  const strayMs = chance.count({ min: 600, max: 4_000 });
  return { strayMs, strayAs: chance.branch(`stray ${index}`).pick(strayWays) ?? "complete" };
}

function drawOrder(chance: Chance, index: number, pace: Pace): NonNullable<Step["terms"]> {
  const { longRate, runMsMax, strayRate } = pace;
  const isLong = chance.happens(longRate);
  const runMs = Math.round(chance.lengthWithin(isLong ? longMs : { min: 20, max: runMsMax }));
  const queue = chance.pick(["default", "default", "default", "brief", "patient", "fair"]) ?? "";
  const kind = chance.happens(0.08) ? "steps" : "repair";
  const some = <T extends string | number>(rate: number, draw: () => T): T | "" =>
    chance.happens(rate) ? draw() : "";
  return {
    ...{ index, runMs, kind, queue },
    key: chance.happens(0.9) ? `order ${index}` : "",
    priority: chance.count({ min: 0, max: 4 }),
    user: some(0.5, () => chance.pick(["one", "two"]) ?? "one"),
    fails: some(0.35, () => chance.pick(failings) ?? ""),
    asks: some(0.15, () => chance.pick(["park", "park", "hold"]) ?? "park"),
    onTimeout: chance.pick(["proceed", "reject", "fail"]) ?? "proceed",
    expiresMs: chance.count(expiresMs),
    ...strayTerms(chance, index, strayRate),
    cancelAfterMs: some(kind === "steps" ? 0.5 : 0.2, () => chance.count({ min: 0, max: 1_500 })),
    deadlineMs: some(0.12, () => chance.count({ min: 200, max: 6_000 })),
    queueDeadlineMs: some(0.1, () => chance.count({ min: 100, max: 4_000 })),
    timeoutMs: some(0.1, () => chance.count({ min: 100, max: 2_000 })),
    delayMs: some(0.15, () => chance.count({ min: 10, max: 2_000 })),
    maxRetries: chance.count({ min: 0, max: retriesMax }),
    isPinned: some(0.1, () => 1),
  };
}
