// The actors that a topology can name: which class each kind is, and what it is born with.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ConfirmationsActor } from "#actors/confirmations/confirmations-actor.ts";
import { ControlChannelActor } from "#actors/control/control-channel.ts";
import type { ControlCounts } from "#actors/control/control-counts.ts";
import type { ErrorCounts } from "#actors/errors/error-counts.ts";
import { ErrorHandlerActor } from "#actors/errors/error-handler.ts";
import { HttpGateway } from "#actors/gateway/http-gateway.ts";
import { remoteTimeoutMsMax } from "#actors/inference/engine/remote-place.ts";
import { InferenceActor, type InferenceArguments } from "#actors/inference/inference-actor.ts";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import {
  NodeAgentActor,
  type NodeAgentArguments,
  type NodeProbe,
} from "#actors/registry/node-agent.ts";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import type { NodeProvider } from "#actors/scaling/node-provider.ts";
import { NodeScaler } from "#actors/scaling/node-scaler.ts";
import type { GroupTerms } from "#actors/scaling/scaled-group.ts";
import { CopiedReads } from "#actors/state/copied-reads.ts";
import { MirrorReader } from "#actors/state/mirror-reader.ts";
import { StateManager } from "#actors/state/state-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Failure } from "#protocols/failure.ts";
import type { CapabilityDocument } from "#protocols/outside/capability-document.ts";
import type { ServedCapability } from "#protocols/tasks/capability.ts";
import { machineIn } from "#protocols/tasks/machine-demand.ts";
import type { FormerEnd, LeaveObstacles, NodeAddress, NodeLeave } from "#protocols/tasks/node.ts";
import type { NodeSkill } from "#protocols/tasks/node-record.ts";
import { levelsOf } from "#protocols/tasks/skill-sight.ts";
import { queueDefault } from "#protocols/tasks/task.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { TreeChild } from "#runtime/patterns/supervisor.ts";
import type { WorkerTerms } from "#runtime/tasks/worker-messages.ts";
import type { DetectedCapability } from "../capability/detect-capability.ts";
import { processorsOf, slotsOf } from "../topology/processor-shares.ts";
import {
  type ActorPlan,
  actorsOf,
  type ChildPlan,
  type ClusterPlan,
  isWorker,
  modelNames,
  type NodeGroupPlan,
  type NodePlan,
  pathOf,
  queuesServed,
} from "../topology/topology-plan.ts";
import { type WorkerClasses, workerInThread } from "./worker-modules.ts";

export interface Surroundings {
  readonly plan: ClusterPlan;
  readonly node: NodePlan;
  readonly probe: NodeProbe;
  readonly controlCounts: ControlCounts;
  readonly errorCounts: ErrorCounts;
  readonly capability: DetectedCapability;
  /** What the node's capability file says, which `capability` has in it. */
  readonly stated: CapabilityDocument;
  /** Asks the node's worker what it offers. */
  served(): Promise<ServedCapability>;
  readonly workers: WorkerClasses;
  /** Has the node's process end. */
  leave(order: NodeLeave): void;
  readonly obstacles: LeaveObstacles;
  readonly address: NodeAddress;
  /** Of the process before this one; undefined: in order, or nobody knows. */
  readonly formerEnd: FormerEnd | undefined;
  /** Who starts and ends the nodes of that group. */
  readonly providerOf: (group: string) => NodeProvider;
  /** Has figures among the node's metrics, in the place of those that the same one showed before. */
  show(who: string, figures: () => FigureSource): void;
}

const engineStartTimeoutMs = 60_000;
/** Longer than any remote run by what reading and writing its pictures take. */
const engineRunTimeoutMs = remoteTimeoutMsMax + 20_000;
/** Of the machine's memory. An engine that takes more is ended, and not the machine. */
const engineMemoryShare = 0.75;

const pageFolder = fileURLToPath(new URL("../page/", import.meta.url));
const samplePhotograph = fileURLToPath(
  new URL("../../examples/sample/photograph.jpg", import.meta.url),
);

