// Which component is hit when, and how: all drawn from one seed, so that a run can be repeated. Pure.
import type { ProfileName } from "#protocols/outside/topology.ts";
import { type RandomSeed, randomIndex, SeededRandom, seedFrom } from "#runtime/core/random.ts";

export interface ChaosTerms {
  readonly seed: number;
  readonly seconds: number;
  readonly workers: number;
  readonly store: "sqlite" | "redis";
  readonly profile: ProfileName;
  /** `workers`: nobody else is hit, so that work is handed on all the time. */
  readonly hit: "everything" | "workers";
}

export interface ChaosFault {
  /** Milliseconds after the first submission. */
  readonly atMs: number;
  /** A node's name, or `redis`. */
  readonly target: string;
  readonly act: "kill" | "freeze";
  /** Until it is woken; of a killed Redis, until it is started again. The launcher starts nodes. */
  readonly forMs: number;
}

export const everyMs = 2_000;
/** Where workers alone are hit: longer than their leases, so that some are lost that only stand still. */
const freezeMsMax: Readonly<Record<ProfileName, number>> = { default: 24_000, fast: 6_000 };

interface Share {
  readonly upTo: number;
  readonly targetOf: (random: SeededRandom) => string;
}

/** Workers are hit most often; who else is there shares the rest. */
function sharesOf({ hit, workers, store }: ChaosTerms): readonly Share[] {
  const worker = (random: SeededRandom): string => `worker-${randomIndex(random, workers) + 1}`;
  if (hit === "workers") return [{ upTo: 1, targetOf: worker }];
  const others = ["control", "gateway", ...(store === "redis" ? ["redis"] : [])];
  return [
    { upTo: 0.6, targetOf: worker },
    ...others.map((name, index) => ({
      upTo: 0.6 + (0.4 * (index + 1)) / others.length,
      targetOf: () => name,
    })),
  ];
}

export function chaosPlan(terms: ChaosTerms): readonly ChaosFault[] {
  const seed: RandomSeed = seedFrom(terms.seed);
  const random = new SeededRandom(seed);
  const shares = sharesOf(terms);
  const count = Math.floor((terms.seconds * 1_000) / everyMs);
  return Array.from({ length: count }, (_, index): ChaosFault => {
    const chance = random.next();
    const share = shares.find(({ upTo }) => chance < upTo) ?? shares[0];
    const target = share?.targetOf(random) ?? "control";
    const act = random.next() < 0.6 ? "kill" : "freeze";
    const mostMs = freezeMsMaxOf(terms, target);
    const span = act === "freeze" ? { least: 1_000, most: mostMs } : { least: 200, most: 1_500 };
    const forMs = span.least + randomIndex(random, span.most - span.least);
    return { atMs: (index + 1) * everyMs, target, act, forMs };
  });
}

const freezeMsMaxOf = ({ hit, profile }: ChaosTerms, target: string): number => {
  if (hit === "workers") return freezeMsMax[profile];
  return target === "redis" ? 6_000 : 8_000;
};
