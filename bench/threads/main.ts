// What a thread costs a message: threaded actors beside a bare worker thread, one post a message.
//
//   one way      so many tells, then one ask that comes back behind them
//   round trip   one ask after the other
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type ActorSystem, inThread, startLocalSystem } from "#runtime/index.ts";
import type { Scale, Subject, SuiteOutcome } from "../contest.ts";
import { compete } from "../harness.ts";
import { CounterActor } from "./counter-actor.ts";

interface Sizes {
  readonly tells: number;
  readonly asks: number;
  readonly rounds: number;
}

const sizes: Readonly<Record<Scale, Sizes>> = {
  full: { tells: 200_000, asks: 10_000, rounds: 7 },
  quick: { tells: 10_000, asks: 500, rounds: 3 },
};

const mailbox = { capacity: 1_000_000, whenFull: "reject" } as const;

/** Times so many operations, and each of them when they are done one by one. */
async function oneByOne(n: number, act: () => Promise<unknown>) {
  const latenciesMs: number[] = [];
  const start = performance.now();
  for (let index = 0; index < n; index += 1) {
    const begun = performance.now();
    await act();
    latenciesMs.push(performance.now() - begun);
  }
  return { n, elapsedMs: performance.now() - start, latenciesMs };
}

async function atOnce(n: number, send: () => void, arrived: () => Promise<unknown>) {
  const start = performance.now();
  for (let index = 0; index < n; index += 1) send();
  await arrived();
  return { n, elapsedMs: performance.now() - start };
}

function troupe(system: ActorSystem, { tells, asks }: Sizes): readonly [Subject, Subject] {
  const counter = system.spawn(inThread(CounterActor), { name: "counter", mailbox });
  const names = { peer: "troupe", variant: "window 256" };
  return [
    {
      ...names,
      round: () =>
        atOnce(
          tells,
          () => counter.add(1),
          () => counter.total(),
        ),
    },
    { ...names, round: () => oneByOne(asks, () => counter.total()) },
  ];
}

function bare(worker: Worker, { tells, asks }: Sizes): readonly [Subject, Subject] {
  const ask = (): Promise<unknown> => {
    worker.postMessage({ kind: "total" });
    return once(worker, "message");
  };
  const names = { peer: "bare thread", variant: "a post a message" };
  return [
    { ...names, round: () => atOnce(tells, () => worker.postMessage({ kind: "add", by: 1 }), ask) },
    { ...names, round: () => oneByOne(asks, ask) },
  ];
}

export async function run(scale: Scale, only = ""): Promise<SuiteOutcome> {
  const size = sizes[scale];
  const system = await startLocalSystem({ log: { write: () => {} } });
  const worker = new Worker(new URL("./bare-thread.mjs", import.meta.url), { execArgv: [] });
  try {
    const [ourTells, ourAsks] = troupe(system, size);
    const [theirTells, theirAsks] = bare(worker, size);
    const terms = { rounds: size.rounds, warmUps: 2 };
    const goal = (bound: number) =>
      ({
        against: "bare thread",
        measure: "perSecond",
        as: "ratio",
        bound: { atLeast: bound },
      }) as const;
    const contests = [
      { workload: "thread, one way", ours: ourTells, peers: [theirTells], goals: [goal(0.15)] },
      { workload: "thread, round trip", ours: ourAsks, peers: [theirAsks], goals: [goal(0.4)] },
    ].filter(({ workload }) => workload.includes(only));
    const outcomes = [];
    for (const contest of contests) outcomes.push(await compete({ ...contest, ...terms }));
    return { packages: [], contests: outcomes, absent: [] };
  } finally {
    await worker.terminate();
    await system.stop();
  }
}
