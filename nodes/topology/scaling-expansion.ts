// The groups of nodes that are scaled by their load, with nothing left open. Pure.
import path from "node:path";
import type { TopologyDocument } from "#protocols/outside/topology.ts";
import type { NodeScalingDocument } from "#protocols/outside/topology-scaling.ts";
import { slotsOf } from "./processor-shares.ts";
import {
  actorsOf,
  type ClusterPlan,
  isWorker,
  type NodeGroupPlan,
  type NodePlan,
  queuesServed,
} from "./topology-plan.ts";

const scalingDefault = {
  ...{ min: 1, waitMsMax: 5_000 },
  ...{ upAfterMs: 5_000, downAfterMs: 300_000, zeroAfterMs: 900_000 },
};
const commandTimeoutMsDefault = 60_000;

interface Surroundings extends Pick<ClusterPlan, "queues" | "launcher"> {
  /** Absolute: of the topology file. */
  readonly folder: string;
  /** With the index of each in the document. */
  readonly nodes: readonly { readonly plan: NodePlan; readonly origin: number }[];
}

export const expandGroups = (
  document: TopologyDocument,
  surroundings: Surroundings,
): readonly NodeGroupPlan[] =>
  document.nodes.flatMap(({ name, scaling }, index) => {
    if (scaling === undefined) return [];
    const members = surroundings.nodes.filter(({ origin }) => origin === index);
    return [expandGroup(name, scaling, { ...surroundings, nodes: members })];
  });

function expandGroup(
  group: string,
  { itemsPerNode, command, commandTimeoutMs, ...given }: NodeScalingDocument,
  { folder, launcher, nodes, queues }: Surroundings,
): NodeGroupPlan {
  const worker = actorsOf(nodes[0]?.plan.supervision ?? []).find(isWorker);
  const timeoutMs = commandTimeoutMs ?? commandTimeoutMsDefault;
  const slots = worker === undefined ? 1 : slotsOf(worker);
  return {
    group,
    nodes: nodes.map(({ plan }) => plan.name),
    scaling: { ...scalingDefault, ...given, itemsEach: itemsPerNode ?? slots },
    queues: worker === undefined ? [] : queuesServed({ queues }, worker.settings),
    startTimeoutMs: launcher.startTimeoutMs + (command === undefined ? 0 : timeoutMs),
    command: command === undefined ? null : { command: found(command, folder), folder, timeoutMs },
  };
}

/** A program that begins with a dot is one of the topology's folder; others are looked for in PATH. */
const found = (command: readonly string[], folder: string): readonly string[] =>
  command.map((word, index) =>
    index === 0 && word.startsWith(".") ? path.resolve(folder, word) : word,
  );
