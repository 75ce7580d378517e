// W7: a durable queue of jobs, what is asked of it, of whom, and what is to be reached.

import type { Goal, Scale } from "../contest.ts";
import type { Sizing } from "../core/trial.ts";
import { atLeast, duration } from "../core/workload.ts";
import {
  beeAlways,
  beeEverySecond,
  bullMqAlways,
  bullMqEverySecond,
  type Entrant,
  memory,
  rawSqlite,
  redisAlways,
  redisEverySecond,
  sqlite,
  sqliteProcess,
} from "./entrants.ts";
import { type InFlight, inFlights, type StoreWork } from "./job-queue.ts";

export interface StoreWorkload {
  /** Begins with its number. */
  readonly title: string;
  readonly work: StoreWork;
  /** Tasks that wait from the beginning. */
  readonly waiting: (scale: Scale) => number;
  readonly ours: Entrant;
  readonly peers: readonly Entrant[];
  /** Whoever takes part in a quick run, beside ours. */
  readonly quickPeers: readonly Entrant[];
  readonly goals: readonly Goal[];
  sizing(scale: Scale): Sizing;
}

const queues: readonly Entrant[] = [
  ...[sqliteProcess, redisAlways, redisEverySecond, memory],
  ...[bullMqEverySecond, bullMqAlways, beeEverySecond, beeAlways],
];
const quickQueues: readonly Entrant[] = [redisEverySecond, bullMqEverySecond, beeEverySecond];

const noneWait = (): number => 0;

const filling =
  (inFlight: number) =>
  (scale: Scale): Sizing => ({
    ...{ kind: "rate", grain: Math.max(32, 4 * inFlight), countMax: 200_000 },
    ms: scale === "full" ? 1_500 : 500,
  });

const groupOf = (inFlight: InFlight, most: number): string =>
  `groups of ${inFlight < 64 ? inFlight : most}`;

const submission = (inFlight: InFlight): StoreWorkload => ({
  title: `W7 submit, ${inFlight} in flight`,
  work: `submit ${inFlight}`,
  waiting: noneWait,
  ours: sqlite,
  peers: [...queues, rawSqlite(groupOf(inFlight, 200))],
  quickPeers: [],
  goals: [],
  sizing: filling(inFlight),
});

const passage = (inFlight: InFlight, goals: readonly Goal[]): StoreWorkload => {
  const limit = rawSqlite(groupOf(inFlight, 100));
  return {
    title: `W7 submit, run and complete, ${inFlight} in flight`,
    work: `end to end ${inFlight}`,
    waiting: noneWait,
    ours: sqlite,
    peers: [...queues, limit],
    quickPeers: inFlight === 64 ? [...quickQueues, limit] : [],
    goals,
    sizing: filling(inFlight),
  };
};

const idleGoal: Goal = {
  ...{ against: bullMqEverySecond.peer, measure: "p50Ms", as: "ratio" },
  bound: { atMost: 1 },
};

const idle: StoreWorkload = {
  title: "W7 one job at idle",
  work: "idle",
  waiting: noneWait,
  ours: sqlite,
  peers: [...queues, rawSqlite("one by one")],
  quickPeers: [...quickQueues, rawSqlite("one by one")],
  goals: [idleGoal],
  sizing: duration({ fullMs: 2_000, quickMs: 600 }),
};

const claimPeer: Entrant = { ...sqlite, peer: "troupe, 1,000 wait" };

/** The peer of the claims has few tasks waiting, ours many. */
export const fewWaiting = 1_000;

const claims: StoreWorkload = {
  title: "W7 claim of 64 tasks among many that wait",
  work: "claims",
  waiting: (scale) => (scale === "full" ? 1_000_000 : 20_000),
  ours: sqlite,
  peers: [claimPeer],
  quickPeers: [claimPeer],
  goals: [{ against: claimPeer.peer, measure: "p50Ms", as: "ratio", bound: { atMost: 1.5 } }],
  sizing: duration({ fullMs: 2_000, quickMs: 600 }),
};

const goalsAt: Readonly<Partial<Record<InFlight, readonly Goal[]>>> = {
  1: [atLeast(1, bullMqEverySecond.peer)],
  64: [atLeast(3, bullMqEverySecond.peer), atLeast(1.5, beeEverySecond.peer)],
};

export const workloads: readonly StoreWorkload[] = [
  ...inFlights.map(submission),
  ...inFlights.map((inFlight) => passage(inFlight, goalsAt[inFlight] ?? [])),
  idle,
  claims,
];
