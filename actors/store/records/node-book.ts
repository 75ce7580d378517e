// Nodes as they are looked up, introduced, changed and forgotten.
import { limits } from "#protocols/limits.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { NodeSkill, NodeState } from "#protocols/tasks/node-record.ts";
import type { NodeIntroduction, NodeRecords } from "#protocols/tasks/node-records.ts";
import { restingStatus } from "./node-life.ts";
import { knownNode, shown } from "./node-lookup.ts";
import { type NodeRow, nodeHoldTable, nodeSkillTable, nodeTable } from "./node-tables.ts";
import type { Performers, RecordContext } from "./record-command.ts";
import { moveNumber, numberOf } from "./record-numbers.ts";

type BookMethod =
  | "registerNode"
  | "updateNode"
  | "removeNode"
  | "node"
  | "nodes"
  | "onlineNodes"
  | "availableNodes"
  | "unresponsiveNodes"
  | "nodesBySkill";

const allNodes = { limit: limits.nodesKnownMax } as const;
const countName = "nodes";

export const nodeBook: Performers<Pick<NodeRecords, BookMethod>> = {
  registerNode(context, introduction) {
    const { records } = context;
    const known = records.get(nodeTable, [introduction.node]);
    const incarnation = introduction.incarnation ?? (known?.incarnation ?? 0) + 1;
    if (known && incarnation < known.incarnation) {
      return { kind: "superseded", incarnation: known.incarnation };
    }
    if (!known && !makeRoom(context)) return { kind: "full", limit: limits.nodesKnownMax };
    const row = introduced(context, { introduction, known, incarnation });
    records.put(nodeTable, row, known);
    if (!row.isDraining && !row.isPaused) dropHold(context, row.node);
    if (introduction.skills || !known) writeSkills(context, row.node, introduction.skills ?? []);
    return { kind: "saved", node: shown(context, row) };
  },

  updateNode(context, { node, version, changes }) {
    const { records, nowMs } = context;
    const former = knownNode(context, node);
    if (!former) return { kind: "not_found" };
    if (version !== undefined && version !== former.version) {
      return { kind: "stale", version: former.version };
    }
    const { skills, ...fields } = changes;
    const skillNames = skills ? namesOf(skills) : former.skillNames;
    const changed = { ...former, ...fields, skillNames };
    const row = { ...changed, version: former.version + 1, updatedAt: nowMs };
    records.put(nodeTable, row, former);
    if (skills) writeSkills(context, node, skills);
    return { kind: "saved", node: shown(context, row) };
  },

  removeNode(context, node) {
    const { records, nowMs } = context;
    const former = knownNode(context, node);
    if (!former) return { kind: "not_found" };
    const row: NodeRow = {
      ...former,
      status: "removed",
      statusReason: "removed",
      statusSince: nowMs,
      leaseExpiresAt: null,
      isPaused: false,
      isDraining: false,
      skillNames: [],
      version: former.version + 1,
      updatedAt: nowMs,
    };
    records.put(nodeTable, row, former);
    writeSkills(context, node, []);
    dropHold(context, node);
    return { kind: "removed" };
  },

  node(context, node) {
    const row = knownNode(context, node);
    return row ? shown(context, row) : null;
  },

  nodes(context, { status, after, limit }) {
    const range = after === undefined ? allNodes : { ...allNodes, from: after };
    return context.records
      .scan(nodeTable, "key", range)
      .filter((row) => (status ? row.status === status : row.status !== "removed"))
      .filter((row) => row.node !== after)
      .slice(0, limit)
      .map((row) => shown(context, row));
  },

  onlineNodes(context, limit) {
    return [...withStatus(context, "online"), ...withStatus(context, "busy")]
      .sort(byName)
      .slice(0, limit)
      .map((row) => shown(context, row));
  },

  availableNodes(context, limit) {
    return withStatus(context, "online")
      .filter((row) => row.runningTasks < row.maxConcurrentTasks)
      .sort((a, b) => loadOf(a) - loadOf(b) || a.cpuPercent - b.cpuPercent || byName(a, b))
      .slice(0, limit)
      .map((row) => shown(context, row));
  },

  unresponsiveNodes(context, { heardBefore, limit }) {
    return context.records
      .scan(nodeTable, "heard", { ...allNodes, before: heardBefore })
      .filter((row) => row.status !== "offline" && row.status !== "removed")
      .slice(0, limit)
      .map((row) => shown(context, row));
  },

  nodesBySkill(context, { skill, level, limit }) {
    return context.records
      .scan(nodeSkillTable, "key", { ...allNodes, equal: [skill] })
      .filter((held) => level === undefined || held.level >= level)
      .flatMap((held) => knownNode(context, held.node) ?? [])
      .slice(0, limit)
      .map((row) => shown(context, row));
  },
};

