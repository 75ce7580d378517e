// What a scenario is: worlds that are drawn from a seed as a plan, and runs of such plans.
import type { RunPlan } from "#runtime/testkit/simulation/run-plan.ts";
import { runPlan, type SimulationResult } from "#runtime/testkit/simulation/simulate.ts";
import { planOf, type Simulation } from "#runtime/testkit/simulation/simulation.ts";

/** Under this name, how often each of these facts happened. */
export interface SummaryLine {
  readonly name: string;
  readonly facts: readonly string[];
}

export interface Scenario {
  readonly name: string;
  /** Facts without which many runs prove nothing. */
  readonly sometimes: readonly string[];
  /** What a summary of many runs tells, line by line. Default: nothing but the facts. */
  readonly summary?: readonly SummaryLine[];
  /** What the seed decides: it can be kept, made shorter, and run again. */
  planOf(seed: number): RunPlan;
  /** Equal plans, equal results. Never fails: what goes wrong is in the result. */
  runPlan(plan: RunPlan): Promise<SimulationResult>;
  /** So small that a crash at every single operation can be tried. */
  readonly small: Simulation | undefined;
}

/** A scenario of whole systems. */
export const simulatedScenario = ({
  simulation,
  ...terms
}: Pick<Scenario, "name" | "sometimes" | "small"> & {
  readonly simulation: Simulation;
}): Scenario => ({
  ...terms,
  planOf: (seed) => planOf(simulation, seed),
  runPlan: (plan) => runPlan(simulation, plan),
});

/** The world of this seed, once. */
export const runSeed = (scenario: Scenario, seed: number): Promise<SimulationResult> =>
  scenario.runPlan(scenario.planOf(seed));
