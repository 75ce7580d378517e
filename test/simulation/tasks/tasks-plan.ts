// What is ordered and what goes wrong in a run of the tasks scenario, by its seed: most worlds are small,
// some have more of everything, and a few have thousands of tasks.
import type { Chance, Span } from "#runtime/testkit/simulation/chance.ts";
import type { Fault } from "#runtime/testkit/simulation/fault-plan.ts";
import {
  type FaultGround,
  type FaultSource,
  swarm,
} from "#runtime/testkit/simulation/fault-swarm.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { PlanSource, WorkGround } from "#runtime/testkit/simulation/simulation.ts";

/** Has the directory, the store, the queue and the registry; and where clients are. All others work. */
export const controlNode = "a";
export const clientNode = "b";

export type WorldSize = "small" | "middle" | "great";

interface Extent {
  /** Workers, beside control and clients. */
  readonly workers: Span;
  readonly orders: Span;
  /** Of few orders each may take long; many would take all the time there is. */
  readonly pace: Pace;
  readonly until: `${number}s`;
  readonly settle: `${number}s`;
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

const extents: Readonly<Record<WorldSize, Extent>> = {
  small: {
    workers: { min: 2, max: 3 },
    orders: { min: 6, max: 12 },
    pace: leisurely,
    ...{ until: "3s", settle: "10s", faultEveryMs: { min: 200, max: 1_200 } },
  },
  middle: {
    workers: { min: 3, max: 8 },
    orders: { min: 40, max: 120 },
    pace: { ...leisurely, longRate: 0.05 },
    ...{ until: "10s", settle: "20s", faultEveryMs: { min: 200, max: 1_500 } },
  },
  great: {
    workers: { min: 5, max: 8 },
    orders: { min: 1_500, max: 2_500 },
    pace: brisk,
    ...{ until: "20s", settle: "40s", faultEveryMs: { min: 500, max: 3_000 } },
  },
};

/** One seed in 20 has a middle world, one in 500 a great one. */
export const sizeOf = (seed: number): WorldSize =>
  seed % 500 === 250 ? "great" : seed % 20 === 10 ? "middle" : "small";

export function tasksSource(size: WorldSize): PlanSource {
  const { workers, orders, pace, until, settle, faultEveryMs } = extents[size];
  return {
    nodes: { min: workers.min + 2, max: workers.max + 2 },
    ...{ until, settle, network: "hostile" },
    faults: faultsWithin(faultEveryMs),
    workload: { plan: (ground) => planOrders(ground, orders, pace) },
  };
}

/** Clocks that are off by more only make the world wait for longer. */
const skewMsMax = 3_000;

function faultsWithin(everyMs: Span): FaultSource {
  const draw = swarm({
    kinds: [
      ...(["crash", "leave", "pause", "clock", "cut", "partition", "break", "stall"] as const),
      ...(["disk-full", "disk-slow", "disk-error"] as const),
    ],
    everyMs,
    forMs: { min: 150, max: 6_000 },
  });
  return (ground) => [...draw(ground).map(bounded), ...drawSilence(ground)];
}

/** In some worlds a worker hears nothing of the others for longer than it is sure of its leases. */
function drawSilence({ chance, nodes, untilMs }: FaultGround): readonly Fault[] {
  const draws = chance.branch("silence");
  const from = draws.pick(nodes.slice(2));
  if (!draws.happens(0.25) || from === undefined) return [];
  const atMs = draws.count({ min: 500, max: 1_000 });
  const mode = draws.happens(0.5) ? "drop" : "hold";
  return [{ kind: "cut", atMs, from, to: controlNode, ways: "both", mode, forMs: untilMs - atMs }];
}

const bounded = (fault: Fault): Fault =>
  fault.kind === "clock" ? { ...fault, skewMs: fault.skewMs % skewMsMax } : fault;

function planOrders({ chance, untilMs }: WorkGround, orders: Span, pace: Pace): readonly Step[] {
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
  return steps;
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

/** What operators, people and accidents do beside the orders of a run. */
const othersMax = 30;
/** One worker is held at times; the others are there for its tasks. */
const heldNode = "c";

function drawOther(chance: Chance): Omit<Step, "atMs"> {
  const act = chance.pick(["answer", "answer", "lose-store", "hold", "resume"]) ?? "answer";
  const decision = chance.happens(0.7) ? "proceed" : "reject";
  const node = act === "lose-store" ? controlNode : clientNode;
  return { act, node, terms: { decision, worker: heldNode } };
}

const failings = [
  ...["network", "resource", "model", "model,model", "timeout", "validation"],
  ...["network,network", "resource,network,resource,network", "network,validation"],
];

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
    expiresMs: chance.count({ min: 300, max: 1_500 }),
    strayMs: some(strayRate, () => chance.count({ min: 600, max: 4_000 })),
    cancelAfterMs: some(kind === "steps" ? 0.5 : 0.2, () => chance.count({ min: 0, max: 1_500 })),
    deadlineMs: some(0.12, () => chance.count({ min: 200, max: 6_000 })),
    queueDeadlineMs: some(0.1, () => chance.count({ min: 100, max: 4_000 })),
    timeoutMs: some(0.1, () => chance.count({ min: 100, max: 2_000 })),
    delayMs: some(0.15, () => chance.count({ min: 10, max: 2_000 })),
    maxRetries: chance.count({ min: 0, max: 3 }),
    isPinned: some(0.1, () => 1),
  };
}
