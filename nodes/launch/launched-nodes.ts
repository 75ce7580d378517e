// Which nodes of a plan a launcher starts: those that always stand, and the groups that no command provides. Pure.
import { actorsOf, type ClusterPlan, type NodePlan } from "../topology/topology-plan.ts";
import type { NodeGroupTerms } from "./node-group.ts";

export interface LaunchedNodes {
  readonly nodes: readonly NodePlan[];
  readonly groups: readonly NodeGroupTerms[];
  /** Who says how many of each group are to stand. */
  readonly scaler: string | undefined;
  /** How many stand when the cluster is ready. */
  readonly count: number;
}

export function launchedNodes({
  nodes: all,
  groups: scaled,
}: Pick<ClusterPlan, "nodes" | "groups">): LaunchedNodes {
  const members = new Set(scaled.flatMap(({ nodes }) => nodes));
  const nodes = all.filter(({ name }) => !members.has(name));
  const groups = scaled
    .filter(({ command }) => command === null)
    .map(({ group, nodes: names, scaling: { min } }) => ({ group, nodes: names, min }));
  const scaler = nodes.find(({ supervision }) =>
    actorsOf(supervision).some(({ actor }) => actor === "node-scaler"),
  );
  const count = groups.reduce((sum, { min }) => sum + min, nodes.length);
  return { nodes, groups, scaler: scaler?.name, count };
}
