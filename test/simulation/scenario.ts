// What a scenario is: a run of a small world, everything in it drawn from one seed.
import { storyOf } from "#runtime/testkit/simulation/run-trace.ts";
import { simulate } from "#runtime/testkit/simulation/simulate.ts";
import type { Simulation } from "#runtime/testkit/simulation/simulation.ts";
import type { RunOutcome } from "#runtime/testkit/simulation/simulation-run.ts";

export interface RunReport {
  readonly seed: number;
  readonly virtualMs: number;
  readonly events: number;
  /** SHA-256 of everything that happened. */
  readonly digest: string;
  /** How often what the scenario is about happened. */
  readonly facts: Readonly<Record<string, number>>;
  /** Undefined when every promise was kept. */
  readonly failure: RunFailure | undefined;
}

export interface RunFailure {
  readonly statement: string;
  /** What happened before, for people. */
  readonly story: string;
}

export interface Scenario {
  readonly name: string;
  /** Facts without which many runs prove nothing. */
  readonly sometimes: readonly string[];
  /** Equal seeds, equal reports. Never fails: what goes wrong is in the report. */
  run(seed: number): Promise<RunReport>;
  /** What can be planned, shrunk and replayed; undefined where a seed says it all. */
  readonly simulation: Simulation | undefined;
  /** So small that a crash at every single operation can be tried. */
  readonly small: Simulation | undefined;
}

/** A scenario with a plan of faults and steps. */
export const plannedScenario = (
  terms: Pick<Scenario, "name" | "sometimes" | "small"> & { readonly simulation: Simulation },
): Scenario => ({
  ...terms,
  run: async (seed) => reportOf(seed, await simulate({ ...terms.simulation, seed })),
});

function reportOf(seed: number, outcome: RunOutcome): RunReport {
  const { violation, virtualMs, events, digest, facts, trace } = outcome;
  const failure = violation && {
    statement: `${violation.checker}: ${violation.statement}`,
    story: storyOf(trace),
  };
  return { seed, virtualMs, events, digest, facts, failure };
}
