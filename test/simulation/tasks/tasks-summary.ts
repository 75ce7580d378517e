// What a summary of many worlds with tasks tells: that what was to go wrong has, and how soon all was at rest.
import type { RunPlan } from "#runtime/testkit/simulation/run-plan.ts";
import type { SimulationResult } from "#runtime/testkit/simulation/simulate.ts";
import type { SummaryLine } from "../scenario.ts";
import { hasLeaps, sizeOf } from "./tasks-plan.ts";

const seconds = [5, 10, 20, 40, 80];
const restWithin = seconds.map((most) => `at rest within ${most} s`);
const restLater = "at rest later";

/** The result, and of its facts what only the plan knows. */
export function withSize(plan: RunPlan, result: SimulationResult): SimulationResult {
  const restS = (result.virtualMs - plan.untilMs) / 1_000;
  const rest = restWithin[seconds.findIndex((most) => restS <= most)] ?? restLater;
  const leaps = hasLeaps(plan.seed) ? { "world with leaping clocks": 1 } : {};
  const own = { [`${sizeOf(plan.seed)} world`]: 1, ...leaps, [rest]: 1 };
  return { ...result, facts: { ...result.facts, ...own } };
}

const each = (name: string, ...kinds: readonly string[]): readonly string[] =>
  kinds.map((kind) => `${name} ${kind}`);

export const tasksSummary: readonly SummaryLine[] = [
  {
    name: "worlds",
    facts: ["small world", "middle world", "great world", "world with leaping clocks"],
  },
  {
    name: "tasks",
    facts: each("task", "submitted", "completed", "failed", "cancelled", "timed_out"),
  },
  { name: "claims", facts: ["task running", "took", "committed", "parked", "decided"] },
  { name: "again", facts: each("task", "retried", "lease_lost", "released", "evicted") },
  {
    name: "nodes",
    facts: ["crash", "leave", "pause", "clock", "cut", "partition", "break", "stall"],
  },
  {
    name: "store",
    facts: [
      ...["store lost", "reopened", "torn commit", "disk-full", "disk-slow", "disk-error"],
      ...["doubted commit kept", "doubted commit lost"],
    ],
  },
  {
    name: "zombies",
    facts: [
      ...["late commit lost", "late commit committed", "late lease", "fenced itself"],
      ...["late fail lost", "late ask lost", "late release lost", "late renew lost"],
      "heard of a lost lease",
    ],
  },
  { name: "cancels", facts: each("cancel", "cancelled", "requested", "ended", "not_found") },
  { name: "people", facts: ["task confirmation_requested", "task confirmed", "answer answered"] },
  {
    name: "commands",
    facts: [
      ...["CANCEL_TASK", "PAUSE_NODE", "RESUME_NODE", "UPDATE_CONFIG", "RESTART_NODE"],
      "COUNT",
    ].flatMap((command) => each(command, "completed", "failed")),
  },
  { name: "settled", facts: [...restWithin, restLater] },
];
