// Runs the worlds of many seeds: one after the other, or by processes on several cores. Whoever asked hears of
// them in the order of their seeds, whichever was ready first, so that the sum is the same.
//
//   seeds ──► lane ─┐
//         ──► lane ─┴─► those that are next in order ──► each
import { fork } from "node:child_process";
import { once } from "node:events";
import { Failure } from "#protocols/failure.ts";
import type { RunOutcome } from "#runtime/testkit/simulation/run-outcome.ts";
import { runSeed, type Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

/** What came of one seed. */
export interface SeedRun {
  readonly seed: number;
  readonly outcome: Pick<RunOutcome, "violation" | "virtualMs" | "events" | "digest" | "facts">;
  /** A later run of it, from 2, that was another one. */
  readonly differing: { readonly run: number; readonly digest: string } | undefined;
}

interface SeedOrder {
  readonly scenario: string;
  readonly seed: number;
  readonly runs: number;
}

export interface SeedRange {
  readonly scenario: Scenario;
  readonly firstSeed: number;
  readonly seeds: number;
  /** Processes; 1: none but this one. */
  readonly jobs: number;
  /** How often a seed is run. */
  runsOf(seed: number): number;
  /** In order. Whether to go on. */
  each(run: SeedRun): Promise<boolean> | boolean;
}

export function runRange(range: SeedRange): Promise<void> {
  return range.jobs === 1 ? runHere(range) : runInLanes(range);
}

async function runHere({ scenario, firstSeed, seeds, runsOf, each }: SeedRange): Promise<void> {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    if (!(await each(await runOften(scenario, seed, runsOf(seed))))) return;
  }
}

async function runInLanes(range: SeedRange): Promise<void> {
  const { scenario, firstSeed, seeds, jobs, runsOf } = range;
  const inOrder = new InOrder(range);
  const endSeed = firstSeed + seeds;
  let nextSeed = firstSeed;
  const lanes = Array.from({ length: Math.min(jobs, seeds) }, () => new Lane());
  const serve = async (lane: Lane): Promise<void> => {
    while (nextSeed < endSeed && !inOrder.isOver) {
      const seed = nextSeed;
      nextSeed += 1;
      inOrder.take(await lane.run({ scenario: scenario.name, seed, runs: runsOf(seed) }));
      await inOrder.told;
    }
  };
  try {
    await Promise.all(lanes.map(serve));
  } finally {
    await Promise.all(lanes.map((lane) => lane.end()));
  }
}

/** Holds what is ready before its turn. */
class InOrder {
  readonly #range: SeedRange;
  readonly #ready = new Map<number, SeedRun>();
  #next: number;
  isOver = false;
  /** All whose turn has come were told. */
  told: Promise<void> = Promise.resolve();

  constructor(range: SeedRange) {
    this.#range = range;
    this.#next = range.firstSeed;
  }

  take(run: SeedRun): void {
    this.#ready.set(run.seed, run);
    this.told = this.told.then(() => this.#tell());
  }

  async #tell(): Promise<void> {
    for (let run = this.#ready.get(this.#next); run; run = this.#ready.get(this.#next)) {
      if (this.isOver) return;
      this.#ready.delete(this.#next);
      this.#next += 1;
      if (!(await this.#range.each(run))) this.isOver = true;
    }
  }
}

/** One process, with one seed at a time. */
class Lane {
  readonly #process = fork(new URL("./seed-lane.mjs", import.meta.url));

  run(order: SeedOrder): Promise<SeedRun> {
    return new Promise((resolve, reject) => {
      const child = this.#process;
      const ended = (code: number | null): void => {
        reject(new Failure("internal", `the process of seed ${order.seed} ended with ${code}`));
      };
      child.once("exit", ended);
      child.once("message", (run: SeedRun) => {
        child.off("exit", ended);
        resolve(run);
      });
      child.send(order);
    });
  }

  async end(): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
}

/** In a process of its own: runs what it is told, and ends with whoever tells it. */
export function serveSeeds(): void {
  // Who stops all of them lets those that run come to their end.
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit());
  process.on("message", ({ scenario, seed, runs }: SeedOrder) => {
    const known = scenarios.find(({ name }) => name === scenario);
    if (!known) throw new Failure("invalid", `there is no scenario ${scenario}`);
    void runOften(known, seed, runs).then((run) => process.send?.(run));
  });
}

async function runOften(scenario: Scenario, seed: number, runs: number): Promise<SeedRun> {
  const { violation, virtualMs, events, digest, facts } = await runSeed(scenario, seed);
  const outcome = { violation, virtualMs, events, digest, facts };
  for (let run = 2; run <= runs && !violation; run += 1) {
    const again = await runSeed(scenario, seed);
    if (again.digest !== digest) return { seed, outcome, differing: { run, digest: again.digest } };
  }
  return { seed, outcome, differing: undefined };
}