/** A planned supervision subtree as the runtime starts it. */
export function treeOf(child: ChildPlan, surroundings: Surroundings): TreeChild {
  if (child.kind === "actor") {
    return { kind: "actor", name: child.name, ...child.life, ...bornAs(child, surroundings) };
  }
  const { name, life, strategy, restartsMax, withinMs, backoff } = child;
  return {
    kind: "supervisor",
    name,
    ...life,
    supervise: { strategy, restartsMax, withinMs, backoff },
    children: child.children.map((grandchild) => treeOf(grandchild, surroundings)),
  };
}

interface Birth {
  readonly type: ActorClass;
  readonly args: unknown;
}

function bornAs(actor: ActorPlan, surroundings: Surroundings): Birth {
  const { plan, probe, address, leave, obstacles, providerOf, show } = surroundings;
  const showAs = (who: string) => (figures: () => FigureSource) => show(who, figures);
  switch (actor.actor) {
    case "store":
      return { type: StoreActor, args: { ...plan.store, show: showAs("store") } };
    case "state-manager":
      return { type: StateManager, args: { mirror: plan.mirror, show: showAs("state") } };
    case "queue-manager":
      return { type: QueueManager, args: { ...queueArguments(plan), show: showAs("queues") } };
    case "node-registry":
      return {
        type: NodeRegistryActor,
        args: {
          heartbeatMs: plan.pace.reportMs,
          removeAfterMs: plan.removeAfterMs,
          skills: plan.skills,
          show: showAs("nodes"),
        },
      };
    case "node-scaler":
      return {
        type: NodeScaler,
        args: { groups: plan.groups.map(groupTerms), providerOf, show: showAs("groups") },
      };
    case "node-agent": {
      const own = agentArguments(surroundings);
      const former = surroundings.formerEnd && { formerEnd: surroundings.formerEnd };
      const args = { ...own, ...former, probe, address, leave, obstacles };
      return { type: NodeAgentActor, args };
    }
    case "http-gateway":
      return { type: HttpGateway, args: gatewayArguments(plan, showAs("state-reads")) };
    case "control-channel":
      return { type: ControlChannelActor, args: controlArguments(surroundings) };
    case "error-handler":
      return { type: ErrorHandlerActor, args: { counts: surroundings.errorCounts } };
    case "confirmations":
      return { type: ConfirmationsActor, args: undefined };
    case "inference":
      return {
        type: InferenceActor,
        args: { ...inferenceArguments(actor, surroundings), show: showAs("worker") },
      };
    case "task-worker":
      return { type: workerClass(actor, surroundings), args: workerArguments(actor, surroundings) };
    default:
      return actor.actor satisfies never;
  }
}

function agentArguments({
  node,
  capability,
  served,
}: Surroundings): Pick<NodeAgentArguments, "capabilities" | "served"> {
  const worker = actorsOf(node.supervision).find(isWorker);
  if (!worker) return { capabilities: { ...capability, slots: 0 } };
  const skills = [...skillsToTell(worker, capability)];
  const tags = [...tagsOf(worker, capability)];
  const kind = worker.actor === "inference" ? "inference" : "task-worker";
  const own = { skills, tags, slots: slotsOf(worker), worker: kind } as const;
  return { capabilities: { ...capability, ...own }, served };
}

const groupTerms = ({ command, ...terms }: NodeGroupPlan): GroupTerms => ({
  ...terms,
  provider: command === null ? "launcher" : "command",
});

function queueArguments({ demands, pace: { leaseMs }, queues }: ClusterPlan) {
  const isPlanned = queues.some(({ queue }) => queue === queueDefault);
  if (leaseMs === null || isPlanned) return { demands, queues };
  return { demands, queues, settings: [{ queue: queueDefault, leaseMs }] };
}
function gatewayArguments(plan: ClusterPlan, show: (figures: () => FigureSource) => void) {
  if (!plan.gateway) {
    throw new Failure("topology_invalid", "an http-gateway is placed, but `gateway:` says nothing");
  }
  const { host, port, model } = plan.gateway;
  const sample = existsSync(samplePhotograph) ? samplePhotograph : null;
  const metrics = plan.observation === null ? {} : { metrics: "served" };
  const shown = { ...metrics, members: "shown", moving: "served" };
  const scaling = plan.groups.length === 0 ? {} : { scaling: "shown" };
  const models = modelNames(plan);
  const wall = (): number => nodeClock.wall();
  const stateReads = new CopiedReads(plan.mirror && new MirrorReader(plan.mirror, wall), wall);
  show(() => stateReads.figures());
  const place = { cluster: plan.cluster, host, port, model, models, page: pageFolder, sample };
  return { ...place, ...shown, ...scaling, stateReads };
}

