// What the store remembers of nodes, as the registry's book has it. Pure.
import type { NodeCapabilities } from "#protocols/tasks/capability.ts";
import type { NodeAddress, NodeStatistics } from "#protocols/tasks/node.ts";
import type { NodeRecord } from "#protocols/tasks/node-record.ts";
import type { NodeIntroduction } from "#protocols/tasks/node-records.ts";
import {
  type Book,
  isHeard,
  judged,
  type KnownNode,
  type Moment,
  restingIn,
  restingReason,
} from "./known-nodes.ts";
import { healthOf } from "./node-health.ts";

/** The book after the store was read: who was not heard yet is listed as it was last. */
export function recall(book: Book, records: readonly NodeRecord[], at: Moment): Book {
  return records.reduce((known, record) => remember(known, record, at), book);
}

/** The book with what the store says of one node. */
export function remember(book: Book, record: NodeRecord, at: Moment): Book {
  const known = book.find(({ view }) => view.name === record.node);
  if (!known || known.view.incarnation < record.incarnation) {
    return [...book.filter((node) => node !== known), restored(record, at)];
  }
  // Of an earlier life: its counts and its pause are the node's, its drain is not.
  const isSameLife = known.view.incarnation === record.incarnation;
  const hold = isSameLife || record.hold?.kind === "paused" ? record.hold : null;
  const view = { ...known.view, hold, statistics: statisticsOf(record) };
  const node = { ...known, view };
  const next = isHeard(node) ? judged(node, { status: "online", reason: "resumed" }, at) : node;
  return book.map((other) => (other === known ? next : other));
}

/** Those of whom the queue says how much runs there; the others run nothing. */
export function withRunning(book: Book, running: ReadonlyMap<string, number>): Book {
  return book.map((node) => {
    const runningTasks = running.get(node.view.name) ?? 0;
    if (runningTasks === node.view.runningTasks) return node;
    return { ...node, view: { ...node.view, runningTasks } };
  });
}

export const without = (book: Book, name: string): Book =>
  book.filter(({ view }) => view.name !== name);

function restored(record: NodeRecord, at: Moment): KnownNode {
  const isGone = record.status === "offline" || record.status === "registering";
  const resting = { hold: record.hold, statistics: statisticsOf(record) };
  const status = isGone ? "offline" : restingIn(resting, at.wall);
  const reason = isGone ? record.statusReason : restingReason(status, resting, "not heard yet");
  return {
    view: {
      name: record.node,
      incarnation: record.incarnation,
      pid: null,
      status,
      statusReason: reason,
      statusSince: record.statusSince,
      registeredAt: record.registeredAt,
      formerEnd: null,
      lastHeartbeatAt: record.lastHeartbeatAt,
      capabilities: capabilitiesIn(record),
      address: addressIn(record),
      load: null,
      health: healthOf(null),
      runningTasks: 0,
      ...resting,
    },
    agent: undefined,
    heardAt: at.now,
    changedAt: at.now,
    hasEnded: isGone,
  };
}

export const statisticsOf = (record: NodeRecord): NodeStatistics => ({
  total: record.tasksTotal,
  completed: record.tasksCompleted,
  failed: record.tasksFailed,
  runSecondsMean: record.runSecondsMean,
  failuresInRow: record.failuresInRow,
  quarantinedUntil: record.quarantinedUntil,
});

function addressIn({ ipAddress: ip, tailscaleIp, port }: NodeRecord): NodeAddress | null {
  return ip === null && tailscaleIp === null && port === null ? null : { ip, tailscaleIp, port };
}

const capabilitiesIn = (record: NodeRecord): NodeCapabilities => ({
  hostname: record.hostname,
  platform: record.platform,
  arch: record.arch,
  cores: Math.max(1, record.means?.cpu.cores ?? 1),
  cpuModel: record.means?.cpu.model ?? "unknown",
  memoryBytes: record.means?.memoryBytes ?? 0,
  diskBytes: record.means?.diskBytes ?? 0,
  gpus: (record.means?.gpus ?? []).map((gpu) => ({ ...gpu, vendor: "other", driver: null })),
  gpuReason: "as the store remembers it",
  nodeVersion: record.softwareVersion ?? "",
  models: [...(record.means?.models ?? [])],
  modelFiles: [],
  skills: [...record.skills],
  tags: [...record.tags],
  slots: record.maxConcurrentTasks,
});

/** What the store is told of a node that has registered. */
export function introductionOf({ view }: KnownNode, leaseMs: number): NodeIntroduction {
  const { address, capabilities: has } = view;
  return {
    node: view.name,
    incarnation: view.incarnation,
    leaseMs,
    hostname: has.hostname,
    platform: has.platform,
    arch: has.arch,
    maxConcurrentTasks: has.slots,
    ipAddress: address?.ip ?? null,
    tailscaleIp: address?.tailscaleIp ?? null,
    port: address?.port ?? null,
    tags: has.tags,
    skills: has.skills,
    softwareVersion: has.nodeVersion,
    means: {
      cpu: { model: has.cpuModel, cores: has.cores },
      memoryBytes: has.memoryBytes,
      diskBytes: has.diskBytes,
      gpus: has.gpus.map(({ name, memoryBytes }) => ({ name, memoryBytes })),
      models: has.models,
    },
  };
}
