// What a simulation is: the world that is built on each node, what its users do, what may go wrong, and
// what must hold. From a seed it becomes a plan, and from a plan always the same run.
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { Chance } from "./chance.ts";
import type { Check } from "./checker.ts";
import { type Duration, durationMs } from "./duration.ts";
import { checkFaults } from "./fault-check.ts";
import type { Fault } from "./fault-plan.ts";
import type { FaultSource } from "./fault-swarm.ts";
import type { SimulatedHost } from "./incarnation.ts";
import { type NetworkProfile, networkProfiles } from "./network-weather.ts";
import type { RunPlan, Step } from "./run-plan.ts";

export interface Workload {
  /** What is done when, as plain data; drawn from the seed, so that it can be made shorter. */
  plan(ground: WorkGround): readonly Step[];
  /** Does one step, in its node's process. A step whose node is down is left out. */
  perform(step: Step, host: SimulatedHost): void | Promise<void>;
}

export interface WorkGround {
  readonly chance: Chance;
  readonly nodes: readonly string[];
  readonly untilMs: number;
}

export interface Simulation {
  /** Names, or how many: `a`, `b`, `c`, … The first one has the directory of names. */
  readonly nodes: number | readonly string[];
  /** How long faults and steps go on; then all heals. Default of `settle`: 10 s more to come to rest. */
  readonly until: Duration;
  readonly settle?: Duration;
  /** Default: `zeromq`. */
  readonly network?: NetworkProfile;
  /** Default: none. `swarm()` draws them from the seed. */
  readonly faults?: FaultSource | readonly Fault[];
  /** Labels of rare choices in product code. Default: each is on in a quarter of all seeds. */
  readonly buggify?: "swarm" | readonly string[];
  /** Protocols of refs that arrive in messages from nodes whose actors of it live elsewhere. */
  readonly protocols?: readonly Protocol<unknown>[];
  /** In each life of each node, when its links are open: spawns its actors. */
  readonly build: (host: SimulatedHost) => void | Promise<void>;
  readonly workload?: Workload;
  /**
   * When the world has come to rest and the checks are content: a last look, by node, while time goes
   * on for 30 s at most. What it throws is a violation.
   */
  readonly verify?: (hosts: ReadonlyMap<string, SimulatedHost>) => void | Promise<void>;
  readonly checks: readonly Check[];
}

const nodesMax = 26;
const settleDefault = "10s";

/** What the seed decides. Fails with `invalid` for a simulation that makes no sense. */
export function planOf(simulation: Simulation, seed: number): RunPlan {
  const nodes = namesOf(simulation.nodes);
  const untilMs = durationMs("until", simulation.until);
  const settleMs = durationMs("settle", simulation.settle ?? settleDefault);
  const { network = "zeromq", faults = [], workload, buggify = "swarm" } = simulation;
  if (!networkProfiles.includes(network)) {
    throw new Failure("invalid", `network is ${networkProfiles.join(", ")}, not ${network}`);
  }
  const chance = Chance.ofSeed(seed);
  const ground = { nodes, untilMs };
  const drawn =
    typeof faults === "function" ? faults({ ...ground, chance: chance.branch("faults") }) : faults;
  const steps = workload?.plan({ ...ground, chance: chance.branch("workload") }) ?? [];
  return {
    seed,
    nodes,
    network,
    untilMs,
    settleMs,
    faults: checkFaults(drawn, nodes),
    steps: checkSteps(steps, nodes),
    buggify,
  };
}

function namesOf(nodes: number | readonly string[]): readonly string[] {
  const names =
    typeof nodes === "number"
      ? Array.from({ length: nodes }, (_, index) => String.fromCharCode(97 + index))
      : nodes;
  const isGood = names.length >= 1 && names.length <= nodesMax;
  if (isGood && new Set(names).size === names.length) return names;
  throw new Failure("invalid", `a cluster has 1 to ${nodesMax} nodes of different names`);
}

function checkSteps(steps: readonly Step[], nodes: readonly string[]): readonly Step[] {
  const stray = steps.find(({ node, atMs }) => !nodes.includes(node) || !(atMs >= 0));
  if (!stray) return [...steps].sort((a, b) => a.atMs - b.atMs);
  const text = `step ${stray.act} at ${stray.atMs} ms is for ${stray.node}: there are only ${nodes.join(", ")}, from 0 ms`;
  throw new Failure("invalid", text);
}
