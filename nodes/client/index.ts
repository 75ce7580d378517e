// Public face for programs that take part in a cluster without being in its topology.
export type { CancelOptions, CancelReport } from "./cancelling.ts";
export type { ClusterTerms } from "./client-terms.ts";
export type { ClusterClient, FollowOptions } from "./cluster-client.ts";
export type { CommandHandler } from "./command-book.ts";
export type { Communication } from "./communication.ts";
export { type CommunicationTerms, communicationOf } from "./communication-of.ts";
export { connectCluster } from "./connect-cluster.ts";
export type { ChannelPosition, Followed } from "./follow-cursor.ts";
export type { Following } from "./following.ts";
export type { NodeClient } from "./node-client.ts";
export type { NodeClientTerms } from "./node-terms.ts";
export { startNodeClient } from "./start-node-client.ts";
export type {
  MemberStanding,
  NodeStanding,
  StatusPart,
  SystemStatus,
} from "./system-survey.ts";
export type { TaskUpdate } from "./task-update.ts";
export type { UpdateReport } from "./task-updating.ts";
export type { Notified } from "./user-notices.ts";
