// The tables of nodes and skills. `nodes` begins with the 21 columns that tools know, in their order.
// The names of a node's skills stand in its row, too; `node_skills` is what finds it by them.
import Type from "typebox";
import { NodeHoldKind, NodeMeans, NodeState } from "#protocols/tasks/node-record.ts";
import { flag, integer, json, orNull, real, text, word } from "./record-column.ts";
import { type RowOf, recordTable } from "./record-table.ts";

const Names = Type.Array(Type.String());

export const nodeTable = recordTable({
  name: "nodes",
  columns: {
    node: text("node_id"),
    hostname: text("hostname"),
    platform: text("platform"),
    arch: text("arch"),
    status: word("status", NodeState),
    cpuPercent: real("cpu_usage"),
    memoryPercent: real("memory_usage"),
    diskPercent: real("disk_usage"),
    skillNames: json("available_skills", Names),
    maxConcurrentTasks: integer("max_concurrent_tasks"),
    runningTasks: integer("running_tasks"),
    ipAddress: orNull(text("ip_address")),
    tailscaleIp: orNull(text("tailscale_ip")),
    port: orNull(integer("port")),
    tasksTotal: integer("total_tasks_processed"),
    tasksCompleted: integer("successful_tasks"),
    tasksFailed: integer("failed_tasks"),
    runSecondsMean: real("average_execution_time"),
    registeredAt: integer("registered_at"),
    lastHeartbeatAt: integer("last_heartbeat"),
    tags: json("tags", Names),
    incarnation: integer("incarnation"),
    version: integer("version"),
    statusReason: text("status_reason"),
    statusSince: integer("status_since"),
    leaseExpiresAt: orNull(integer("lease_expires_at")),
    heartbeatSeq: integer("heartbeat_seq"),
    failuresInRow: integer("failure_count"),
    quarantinedUntil: orNull(integer("quarantined_until")),
    isDraining: flag("draining"),
    isPaused: flag("paused"),
    provider: text("provider"),
    costPerHour: orNull(real("cost_per_hour")),
    softwareVersion: orNull(text("software_version")),
    means: orNull(json("capabilities", NodeMeans)),
    publicKey: orNull(text("public_key")),
    updatedAt: integer("updated_at"),
  },
  key: ["node"],
  indexes: {
    alive: { on: ["status", "leaseExpiresAt"] },
    since: { on: ["status", "statusSince"] },
    heard: { on: ["lastHeartbeatAt"] },
  },
});
export type NodeRow = RowOf<typeof nodeTable>;

/** Of which nothing is known yet but what it must say of itself. */
export const unknownNode: Omit<NodeRow, "node" | "hostname" | "platform" | "arch"> = {
  status: "registering",
  cpuPercent: 0,
  memoryPercent: 0,
  diskPercent: 0,
  skillNames: [],
  maxConcurrentTasks: 5,
  runningTasks: 0,
  ipAddress: null,
  tailscaleIp: null,
  port: null,
  tasksTotal: 0,
  tasksCompleted: 0,
  tasksFailed: 0,
  runSecondsMean: 0,
  registeredAt: 0,
  lastHeartbeatAt: 0,
  tags: [],
  incarnation: 1,
  version: 0,
  statusReason: "registered",
  statusSince: 0,
  leaseExpiresAt: null,
  heartbeatSeq: 0,
  failuresInRow: 0,
  quarantinedUntil: null,
  isDraining: false,
  isPaused: false,
  provider: "local",
  costPerHour: null,
  softwareVersion: null,
  means: null,
  publicKey: null,
  updatedAt: 0,
};

/** Why a node is paused or draining; the flags of its row say that it is. */
export const nodeHoldTable = recordTable({
  name: "node_holds",
  columns: {
    node: text("node_id"),
    kind: word("kind", NodeHoldKind),
    reason: text("reason"),
    by: orNull(text("held_by")),
    since: integer("since"),
  },
  key: ["node"],
  indexes: {},
});

export const nodeSkillTable = recordTable({
  name: "node_skills",
  columns: {
    skill: text("skill"),
    node: text("node_id"),
    level: real("level"),
    verifiedAt: orNull(integer("verified_at")),
  },
  key: ["skill", "node"],
  indexes: { node: { on: ["node"] } },
});

export const skillTable = recordTable({
  name: "skills",
  columns: {
    skill: text("skill"),
    description: orNull(text("description")),
    dependsOn: json("depends_on", Names),
    version: orNull(text("version")),
    createdAt: integer("created_at"),
  },
  key: ["skill"],
  indexes: {},
});
