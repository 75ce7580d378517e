// Makes the plan of a failed run as small as it gets while it still fails in the same way: first fewer
// faults, then fewer steps, then a calmer and smaller world.

import type { Violation } from "./checker.ts";
import { shortest } from "./delta-debugging.ts";
import { nodesOfFault } from "./fault-plan.ts";
import type { RunPlan } from "./run-plan.ts";
import { runPlan, type SimulationResult } from "./simulate.ts";
import type { Simulation } from "./simulation.ts";

export interface Shrunk {
  /** Of the smallest plan that still fails. */
  readonly result: SimulationResult;
  /** As small, but with all the steps that the seed draws: its faults and the seed repeat it. */
  readonly withAllSteps: SimulationResult;
  /** Runs that it took. */
  readonly runs: number;
}

/** Runs for one shrinking, at most; then what was found so far is the answer. */
const runsMaxDefault = 300;

export interface ShrinkTerms {
  /** Runs at most. Default: 300. */
  readonly runsMax?: number;
}

/** `failed` must have a violation. */
export const shrink = (
  simulation: Simulation,
  failed: SimulationResult,
  terms: ShrinkTerms = {},
): Promise<Shrunk> => shrinkRun((plan) => runPlan(simulation, plan), failed, terms);

/** As `shrink`, for whatever runs plans. */
export async function shrinkRun(
  run: (plan: RunPlan) => Promise<SimulationResult>,
  failed: SimulationResult,
  { runsMax = runsMaxDefault }: ShrinkTerms = {},
): Promise<Shrunk> {
  const search = new Search(run, failed, runsMax);
  await search.leaveOut("faults");
  const withAllSteps = search.best;
  await search.leaveOut("steps");
  await search.leaveOut("faults");
  await search.calmDown();
  return { result: search.best, withAllSteps, runs: search.runs };
}

class Search {
  best: SimulationResult;
  runs = 0;
  readonly #run: (plan: RunPlan) => Promise<SimulationResult>;
  readonly #way: string | undefined;
  readonly #runsMax: number;

  constructor(
    run: (plan: RunPlan) => Promise<SimulationResult>,
    failed: SimulationResult,
    runsMax: number,
  ) {
    this.#run = run;
    this.best = failed;
    this.#way = failed.violation && wayOf(failed.violation);
    this.#runsMax = runsMax;
  }

  async leaveOut(what: "faults" | "steps"): Promise<void> {
    if (what === "faults") {
      await shortest(this.best.plan.faults, (faults) => this.#tryPlan({ faults }));
    } else await shortest(this.best.plan.steps, (steps) => this.#tryPlan({ steps }));
  }

  async calmDown(): Promise<void> {
    await this.#tryPlan({ buggify: [] });
    if (this.best.plan.buggify !== "swarm" || this.best.whims.length > 0) {
      await shortest(this.best.whims, (buggify) => this.#tryPlan({ buggify }));
    }
    for (const network of ["calm", "lan", "zeromq"] as const) {
      if (this.best.plan.network === network || (await this.#tryPlan({ network }))) break;
    }
    for (const name of this.best.plan.nodes.toReversed()) await this.#tryPlan(this.#without(name));
    for (let untilMs = this.best.plan.untilMs / 2; untilMs >= 1; untilMs /= 2) {
      if (!(await this.#tryPlan(this.#endingAt(Math.round(untilMs))))) break;
    }
  }

  /** Whether the plan with these changes still fails; then it is the best. */
  async #tryPlan(changes: Partial<RunPlan>): Promise<boolean> {
    if (this.runs >= this.#runsMax) return false;
    this.runs++;
    const result = await this.#run({ ...this.best.plan, ...changes });
    if (!result.violation || wayOf(result.violation) !== this.#way) return false;
    this.best = result;
    return true;
  }

  #endingAt(untilMs: number): Partial<RunPlan> {
    const { faults, steps } = this.best.plan;
    const isEarly = ({ atMs }: { readonly atMs: number }): boolean => atMs <= untilMs;
    return { untilMs, faults: faults.filter(isEarly), steps: steps.filter(isEarly) };
  }

  #without(name: string): Partial<RunPlan> {
    const { nodes, faults, steps } = this.best.plan;
    const left = nodes.filter((node) => node !== name);
    if (left.length === 0) return {};
    return {
      nodes: left,
      faults: faults.filter((fault) => !nodesOfFault(fault).includes(name)),
      steps: steps.filter((step) => step.node !== name),
    };
  }
}

/** A last look fails in many ways, a world that is too small for it among them; a check in one. */
function wayOf({ checker, statement }: Violation): string {
  if (checker !== "verify") return checker;
  return `${checker}: ${statement.split("\n", 1)[0]?.replaceAll(/\d+/g, "#")}`;
}
