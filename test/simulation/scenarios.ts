// All scenarios, in the order in which they run.
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { Simulation } from "#runtime/testkit/simulation/simulation.ts";
import { actors } from "./actors-scenario.ts";
import { cluster } from "./cluster-scenario.ts";
import { elsewhere } from "./elsewhere-scenario.ts";
import { keyedActors } from "./keyed-scenario.ts";
import { linksScenario } from "./links-scenario.ts";
import { models } from "./models/models-scenario.ts";
import { moving } from "./moving-scenario.ts";
import { persistence } from "./persistence-scenario.ts";
import { type Scenario, simulatedScenario } from "./scenario.ts";
import { supervision } from "./supervision-scenario.ts";
import { tasks } from "./tasks/tasks-scenario.ts";

type SmallStep = readonly [node: string, act: string, terms: Step["terms"]];

const stepEveryMs = 20;
const smallFromMs = 300;

/** The same world with these few steps, and nothing that goes wrong by itself. */
function smallOf(
  simulation: Simulation,
  nodes: readonly string[],
  steps: readonly SmallStep[],
): Simulation {
  const { workload } = simulation;
  const plan = () =>
    steps.map(([node, act, terms = {}], index) => {
      return { atMs: smallFromMs + stepEveryMs * index, node, act, terms };
    });
  return {
    ...simulation,
    ...{ nodes, until: "600ms", settle: "5s", network: "calm", faults: [], buggify: [] },
    workload: { plan, perform: (step, host) => workload?.perform(step, host) },
  };
}

const whims = ["executor.late-turn", "link.redial"].map((label) => `buggify ${label}`);

export const scenarios: readonly Scenario[] = [
  linksScenario,
  simulatedScenario({
    name: "actors",
    simulation: actors,
    sometimes: [
      ...["handled", "lost", "dead", "answered", "terminated", "unwatched", "restarted", "ended"],
      ...["refused timeout", "refused cancelled", "refused node_down", "refused actor_stopped"],
      ...["refused ask_cycle", "fault", "node-ended"],
      ...whims,
    ],
    small: smallOf(
      actors,
      ["a", "b"],
      [
        ["a", "write", { to: "b", desk: "one", toDesk: "two", size: 2 }],
        ["b", "follow", { to: "a", desk: "two", toDesk: "one", size: 1 }],
        ["a", "relay", { to: "b", desk: "one", toDesk: "one", size: 9 }],
        ["b", "dismiss", { to: "a", desk: "one", toDesk: "one", size: 1 }],
        ["b", "write", { to: "a", desk: "one", toDesk: "two", size: 2 }],
      ],
    ),
  }),
  simulatedScenario({
    name: "supervision",
    simulation: supervision,
    sometimes: ["crashes", "leaves", "fails to start", "restarted", "ended", "ping answered"],
    small: undefined,
  }),
  simulatedScenario({
    name: "persistence",
    simulation: persistence,
    sometimes: [
      "acknowledged",
      "seen",
      "refused store_failed",
      "refused actor_stopped",
      "node-ended",
    ],
    small: smallOf(
      persistence,
      ["a"],
      ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"].map((mark) => ["a", "count", { mark }]),
    ),
  }),
  simulatedScenario({
    name: "cluster",
    simulation: cluster,
    sometimes: [
      ...["handled", "lost", "dead", "answered", "terminated", "restarted", "ended", "stopping"],
      ...["owned", "acted", "yielded", "stale act", "director is back", "node-resumed"],
      ...["enlisted", "found", "missed", "forge", "pause", "leave", "crash", "partition", "clock"],
      ...["disk-full", "disk-slow", "disk-error", "cut", "stall", "break"],
      ...["claim refused name_taken", "claim refused session_lost", "refused invalid"],
      ...["refused timeout", "refused node_down", "refused not_found", "refused unavailable"],
      ...["member", "suspected blocked", "suspected unreachable", "suspected one_way"],
      ...whims,
    ],
    small: undefined,
  }),
  simulatedScenario({
    name: "keyed",
    simulation: keyedActors,
    sometimes: ["owned", "acted", "yielded", "handled", "dead", "answered", "fault", "node-ended"],
    small: undefined,
  }),
  simulatedScenario({
    name: "elsewhere",
    simulation: elsewhere,
    sometimes: [
      ...["work done", "work refused node_down", "visit done", "visit refused timeout"],
      ...["restarted", "ended", "fault", "node-ended", ...whims],
    ],
    small: undefined,
  }),
  simulatedScenario({
    name: "moving",
    simulation: moving,
    sometimes: [
      ...["handled", "dead", "answered", "moved", "drained", "named", "unnamed name_taken"],
      ...["target running", "target sourceRemoved", "target severed", "target claimWon"],
      ...["move refused unavailable", "move refused node_down", "refused node_down"],
      ...["crash", "leave", "pause", "node-resumed", "partition", "cut", "stall", ...whims],
    ],
    small: undefined,
  }),
  tasks,
  models,
];