function introduced(
  { nowMs }: RecordContext,
  terms: {
    readonly introduction: NodeIntroduction;
    readonly known: NodeRow | undefined;
    readonly incarnation: number;
  },
): NodeRow {
  const { introduction, known, incarnation } = terms;
  const { leaseMs, skills, incarnation: _, ...described } = introduction;
  const isSameLife = known?.incarnation === incarnation && known.status !== "removed";
  const row: NodeRow = {
    ...(known ?? unknownNode),
    ...described,
    node: introduction.node,
    incarnation,
    skillNames: skills ? namesOf(skills) : (known?.skillNames ?? []),
    version: (known?.version ?? 0) + 1,
    leaseExpiresAt: leaseMs === undefined ? null : nowMs + leaseMs,
    registeredAt: isSameLife ? known.registeredAt : nowMs,
    lastHeartbeatAt: nowMs,
    heartbeatSeq: isSameLife ? known.heartbeatSeq : 0,
    runningTasks: isSameLife ? known.runningTasks : 0,
    // A drain ends with the life that was drained; a pause is the operator's, and stays.
    isDraining: isSameLife ? known.isDraining : false,
    updatedAt: nowMs,
  };
  const status = leaseMs === undefined ? "registering" : restingStatus(row, nowMs);
  if (isSameLife && known.status === status) return row;
  return { ...row, status, statusReason: "registered", statusSince: nowMs };
}

const unknownNode: Omit<NodeRow, "node" | "hostname" | "platform" | "arch"> = {
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

/** Forgets who was removed, or is offline, longest ago when there are as many as may be. */
function makeRoom(context: RecordContext): boolean {
  const { records } = context;
  if (numberOf(records, countName) < limits.nodesKnownMax) {
    moveNumber(records, countName, 1);
    return true;
  }
  const oldest = (status: NodeState): readonly NodeRow[] =>
    records.scan(nodeTable, "since", { equal: [status], limit: 1 });
  const forgotten = oldest("removed")[0] ?? oldest("offline")[0];
  if (!forgotten) return false;
  records.trim(nodeSkillTable, "node", {
    equal: [forgotten.node],
    limit: storeLimits.nodeSkillsMax,
  });
  dropHold(context, forgotten.node);
  records.drop(nodeTable, forgotten);
  return true;
}

function dropHold({ records }: RecordContext, node: string): void {
  const held = records.get(nodeHoldTable, [node]);
  if (held) records.drop(nodeHoldTable, held);
}

function writeSkills({ records }: RecordContext, node: string, skills: readonly NodeSkill[]): void {
  records.trim(nodeSkillTable, "node", { equal: [node], limit: storeLimits.nodeSkillsMax });
  const distinct = new Map(skills.map((held) => [held.skill, held]));
  for (const held of distinct.values()) {
    records.put(nodeSkillTable, { ...held, node }, undefined);
  }
}

const namesOf = (skills: readonly NodeSkill[]): string[] =>
  [...new Set(skills.map(({ skill }) => skill))].sort();

const withStatus = ({ records }: RecordContext, status: NodeState): readonly NodeRow[] =>
  records.scan(nodeTable, "since", { ...allNodes, equal: [status] });

const loadOf = (row: NodeRow): number => row.runningTasks / row.maxConcurrentTasks;
const byName = (a: NodeRow, b: NodeRow): number => (a.node < b.node ? -1 : 1);
