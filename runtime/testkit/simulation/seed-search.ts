// Runs a simulation for many seeds, and makes of the first that fails a story as short as it gets.
import { Failure } from "#protocols/failure.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";
import type { Simulation } from "./simulation.ts";
import { formatShrunk, SimulationFailure } from "./simulation-report.ts";

export interface SeedTerms {
  /** How many, from 1 on, or which. */
  readonly seeds: number | readonly number[];
  /**
   * Facts that must have happened in some run, such as `crash`, `lost` or `answered`: without them the
   * simulation proves nothing. Default: none.
   */
  readonly sometimes?: readonly string[];
}

export interface SeedSummary {
  readonly runs: number;
  readonly events: number;
  readonly virtualMs: number;
  /** How often what happened in all runs together. */
  readonly facts: Readonly<Record<string, number>>;
}

const seedsMax = 1_000_000;

/**
 * Fails with `SimulationFailure` at the first seed whose run is not as it should be, shrunk; with
 * `unavailable` when one of `sometimes` never happened.
 */
export async function simulateSeeds(
  simulation: Simulation,
  { seeds, sometimes = [] }: SeedTerms,
): Promise<SeedSummary> {
  const facts: Record<string, number> = {};
  let runs = 0;
  let events = 0;
  let virtualMs = 0;
  for (const seed of seedList(seeds)) {
    const result = await simulate({ ...simulation, seed });
    if (result.violation) {
      const shrunk = await shrink(simulation, result);
      throw new SimulationFailure(shrunk.result, formatShrunk(result, shrunk));
    }
    runs++;
    events += result.events;
    virtualMs += result.virtualMs;
    for (const [fact, times] of Object.entries(result.facts)) {
      facts[fact] = (facts[fact] ?? 0) + times;
    }
  }
  const missing = sometimes.filter((fact) => facts[fact] === undefined);
  if (missing.length === 0) return { runs, events, virtualMs, facts };
  const text = `${runs} runs prove nothing, as these never happened: ${missing.join(", ")}`;
  throw new Failure("unavailable", text);
}

function seedList(seeds: number | readonly number[]): readonly number[] {
  const count = typeof seeds === "number" ? seeds : seeds.length;
  if (!(Number.isInteger(count) && count >= 1 && count <= seedsMax)) {
    throw new Failure("invalid", `a search runs 1 to ${seedsMax} seeds, not ${count}`);
  }
  return typeof seeds === "number" ? Array.from({ length: count }, (_, index) => index + 1) : seeds;
}
