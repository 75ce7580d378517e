// A node in the shape of the table that tools know: 21 columns, lists as JSON text, times as ISO 8601
// in UTC, usage in percent, times of tasks in seconds. The names are that table's.
import type { NodeRecord, NodeSkill } from "#protocols/tasks/node-record.ts";
import type { NodeChange, NodeIntroduction } from "#protocols/tasks/node-records.ts";
import { isoTime, listIn } from "./task-row.ts";

export interface NodeRow {
  readonly node_id: string;
  readonly hostname: string;
  readonly platform: string;
  readonly arch: string;
  readonly status: string;
  readonly cpu_usage: number;
  readonly memory_usage: number;
  readonly disk_usage: number;
  readonly available_skills: string;
  readonly max_concurrent_tasks: number;
  readonly running_tasks: number;
  readonly ip_address: string | null;
  readonly tailscale_ip: string | null;
  readonly port: number | null;
  readonly total_tasks_processed: number;
  readonly successful_tasks: number;
  readonly failed_tasks: number;
  readonly average_execution_time: number;
  readonly registered_at: string;
  readonly last_heartbeat: string;
  readonly tags: string;
}

/** What a node says of itself. Its figures come with heartbeats, its counts with the tasks it ends. */
export type NodeRowDescription = Pick<NodeRow, "hostname" | "platform" | "arch"> &
  Partial<
    Pick<
      NodeRow,
      "available_skills" | "max_concurrent_tasks" | "ip_address" | "tailscale_ip" | "port" | "tags"
    >
  >;
export type NewNodeRow = Pick<NodeRow, "node_id"> & NodeRowDescription;
export type NodeRowUpdate = Pick<NodeRow, "node_id"> &
  Partial<NodeRowDescription> &
  Partial<Pick<NodeRow, "status">>;

export const nodeRowOf = (node: NodeRecord): NodeRow => ({
  node_id: node.node,
  hostname: node.hostname,
  platform: node.platform,
  arch: node.arch,
  status: node.status,
  cpu_usage: node.cpuPercent,
  memory_usage: node.memoryPercent,
  disk_usage: node.diskPercent,
  available_skills: JSON.stringify(node.skills.map(({ skill }) => skill)),
  max_concurrent_tasks: node.maxConcurrentTasks,
  running_tasks: node.runningTasks,
  ip_address: node.ipAddress,
  tailscale_ip: node.tailscaleIp,
  port: node.port,
  total_tasks_processed: node.tasksTotal,
  successful_tasks: node.tasksCompleted,
  failed_tasks: node.tasksFailed,
  average_execution_time: node.runSecondsMean,
  registered_at: isoTime(node.registeredAt),
  last_heartbeat: isoTime(node.lastHeartbeatAt),
  tags: JSON.stringify(node.tags),
});

export const introductionOf = (row: NewNodeRow): NodeIntroduction => ({
  node: row.node_id,
  hostname: row.hostname,
  platform: row.platform,
  arch: row.arch,
  ...describedIn(row),
});

/** As the store is told of it. Skills have no levels here: a node has them in full. */
export function describedIn(row: Partial<NodeRowDescription>): NodeChange["changes"] {
  const skills = row.available_skills;
  return {
    ...(row.hostname === undefined ? {} : { hostname: row.hostname }),
    ...(row.platform === undefined ? {} : { platform: row.platform }),
    ...(row.arch === undefined ? {} : { arch: row.arch }),
    ...(row.max_concurrent_tasks === undefined
      ? {}
      : { maxConcurrentTasks: row.max_concurrent_tasks }),
    ...(row.ip_address === undefined ? {} : { ipAddress: row.ip_address }),
    ...(row.tailscale_ip === undefined ? {} : { tailscaleIp: row.tailscale_ip }),
    ...(row.port === undefined ? {} : { port: row.port }),
    ...(row.tags === undefined ? {} : { tags: [...listIn(row.tags, "tags")] }),
    ...(skills === undefined ? {} : { skills: listIn(skills, "available_skills").map(inFull) }),
  };
}

const inFull = (skill: string): NodeSkill => ({ skill, level: 1, verifiedAt: null });
