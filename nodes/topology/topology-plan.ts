// A topology with nothing left open: roles expanded, replicas numbered, paths absolute, defaults in.
import type { EndpointTerms } from "#actors/control/endpoint-terms.ts";
import type { RepositoryTerms } from "#actors/inference/inference-actor.ts";
import type { MirrorTerms } from "#actors/state/state-messages.ts";
import type { StorePlace } from "#actors/store/open-backend.ts";
import type { ActorKind } from "#protocols/outside/topology.ts";
import type { WorkerThreadDocument } from "#protocols/outside/topology-worker.ts";
import type { DemandRule } from "#protocols/tasks/demand-rules.ts";
import type { SkillTerms } from "#protocols/tasks/node-records.ts";
import type { QueuePlan, ResourceClass } from "#protocols/tasks/resource-demand.ts";
import type { HeldSkill } from "#protocols/tasks/skill-sight.ts";
import { queueDefault } from "#protocols/tasks/task.ts";
import type { HeartbeatPace } from "#runtime/cluster/membership/heartbeats.ts";
import type { LifeTerms } from "#runtime/core/actor-class.ts";
import type { BackoffSpec } from "#runtime/core/backoff.ts";
import type { Strategy } from "#runtime/core/supervision.ts";
import type { ScalingTerms } from "#runtime/tasks/load-scaling.ts";
import type { PacePlan } from "./pace-plan.ts";

export interface ClusterPlan {
  readonly cluster: string;
  /** Absolute path of the topology file. */
  readonly file: string;
  readonly store: StorePlace;
  /** Absolute: where nodes keep what is their own, as their lives and the director's journal. */
  readonly dataFolder: string;
  readonly models: readonly ModelPlan[];
  /** `root` is absolute. */
  readonly repository: RepositoryTerms;
  readonly gateway: GatewayPlan | null;
  /** null: nobody from outside issues control commands. */
  readonly control: EndpointTerms | null;
  /** null: there is no copy of the state outside. */
  readonly mirror: MirrorTerms | null;
  /** In the file's order; `default` only where the file sets it up. */
  readonly queues: readonly QueuePlan[];
  /** As the register is to have them when the cluster begins. */
  readonly skills: readonly SkillTerms[];
  /** What tasks ask of a machine; the first that fits a task counts. */
  readonly demands: readonly DemandRule[];
  readonly launcher: LauncherPlan;
  /** null: the nodes do not watch themselves. */
  readonly observation: ObservationPlan | null;
  readonly security: SecurityPlan;
  readonly membership: HeartbeatPace;
  /** So long may the director be away, as while it starts anew, before nodes must give up theirs. */
  readonly sessionMs: number;
  /** So long may a node be offline until it is removed. */
  readonly removeAfterMs: number;
  readonly pace: PacePlan;
  /** In the file's order. */
  readonly nodes: readonly NodePlan[];
  /** Nodes of which as many stand as their load asks for; in the file's order. */
  readonly groups: readonly NodeGroupPlan[];
}

export interface NodeGroupPlan {
  readonly group: string;
  /** All that it may have, by number; each is a node of the plan. */
  readonly nodes: readonly string[];
  readonly scaling: ScalingTerms;
  /** Those that its workers serve. */
  readonly queues: readonly string[];
  /** A node that does not stand so long after it was asked for has failed. */
  readonly startTimeoutMs: number;
  /** null: the launcher starts and ends them. */
  readonly command: {
    readonly command: readonly string[];
    /** Absolute: where it runs. */
    readonly folder: string;
    readonly timeoutMs: number;
  } | null;
}

export interface ModelPlan {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
}

export interface GatewayPlan {
  readonly host: string;
  readonly port: number;
  readonly model: string;
}

export interface LauncherPlan {
  /** So many restarts of one node within `withinMs`; one more ends the cluster. */
  readonly restartsMax: number;
  readonly withinMs: number;
  readonly backoff: BackoffSpec;
  readonly startTimeoutMs: number;
  /** A node that is ready and away from its event loop for longer is killed. */
  readonly blockedMsMax: number;
  readonly drainTimeoutMs: number;
}

