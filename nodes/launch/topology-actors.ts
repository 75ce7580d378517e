// The actors that a topology can name: which class each kind is, and what it is born with.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ControlChannelActor } from "#actors/control/control-channel.ts";
import type { ControlCounts } from "#actors/control/control-counts.ts";
import { HttpGateway } from "#actors/gateway/http-gateway.ts";
import { InferenceActor } from "#actors/inference/inference-actor.ts";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { NodeAgentActor, type NodeProbe } from "#actors/registry/node-agent.ts";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Failure } from "#protocols/failure.ts";
import type { NodeLeave } from "#protocols/tasks/node.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { TreeChild } from "#runtime/patterns/supervisor.ts";
import type { DetectedCapability } from "../capability/detect-capability.ts";
import { isLoopback, parseBind } from "../topology/bind-address.ts";
import {
  type ActorPlan,
  actorsOf,
  type ChildPlan,
  type ClusterPlan,
  type NodePlan,
  pathOf,
  queuesServed,
} from "../topology/topology-plan.ts";

export interface Surroundings {
  readonly plan: ClusterPlan;
  readonly node: NodePlan;
  readonly probe: NodeProbe;
  readonly controlCounts: ControlCounts;
  readonly capability: DetectedCapability;
  /** Has the node's process end. */
  leave(order: NodeLeave): void;
  /** Has figures among the node's metrics. */
  show(figures: () => FigureSource): void;
}

/** Tasks that a worker holds: one in its engine, the next decoded meanwhile. */
const slotsDefault = 2;
const heartbeatMs = 1_000;
const engineStartTimeoutMs = 60_000;
const engineRunTimeoutMs = 120_000;

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
  const { plan, node, probe, capability, leave, show } = surroundings;
  switch (actor.actor) {
    case "store":
      return { type: StoreActor, args: plan.store };
    case "queue-manager":
      return { type: QueueManager, args: { queues: plan.queues } };
    case "node-registry":
      return { type: NodeRegistryActor, args: { heartbeatMs, show } };
    case "node-agent": {
      const worker = actorsOf(node.supervision).find(({ actor: kind }) => kind === "inference");
      const capabilities = { ...capability, slots: worker ? slotsOf(worker) : 0 };
      return { type: NodeAgentActor, args: { capabilities, probe, leave } };
    }
    case "http-gateway":
      return { type: HttpGateway, args: gatewayArguments(plan) };
    case "control-channel":
      return { type: ControlChannelActor, args: controlArguments(surroundings) };
    case "inference":
      return { type: InferenceActor, args: inferenceArguments(actor, surroundings) };
    default:
      return actor.actor satisfies never;
  }
}

function gatewayArguments(plan: ClusterPlan) {
  if (!plan.gateway) {
    throw new Failure("topology_invalid", "an http-gateway is placed, but `gateway:` says nothing");
  }
  const { host, port, model } = plan.gateway;
  const sample = existsSync(samplePhotograph) ? samplePhotograph : null;
  const metrics = plan.observation === null ? {} : { metrics: "served" };
  const shown = { ...metrics, members: "shown", moving: "served" };
  return { cluster: plan.cluster, host, port, model, page: pageFolder, sample, ...shown };
}

function controlArguments({ plan, controlCounts: counts }: Surroundings) {
  return {
    gateway: gatewayPlaceOf(plan),
    models: plan.models.map(({ name }) => name),
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

function inferenceArguments(actor: ActorPlan, { plan, capability }: Surroundings) {
  const usable = plan.models.filter(({ name }) => capability.models.includes(name));
  const engine = {
    // Where none can be used, the engine says of each what is wrong with it.
    models: usable.length > 0 ? usable : plan.models,
    threads: actor.settings.threads ?? threadsDefault(plan, capability.cores),
    startTimeoutMs: engineStartTimeoutMs,
    runTimeoutMs: engineRunTimeoutMs,
  };
  const { settings } = actor;
  const skills = capability.skills.map(({ skill }) => skill);
  return {
    engine,
    slots: slotsOf(actor),
    queues: queuesServed(plan, settings),
    skills: [...new Set([...skills, ...settings.skills])],
    tags: [...new Set([...capability.tags, ...settings.tags])],
  };
}

const slotsOf = (actor: ActorPlan): number => actor.settings.slots ?? slotsDefault;

/** The cores shared by the workers that run on this machine. */
function threadsDefault(plan: ClusterPlan, cores: number): number {
  const neighbours = plan.nodes.filter(
    ({ bind, supervision }) =>
      isLoopback(parseBind(bind)?.host ?? "") &&
      actorsOf(supervision).some(({ actor }) => actor === "inference"),
  );
  return Math.max(1, Math.floor(cores / Math.max(1, neighbours.length)));
}