function controlArguments({ plan, controlCounts: counts }: Surroundings) {
  return {
    gateway: gatewayPlaceOf(plan),
    models: modelNames(plan),
    endpoint: plan.control,
    counts,
  };
}

function gatewayPlaceOf(
  plan: ClusterPlan,
): { readonly node: string; readonly path: string } | null {
  for (const { name: node, supervision } of plan.nodes) {
    const path = pathOf(supervision, "http-gateway");
    if (path !== undefined) return { node, path };
  }
  return null;
}

function inferenceArguments(
  actor: ActorPlan,
  { plan, capability, stated }: Surroundings,
): InferenceArguments {
  const { models: only, skills } = stated;
  const own = plan.models.filter(({ name }) => only?.includes(name) ?? true);
  const usable = own.filter(({ name }) => capability.models.includes(name));
  const processors = processorsOf(plan, capability.cores);
  const each = actor.settings.threads;
  const engine = {
    threads: each ?? processors,
    memoryBytesMax: Math.max(1, Math.floor(capability.memoryBytes * engineMemoryShare)),
    startTimeoutMs: engineStartTimeoutMs,
    runTimeoutMs: engineRunTimeoutMs,
  };
  // Where none can be used, the repository says of each what is wrong with it.
  const models = plan.repository.mode === "none" && usable.length > 0 ? usable : own;
  const repository = { ...plan.repository, ...(only === undefined ? {} : { only }) };
  const { memoryBytesMax } = actor.settings;
  const together = memoryBytesMax === null ? {} : { memoryBytesMax };
  const room = { ...together, processors: { processors, each } };
  const terms = workerTerms(actor, { plan, capability });
  return {
    ...{ models, repository, engine, ...room, ...terms },
    skills: skills === undefined ? actor.settings.skills : (terms.skills ?? []),
    skillsFrom: skills === undefined ? "kinds" : "said",
  };
}

function workerClass({ module, thread }: ActorPlan, { workers }: Surroundings): ActorClass {
  const type = workers.get(module ?? "");
  if (module !== null && type) return thread ? workerInThread(module, type, thread) : type;
  throw new Failure("topology_invalid", "a task-worker is placed without a module: name it one");
}

/** What the topology says of a worker wins over what its arguments may say of the same. */
const workerArguments = (actor: ActorPlan, surroundings: Surroundings) => ({
  ...actor.arguments,
  ...(actor.models === null ? {} : { modelsStated: actor.models }),
  ...workerTerms(actor, surroundings),
});

function workerTerms(
  actor: ActorPlan,
  { plan, capability }: Pick<Surroundings, "plan" | "capability">,
): WorkerTerms {
  const { settings } = actor;
  return {
    slots: slotsOf(actor),
    queues: queuesServed(plan, settings),
    skills: skillsToTell(actor, capability).map(({ skill, level }) => ({ skill, level })),
    tags: tagsOf(actor, capability),
    machine: machineIn(capability),
  };
}

const tagsOf = ({ settings }: ActorPlan, { tags }: DetectedCapability): readonly string[] => [
  ...new Set([...tags, ...settings.tags]),
];

/** What the node has, and what its worker is said to have besides; the better level counts. */
function skillsToTell(
  { settings }: ActorPlan,
  { skills }: DetectedCapability,
): readonly NodeSkill[] {
  const verifiedAt = new Map(skills.map((held) => [held.skill, held.verifiedAt]));
  return [...levelsOf([...skills, ...settings.skills])].map(([skill, level]) => ({
    ...{ skill, level },
    verifiedAt: verifiedAt.get(skill) ?? null,
  }));
}
