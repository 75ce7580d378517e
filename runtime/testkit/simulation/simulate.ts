// Runs a cluster in virtual time: real actor systems and real links on a simulated network, with faults,
// everything from one seed. Equal plans give equal runs, to the last event.
import { AmbientAccess } from "#runtime/testkit/ambient-access.ts";
import { withoutAmbient } from "#runtime/testkit/ambient-guard.ts";
import type { RunOutcome } from "./run-outcome.ts";
import type { RunPlan } from "./run-plan.ts";
import { planOf, type Simulation } from "./simulation.ts";
import { SimulationRun } from "./simulation-run.ts";

export interface SimulationResult extends RunOutcome {
  /** All that decided the run: `runPlan` repeats it. */
  readonly plan: RunPlan;
}

/**
 * Runs the simulation once, for this seed. Whatever goes wrong in it is in the result's `violation`;
 * `expectKept` throws it. Fails with `invalid` for a simulation that makes no sense. Import what the
 * actors need before: code that reaches for the machine's clock, timers or chance is a violation.
 */
export function simulate(
  simulation: Simulation & { readonly seed: number },
): Promise<SimulationResult> {
  return runPlan(simulation, planOf(simulation, simulation.seed));
}

/** Runs the simulation as this plan says, and not as it would be drawn. */
export function runPlan(simulation: Simulation, plan: RunPlan): Promise<SimulationResult> {
  return guardedRun(plan, () => new SimulationRun(simulation, plan).outcome());
}

/** A run of this plan by `run`, kept from the machine: reaching for it is a violation. */
export async function guardedRun(
  plan: RunPlan,
  run: () => Promise<RunOutcome>,
): Promise<SimulationResult> {
  let outcome: RunOutcome | undefined;
  try {
    await withoutAmbient(async () => {
      outcome = await run();
    });
  } catch (error) {
    if (!(error instanceof AmbientAccess) || !outcome) throw error;
    const violation = { checker: "ambient", statement: error.message, events: [] };
    outcome = { ...outcome, violation: outcome.violation ?? violation };
  }
  return { ...definite(outcome), plan };
}

function definite(outcome: RunOutcome | undefined): RunOutcome {
  if (outcome) return outcome;
  throw new TypeError("a run that ends without an error has an outcome");
}
