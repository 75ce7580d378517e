// One round of one contender, in the process that this module is loaded into. How much is done is
// found out on the spot: a slow contender does less, not longer. Finding out is the warm-up, and goes
// on until it has lasted as long as a round.
import { Failure } from "#protocols/failure.ts";
import type { Round } from "../contest.ts";
import type { Done, Setting, Trial, Work } from "./contender.ts";

/**
 * `rate`: as many operations as take about `ms`, a multiple of `grain`, at most `countMax`.
 * `population`: so many actors that stay, with what they take of memory.
 * `duration`: what the contender does in `ms`.
 */
export type Sizing =
  | {
      readonly kind: "rate";
      readonly ms: number;
      readonly grain: number;
      readonly countMax: number;
    }
  | { readonly kind: "population"; readonly count: number; readonly warmUp: number }
  | { readonly kind: "duration"; readonly ms: number };

/** Any suite's contender: what it can do, by name. */
export interface Workshop {
  readonly works: Readonly<Record<string, Work | undefined>>;
}

export interface TrialOrder {
  readonly work: string;
  readonly setting: Setting;
  readonly sizing: Sizing;
}

/** Fails with `not_found` when the contender does no such work, with `invalid` when it lost some. */
export async function runTrial(contender: Workshop, order: TrialOrder): Promise<Round> {
  const work = contender.works[order.work];
  if (!work) throw new Failure("not_found", `the contender has no work "${order.work}"`);
  const trial = await work(order.setting);
  const { sizing } = order;
  switch (sizing.kind) {
    case "rate":
      return filling(trial, sizing);
    case "population":
      return populated(trial, sizing);
    case "duration":
      await trial.run(sizing.ms / 4);
      return measured(() => trial.run(sizing.ms));
    default:
      return sizing satisfies never;
  }
}

/** A round shorter than that share of its time is rather repeated with more operations. */
const filledShare = 0.5;
/** Code gets faster while it warms up: each round that is too short is warm-up for the next. */
const roundsMax = 24;
const growthMax = 8;

async function filling(
  trial: Trial,
  sizing: { readonly ms: number; readonly grain: number; readonly countMax: number },
): Promise<Round> {
  const { countMax, grain, ms } = sizing;
  let round = await counted(trial, grain);
  let warmUpMs = 0;
  for (let rounds = 1; rounds < roundsMax; rounds += 1) {
    const isFilled = round.elapsedMs >= ms * filledShare || round.n >= countMax;
    if (isFilled && rounds >= 3 && warmUpMs >= ms) return round;
    warmUpMs += round.elapsedMs;
    const growth = Math.min(growthMax, ms / round.elapsedMs);
    const wanted = Math.ceil((round.n * growth) / grain) * grain;
    round = await counted(trial, Math.max(grain, Math.min(countMax, wanted)));
  }
  return round;
}

async function counted(trial: Trial, count: number): Promise<Round> {
  const round = await measured(() => trial.run(count));
  if (round.n === count) return round;
  throw new Failure("invalid", `${count} operations were ordered, ${round.n} were counted`);
}

async function populated(
  trial: Trial,
  sizing: { readonly count: number; readonly warmUp: number },
): Promise<Round> {
  const { count, warmUp } = sizing;
  await counted(trial, warmUp);
  const before = await settledMemory();
  const round = await counted(trial, count);
  const after = await settledMemory();
  const living = await trial.livingCount?.();
  if (living !== undefined && living !== warmUp + count) {
    throw new Failure("invalid", `${warmUp + count} actors were spawned, ${living} answered`);
  }
  return {
    ...round,
    bytes: (after.heapUsed - before.heapUsed) / count,
    residentBytes: (after.rss - before.rss) / count,
  };
}

async function measured(run: () => Promise<Done>): Promise<Round> {
  collectGarbage();
  const startedAt = performance.now();
  const { count, latenciesMs } = await run();
  const elapsedMs = performance.now() - startedAt;
  return { n: count, elapsedMs, ...(latenciesMs === undefined ? {} : { latenciesMs }) };
}

async function settledMemory(): Promise<NodeJS.MemoryUsage> {
  for (let pass = 0; pass < 2; pass += 1) {
    collectGarbage();
    await new Promise(setImmediate);
  }
  return process.memoryUsage();
}

function collectGarbage(): void {
  if (!globalThis.gc) throw new Failure("invalid", "start node with --expose-gc");
  globalThis.gc();
}
