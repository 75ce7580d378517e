// What actors may look at of the nodes around them: what each is for, and whether it is suspected.
import { clusterRemedy } from "#runtime/cluster/cluster-remedy.ts";
import { type ServiceKey, serviceKey } from "#runtime/core/services.ts";
import type { NodeRoster } from "./node-roster.ts";

export interface NodeSight {
  readonly roster: NodeRoster;
  isSuspect(node: string): boolean;
}

/** Provided by whoever assembles the node; fails with `unavailable` in a thread. */
export const nodeSightKey: ServiceKey<NodeSight> = serviceKey(
  "nodes",
  (value) => (isSight(value) ? value : undefined),
  clusterRemedy,
);

const isSight = (value: unknown): value is NodeSight =>
  typeof value === "object" && value !== null && "roster" in value && "isSuspect" in value;
