// Runs one plan again and again with a crash before and after each of its numbered operations: every
// place at which a node can die and the outside sees the difference.
import { Failure } from "#protocols/failure.ts";
import { checkFaults } from "./fault-check.ts";
import { runPlan, type SimulationResult } from "./simulate.ts";
import { planOf, type Simulation } from "./simulation.ts";

export interface Exhaustion {
  readonly operations: number;
  readonly runs: number;
  /** Runs in which the crash came about; it changes what comes after, so not all do. */
  readonly crashes: number;
  /** The first run in which something was wrong. */
  readonly failed: SimulationResult | undefined;
}

export interface ExhaustionTerms {
  readonly seed: number;
  /** Milliseconds that the crashed node is down. Default: 100. */
  readonly downMs?: number;
  /** A simulation with more operations is too large to be exhausted, and fails. Default: 2,000. */
  readonly operationsMax?: number;
}

/** Fails with `too_large` when there are more operations than allowed. */
export async function exhaustCrashes(
  simulation: Simulation,
  { seed, downMs = 100, operationsMax = 2_000 }: ExhaustionTerms,
): Promise<Exhaustion> {
  const plan = planOf(simulation, seed);
  const first = await runPlan(simulation, plan);
  const { operations } = first;
  if (operations > operationsMax) {
    const text = `the run has ${operations} operations, at most ${operationsMax}: take fewer steps`;
    throw new Failure("too_large", text);
  }
  let runs = 1;
  let crashes = 0;
  if (first.violation) return { operations, runs, crashes, failed: first };
  for (let operation = 1; operation <= operations; operation++) {
    for (const side of ["before", "after"] as const) {
      const fault = { kind: "crash-at", atMs: 0, operation, side, downMs } as const;
      const faults = checkFaults([...plan.faults, fault], plan);
      const result = await runPlan(simulation, { ...plan, faults });
      runs++;
      if (result.facts["crash-at"] !== undefined) crashes++;
      if (result.violation) return { operations, runs, crashes, failed: result };
    }
  }
  return { operations, runs, crashes, failed: undefined };
}
