// What the NodeScaler tells of its groups: how many nodes of each stand, how many are wanted, and why.
import { ask, protocol } from "../protocol.ts";

/** The name under which the NodeScaler is found in the cluster. */
export const nodeScalerName = "node-scaler";

/** The `rule` of its notifications in the channel `system`. */
export const nodeScalingRule = "node_scaling";

export interface GroupNode {
  readonly node: string;
  /** `leaving`: it ends what it runs, and then itself. */
  readonly phase: "starting" | "ready" | "leaving";
}

export interface GroupView {
  readonly group: string;
  /** Who starts and ends its nodes. */
  readonly provider: "launcher" | "command";
  readonly min: number;
  readonly max: number;
  /** By its load, at the last look. */
  readonly wanted: number;
  /** By number. */
  readonly nodes: readonly GroupNode[];
  /** Tasks that may run now in the queues that the group serves, and that run on its nodes. */
  readonly waiting: number;
  readonly running: number;
  /** Milliseconds that a task at the head of these queues has waited; 0: nobody waits. */
  readonly waitMs: number;
  /** How often it grew, shrank, and failed to, since the NodeScaler began. */
  readonly ups: number;
  readonly downs: number;
  readonly failures: number;
  /** In words; null: nothing has changed since the NodeScaler began. */
  readonly lastChange: string | null;
  /** Why it is not as it should be; null: nothing is known to be wrong. */
  readonly trouble: string | null;
}

export interface NodeScaling {
  /** In the order of the topology. */
  groups(): readonly GroupView[];
}

export const NodeScaling = protocol<NodeScaling>("nodes.Scaling@1", { groups: ask }).checked({
  groups: [],
});
