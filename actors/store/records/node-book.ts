// Nodes as they are looked up, introduced, changed and forgotten.
import { limits } from "#protocols/limits.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { NodeSkill, NodeState } from "#protocols/tasks/node-record.ts";
import type { NodeIntroduction, NodeRecords } from "#protocols/tasks/node-records.ts";
import { restingStatus } from "./node-life.ts";
import { knownNode, shown } from "./node-lookup.ts";
import {
  type NodeRow,
  nodeHoldTable,
  nodeSkillTable,
  nodeTable,
  unknownNode,
} from "./node-tables.ts";
import { putNode } from "./node-writing.ts";
import type { Performers, RecordContext } from "./record-command.ts";
import { countNames, moveNumber, numberOf } from "./record-numbers.ts";

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
const countName = countNames.nodes;

export const nodeBook: Performers<Pick<NodeRecords, BookMethod>> = {
  registerNode(context, introduction) {
    const { records } = context;
    const former = records.get(nodeTable, [introduction.node]);
    const known = knownNode(context, introduction.node);
    const incarnation = introduction.incarnation ?? (former?.incarnation ?? 0) + 1;
    if (known && incarnation < known.incarnation) {
      return { kind: "superseded", incarnation: known.incarnation };
    }
    if (!former && !makeRoom(context)) return { kind: "full", limit: limits.nodesKnownMax };
    const from = known ?? { ...unknownNode, version: former?.version ?? 0 };
    const row = introduced(context, { introduction, known, from, incarnation });
    putNode(context, row, former);
    if (!row.isDraining && !row.isPaused) dropHold(context, row.node);
    if (introduction.skills || !known) writeSkills(context, row.node, introduction.skills ?? []);
    return { kind: "saved", node: shown(context, row) };
  },

  updateNode(context, { node, version, changes }) {
    const { nowMs } = context;
    const former = knownNode(context, node);
    if (!former) return { kind: "not_found" };
    if (version !== undefined && version !== former.version) {
      return { kind: "stale", version: former.version };
    }
    const { skills, ...fields } = changes;
    const skillNames = skills ? namesOf(skills) : former.skillNames;
    const changed = { ...former, ...fields, skillNames };
    const row = { ...changed, version: former.version + 1, updatedAt: nowMs };
    putNode(context, row, former);
    if (skills) writeSkills(context, node, skills);
    return { kind: "saved", node: shown(context, row) };
  },

  removeNode(context, node, { reason = "removed", version } = {}) {
    const { nowMs } = context;
    const former = knownNode(context, node);
    if (!former) return { kind: "not_found" };
    if (version !== undefined && version !== former.version) {
      return { kind: "stale", version: former.version };
    }
    const row: NodeRow = {
      ...former,
      status: "removed",
      statusReason: reason,
      statusSince: nowMs,
      leaseExpiresAt: null,
      isPaused: false,
      isDraining: false,
      skillNames: [],
      version: former.version + 1,
      updatedAt: nowMs,
    };
    putNode(context, row, former);
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

/** A node that another store knew, as it was there. `known`: one of that name is here, and stays as it is. */
export function adoptNode(
  context: Pick<RecordContext, "records" | "nowMs">,
  { row, skills }: { readonly row: NodeRow; readonly skills: readonly NodeSkill[] },
): "adopted" | "known" | "full" {
  if (context.records.get(nodeTable, [row.node])) return "known";
  if (numberOf(context.records, countName) >= limits.nodesKnownMax) return "full";
  moveNumber(context.records, countName, 1);
  context.records.put(nodeTable, row, undefined);
  writeSkills(context, row.node, skills);
  return "adopted";
}

function introduced(
  { nowMs }: RecordContext,
  terms: {
    readonly introduction: NodeIntroduction;
    readonly known: NodeRow | undefined;
    /** What stays unless the introduction says otherwise. */
    readonly from: typeof unknownNode;
    readonly incarnation: number;
  },
): NodeRow {
  const { introduction, known, from, incarnation } = terms;
  const { leaseMs, skills, incarnation: _, ...described } = introduction;
  const isSameLife = known?.incarnation === incarnation;
  const row: NodeRow = {
    ...from,
    ...described,
    node: introduction.node,
    incarnation,
    skillNames: skills ? namesOf(skills) : from.skillNames,
    version: from.version + 1,
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

function writeSkills(
  { records }: Pick<RecordContext, "records" | "nowMs">,
  node: string,
  skills: readonly NodeSkill[],
): void {
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
