// What a simulation is: the world that is built on each node, what its users do, what may go wrong, and
// what must hold. From a seed it becomes a plan, and from a plan always the same run.
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { NamedActorClass } from "#runtime/cluster/remote/actor-kinds.ts";
import { Chance, type Span } from "./chance.ts";
import type { Check } from "./checker.ts";
import { type Duration, durationMs } from "./duration.ts";
import { checkFaults } from "./fault-check.ts";
import type { Fault } from "./fault-plan.ts";
import type { FaultSource } from "./fault-swarm.ts";
import type { SimulatedHost, SimulatedSessions } from "./incarnation.ts";
import { type NetworkProfile, networkProfiles } from "./network-weather.ts";
import { checkNodes, checkSteps, nodesMax, type RunPlan, type Step } from "./run-plan.ts";

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

/** What a plan is drawn from. */
export interface PlanSource {
  /** Names, or how many, or from how many to how many, by the seed: `a`, `b`, `c`, … The first one has
   *  the directory. */
  readonly nodes: number | Span | readonly string[];
  /** How long faults and steps go on; then all heals. */
  readonly until: Duration;
  /** How long the world then has to come to rest. Default: 10 s. */
  readonly settle?: Duration;
  /** Default: `zeromq`. */
  readonly network?: NetworkProfile;
  /** Default: none. `swarm()` draws them from the seed. */
  readonly faults?: FaultSource | readonly Fault[];
  /** Labels of rare choices in product code. Default: each is on in a quarter of all seeds. */
  readonly buggify?: "swarm" | readonly string[];
  readonly workload?: Pick<Workload, "plan">;
}

export interface Simulation extends PlanSource {
  /** Protocols of refs that arrive in messages from nodes whose actors of it live elsewhere. */
  readonly protocols?: readonly Protocol<unknown>[];
  /** Actor classes that other nodes may name, on every node. */
  readonly actors?: readonly NamedActorClass[];
  /**
   * Nodes that may lose what they hold: each has a session of so long, in a directory that is kept on
   * the disk of the first node. A node whose session is lost ends, and starts anew. Default: sessions
   * have no end, and the directory is in memory.
   */
  readonly session?: SimulatedSessions;
  /** In each life of each node, when its links are open: spawns its actors. */
  readonly build: (host: SimulatedHost) => void | Promise<void>;
  readonly workload?: Workload;
  /**
   * Asked now and then once all has healed, and reads only: two looks in a row that say so, and no more of
   * `settle` is waited for. Default: all of it passes.
   */
  readonly isAtRest?: (hosts: ReadonlyMap<string, SimulatedHost>) => boolean;
  /**
   * When the world has come to rest and the checks are content: a last look, by node, while time goes
   * on for 30 s at most. What it throws is a violation. When a node ends meanwhile, it is called anew with the
   * lives that follow, and what the former look comes to counts no more.
   */
  readonly verify?: (hosts: ReadonlyMap<string, SimulatedHost>) => void | Promise<void>;
  readonly checks: readonly Check[];
}

const settleDefault = "10s";

/** What the seed decides. Fails with `invalid` for a simulation that makes no sense. */
export function planOf(source: PlanSource, seed: number): RunPlan {
  const chance = Chance.ofSeed(seed);
  const nodes = checkNodes(namesOf(source.nodes, chance.branch("nodes")));
  const untilMs = durationMs("until", source.until);
  const settleMs = durationMs("settle", source.settle ?? settleDefault);
  const { network = "zeromq", faults = [], workload, buggify = "swarm" } = source;
  if (!networkProfiles.includes(network)) {
    throw new Failure("invalid", `network is ${networkProfiles.join(", ")}, not ${network}`);
  }
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
    faults: checkFaults(drawn, ground),
    steps: checkSteps(steps, ground),
    buggify,
  };
}

function namesOf(nodes: PlanSource["nodes"], chance: Chance): readonly string[] {
  if (isNames(nodes)) return nodes;
  const count = typeof nodes === "number" ? nodes : chance.count(nodes);
  return Array.from({ length: Math.min(count, nodesMax + 1) }, (_, index) =>
    String.fromCharCode(97 + index),
  );
}

const isNames = (nodes: PlanSource["nodes"]): nodes is readonly string[] => Array.isArray(nodes);
