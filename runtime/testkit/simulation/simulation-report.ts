// A failed run as a text for people: what was broken, by which faults and steps, what the nodes that
// took part in it did last, and how to run it again.
import { formatViolation } from "./checker.ts";
import { formatFault, nodesOfFault } from "./fault-plan.ts";
import type { RunPlan, Step } from "./run-plan.ts";
import type { Shrunk } from "./shrink.ts";
import type { SimulationResult } from "./simulate.ts";

/** Steps that are printed; a replay file has all. */
const stepsShownMax = 20;

export function formatFailure(result: SimulationResult): string {
  const { violation, plan } = result;
  if (!violation) return "nothing is wrong";
  return [
    `seed ${plan.seed}: ${formatViolation(violation)}`,
    "",
    configOf(plan),
    `faults (${plan.faults.length}):`,
    ...plan.faults.map((fault) => `  ${formatFault(fault)}`),
    `steps (${plan.steps.length}):`,
    ...plan.steps.slice(0, stepsShownMax).map((step) => `  ${formatStep(step)}`),
    ...(plan.steps.length > stepsShownMax ? ["  …"] : []),
    "",
    "last turns of the story:",
    ...result.trace.lastMarks,
    ...involvedNodes(result).flatMap((node) => [
      "",
      `last of ${node}:`,
      ...result.trace.linesOf(node),
    ]),
  ].join("\n");
}

export const formatShrunk = (original: SimulationResult, { result, runs }: Shrunk): string =>
  `${formatFailure(result)}\n\nshrunk in ${runs} runs from ${original.plan.faults.length} faults and ` +
  `${original.plan.steps.length} steps to ${result.plan.faults.length} and ${result.plan.steps.length}`;

/** Thrown by what expects a simulation to keep its promises. */
export class SimulationFailure extends Error {
  readonly result: SimulationResult;

  constructor(result: SimulationResult, text: string) {
    super(text);
    this.name = "SimulationFailure";
    this.result = result;
  }
}

/** Throws `SimulationFailure` with the whole story unless all promises were kept. */
export function expectKept(result: SimulationResult): void {
  if (result.violation) throw new SimulationFailure(result, formatFailure(result));
}

function configOf({ nodes, network, untilMs, settleMs, buggify }: RunPlan): string {
  const labels = buggify === "swarm" ? "by seed" : buggify.join(", ") || "none";
  return (
    `nodes ${nodes.join(", ")}; network ${network}; until ${untilMs} ms, settled ${settleMs} ms ` +
    `later; rare choices: ${labels}`
  );
}

const formatStep = ({ atMs, node, act, terms }: Step): string =>
  `${atMs.toFixed(1)} ms: ${node} ${act}${terms ? ` ${JSON.stringify(terms)}` : ""}`;

/** Of the violation's events; otherwise of the faults; otherwise all. */
function involvedNodes({ violation, plan }: SimulationResult): readonly string[] {
  const ofEvents = violation?.events.map(({ node }) => node).filter((node) => node !== "") ?? [];
  const ofFaults = plan.faults.flatMap(nodesOfFault);
  const involved = new Set([...ofEvents, ...(plan.faults.length <= 3 ? ofFaults : [])]);
  return plan.nodes.filter((node) => involved.size === 0 || involved.has(node));
}
