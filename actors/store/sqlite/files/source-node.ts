// A node as a database in the source schema has it, and what it is here: not heard, until it registers. Pure.
import { namePattern } from "#protocols/address.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { NodeSkill } from "#protocols/tasks/node-record.ts";
import { type NodeRow, unknownNode } from "../../records/node-tables.ts";
import { list, real, type SourceRow, text, time, whole } from "./source-values.ts";

/** The columns of the source's table, in its order; a source that lacks some says nothing of those. */
export const sourceNodeColumns = [
  ...["node_id", "hostname", "platform", "arch", "status", "cpu_usage", "memory_usage"],
  ...["disk_usage", "available_skills", "max_concurrent_tasks", "running_tasks", "ip_address"],
  ...["tailscale_ip", "port", "total_tasks_processed", "successful_tasks", "failed_tasks"],
  ...["average_execution_time", "registered_at", "last_heartbeat", "tags"],
] as const;

export interface SourceNode {
  readonly row: NodeRow;
  readonly skills: readonly NodeSkill[];
}

/** Undefined: its name is none that a node can have here. Fails with `invalid` for what no node can have. */
export function nodeOfSource(row: SourceRow, nowMs: number): SourceNode | undefined {
  const node = text(row, "node_id") ?? "";
  if (!namePattern.test(node)) return undefined;
  const names = [...new Set(list(row, "available_skills"))].filter(isName).sort();
  const skillNames = names.slice(0, storeLimits.nodeSkillsMax);
  const tasksCompleted = count(row, "successful_tasks") ?? 0;
  const tasksFailed = count(row, "failed_tasks") ?? 0;
  const registeredAt = time(row, "registered_at") ?? nowMs;
  return {
    row: {
      ...unknownNode,
      node,
      hostname: (text(row, "hostname") ?? node).slice(0, 255),
      platform: (text(row, "platform") ?? "unknown").slice(0, 32),
      arch: (text(row, "arch") ?? "unknown").slice(0, 32),
      status: "offline",
      statusReason: "imported, and not heard since",
      statusSince: nowMs,
      cpuPercent: percent(row, "cpu_usage"),
      memoryPercent: percent(row, "memory_usage"),
      diskPercent: percent(row, "disk_usage"),
      skillNames: [...skillNames],
      maxConcurrentTasks: count(row, "max_concurrent_tasks") ?? unknownNode.maxConcurrentTasks,
      ipAddress: address(row, "ip_address"),
      tailscaleIp: address(row, "tailscale_ip"),
      port: count(row, "port"),
      tasksTotal: count(row, "total_tasks_processed") ?? tasksCompleted + tasksFailed,
      tasksCompleted,
      tasksFailed,
      runSecondsMean: real(row, "average_execution_time") ?? 0,
      registeredAt,
      lastHeartbeatAt: time(row, "last_heartbeat") ?? registeredAt,
      tags: list(row, "tags").filter(isName).slice(0, tagsMax),
      version: 1,
      updatedAt: nowMs,
    },
    skills: skillNames.map((skill) => ({ skill, level: 1, verifiedAt: null })),
  };
}

const tagsMax = 64;
const isName = (name: string): boolean => name.length >= 1 && name.length <= 128;

function count(row: SourceRow, column: string): number | null {
  const number = whole(row, column);
  return number === null ? null : Math.max(0, number);
}

const percent = (row: SourceRow, column: string): number => Math.min(100, real(row, column) ?? 0);
const address = (row: SourceRow, column: string): string | null =>
  text(row, column)?.slice(0, 255) || null;