export interface ObservationPlan {
  readonly eventsPerActor: number;
  readonly payloads: "shape" | "value";
  readonly slowMs: number;
  /** null: no spans are written; traces that come in go on as they are. */
  readonly tracedShare: number | null;
}

export type SecurityPlan =
  | { readonly mode: "plain"; readonly reach: "machine" | "network" }
  /** `keys` is an absolute folder. */
  | { readonly mode: "curve"; readonly keys: string };

export interface NodePlan {
  readonly name: string;
  readonly bind: string;
  /** null: beside the links, at any free port. */
  readonly heartbeats: string | null;
  readonly isDirector: boolean;
  readonly settings: NodeSettings;
  /** Absolute; null: all is as detected. */
  readonly capabilityFile: string | null;
  readonly supervision: readonly SupervisorPlan[];
}

export interface NodeSettings {
  /** null: decided from the machine's cores, as are `threads`. */
  readonly slots: number | null;
  readonly threads: number | null;
  /** Of all engines together; null: only each by itself is bounded. */
  readonly memoryBytesMax: number | null;
  readonly classes: readonly ResourceClass[];
  readonly skills: readonly HeldSkill[];
  readonly tags: readonly string[];
}

export interface SupervisorPlan {
  readonly kind: "supervisor";
  readonly name: string;
  readonly strategy: Strategy;
  readonly restartsMax: number;
  readonly withinMs: number;
  readonly backoff: BackoffSpec;
  /** What its own supervisor does with it, as far as the topology says it. */
  readonly life: LifeTerms;
  readonly children: readonly ChildPlan[];
}

export interface ActorPlan {
  readonly kind: "actor";
  readonly name: string;
  readonly actor: ActorKind;
  readonly life: LifeTerms;
  /** The node's settings, where the actor has none of its own. */
  readonly settings: NodeSettings;
  /** Of a task-worker: names that it may serve; null: it serves what it likes. */
  readonly models: readonly string[] | null;
  /** Of a task-worker: absolute. */
  readonly module: string | null;
  readonly arguments: Readonly<Record<string, string | number | boolean>>;
  /** Of a task-worker: it has a thread of its own. */
  readonly thread: WorkerThreadDocument | null;
}

export type ChildPlan = SupervisorPlan | ActorPlan;

/** Where the first actor of that kind lives on its node. */
export function pathOf(
  children: readonly ChildPlan[],
  kind: ActorKind,
  parent = "",
): string | undefined {
  for (const child of children) {
    const path = `${parent}/${child.name}`;
    if (child.kind === "actor" && child.actor === kind) return path;
    const below = child.kind === "supervisor" ? pathOf(child.children, kind, path) : undefined;
    if (below !== undefined) return below;
  }
  return undefined;
}

/** Whether it offers slots to the queue. */
export const isWorker = ({ actor }: Pick<ActorPlan, "actor">): boolean =>
  actor === "inference" || actor === "task-worker";

/** Every actor of a tree, in start order. */
export function actorsOf(children: readonly ChildPlan[]): readonly ActorPlan[] {
  return children.flatMap((child) => (child.kind === "actor" ? [child] : actorsOf(child.children)));
}

/** All models that the topology knows by name: those that are loaded, and those that own workers serve. */
export function modelNames({
  models,
  nodes,
}: Pick<ClusterPlan, "models" | "nodes">): readonly string[] {
  const actors = nodes.flatMap(({ supervision }) => actorsOf(supervision));
  const served = actors.flatMap((actor) => actor.models ?? []);
  return [...new Set([...models.map(({ name }) => name), ...served])];
}

/** The queues that a worker with these settings works for. */
export function queuesServed(
  { queues }: Pick<ClusterPlan, "queues">,
  { classes }: Pick<NodeSettings, "classes">,
): readonly string[] {
  const served = queues.filter((queue) => classes.includes(queue.class));
  return [...new Set([queueDefault, ...served.map(({ queue }) => queue)])];
}
