// Three nodes that all talk to each other over real links: see links-run.ts.
import type { Chance } from "#runtime/testkit/simulation/chance.ts";
import type { Fault } from "#runtime/testkit/simulation/fault-plan.ts";
import { type FaultGround, swarm } from "#runtime/testkit/simulation/fault-swarm.ts";
import { guardedRun } from "#runtime/testkit/simulation/simulate.ts";
import { type PlanSource, planOf } from "#runtime/testkit/simulation/simulation.ts";
import { drawBursts } from "./link-bursts.ts";
import { LinksRun } from "./links-run.ts";
import type { Scenario } from "./scenario.ts";
import { type Weather, weatherOf } from "./weather.ts";

const kinds = ["break", "stall", "cut", "partition", "pause", "crash", "leave"] as const;

export const linksScenario: Scenario = {
  name: "links",
  sometimes: [
    ...["delivered", "lost", "downs", "livingGivenUp", "quarantines", "resent", "moves"],
    ...["repeatsDropped", "gapsDropped"],
    ...kinds,
  ],
  planOf: (seed) => planOf(sourceOf(weatherOf(seed)), seed),
  runPlan: (plan) => guardedRun(plan, async () => new LinksRun(plan).outcome()),
  small: undefined,
};

const sourceOf = (weather: Weather): PlanSource => ({
  nodes: 3,
  until: "8s",
  settle: "10s",
  network: "hostile",
  faults: (ground) => drawFaults(ground, weather),
  workload: { plan: (ground) => drawBursts({ ...ground, weather, fromMs: 0 }) },
});

/** A node is away for as long as the weather says, and not for as long as other faults last. */
function drawFaults(ground: FaultGround, weather: Weather): readonly Fault[] {
  const { faultEveryMs: everyMs, faultForMs: forMs, absenceMs } = weather;
  const absence: Chance = ground.chance.branch("absence");
  return swarm({ kinds, everyMs, forMs })(ground).map((fault) =>
    "downMs" in fault ? { ...fault, downMs: Math.round(absence.within(absenceMs)) } : fault,
  );
}
