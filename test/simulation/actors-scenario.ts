// Offices on three nodes whose clerks write to, ask, follow and dismiss one another while clerks, nodes,
// connections and clocks fail.
import { accounting, deadLettersCounted } from "#runtime/testkit/simulation/accounting-check.ts";
import { oneOutcome } from "#runtime/testkit/simulation/ask-check.ts";
import { swarm } from "#runtime/testkit/simulation/fault-swarm.ts";
import { systemFirst } from "#runtime/testkit/simulation/overtaking-check.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { Simulation, WorkGround } from "#runtime/testkit/simulation/simulation.ts";
import {
  atMostOnce,
  inOrder,
  noGap,
  nothingVanishes,
} from "#runtime/testkit/simulation/stream-checks.ts";
import { oneInstance, restartsBounded } from "#runtime/testkit/simulation/supervision-checks.ts";
import { terminatedOnce } from "#runtime/testkit/simulation/watch-check.ts";
import { Clerk, Journal, journalKey, Office, OfficeActor, officeBounds } from "./clerk-actor.ts";
import { desks, drawOfficeStep, everyoneAnswers, performOfficeStep } from "./office-steps.ts";

const stepEveryMs = { min: 1, max: 60 };
/** The deadlines of all asks, with some for pauses and slow clocks. */
const askMsMax = 9_500;

export const actors: Simulation = {
  nodes: 3,
  until: "10s",
  settle: "10s",
  network: "hostile",
  faults: swarm({ forMs: { min: 10, max: 3_000 } }),
  protocols: [Clerk, Office],
  build: ({ system, ...rest }) => {
    system.provide(journalKey, new Journal({ system, ...rest }));
    system.spawn(OfficeActor, desks, { name: "office" });
  },
  workload: { plan, perform: performOfficeStep },
  verify: async (hosts) => {
    for (const host of hosts.values()) await everyoneAnswers(host, [...hosts.keys()]);
  },
  checks: [
    inOrder,
    atMostOnce,
    noGap,
    nothingVanishes("note"),
    oneOutcome(askMsMax),
    terminatedOnce,
    oneInstance,
    systemFirst,
    // The window is counted when a clerk fails; it begins anew later, by its backoff or a pause.
    restartsBounded({ ...officeBounds, withinMs: officeBounds.withinMs - 3_500 }),
    accounting,
    deadLettersCounted,
  ],
};

function plan({ chance, nodes, untilMs }: WorkGround): readonly Step[] {
  const steps: Step[] = [];
  const rareRate = chance.within({ min: 0.02, max: 0.3 });
  for (let atMs = 300; atMs < untilMs; atMs += chance.within(stepEveryMs)) {
    steps.push({ atMs: Math.round(atMs * 10) / 10, ...drawOfficeStep(chance, nodes, rareRate) });
  }
  return steps;
}
