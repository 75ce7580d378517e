// What a gateway is born with: from the topology, and from the node that it runs on.
import type { StateReads } from "#protocols/tasks/state-reads.ts";

export interface HttpGatewayArguments {
  /** The cluster's name, as the status tells it. */
  readonly cluster: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The model that repairs are sent to, unless the cluster's active configuration names another. */
  readonly model: string;
  /** Of the topology: those that the active configuration may name, and that come yet. Default: any. */
  readonly models?: readonly string[];
  /** Path of the folder with the page's files. */
  readonly page: string;
  /** Path of a JPEG that the page offers to try with; `null` for none. */
  readonly sample: string | null;
  /** `GET /metrics` answers what the node provides as `metricsService`. Default: no such route. */
  readonly metrics?: "served";
  /** The status tells the members that the node provides as `membersService`. Default: none. */
  readonly members?: "shown";
  /** The status tells the groups that the cluster's `node-scaler` scales. Default: none. */
  readonly scaling?: "shown";
  /** `POST /api/move` and `/api/drain` ask what the node provides as `clusterMover`. Default: no such routes. */
  readonly moving?: "served";
  /** `GET /api/v1/state/…` answers single readings. Default: no such routes. */
  readonly stateReads?: StateReads;
}
