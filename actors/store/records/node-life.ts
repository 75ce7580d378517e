// How a node is, by its beats, its silence, what it ends and what its operator wants. `restingStatus`
// says where it stands when it is heard: what was wished outlasts a silence.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { type NodeState, nodeMoves } from "#protocols/tasks/node-record.ts";
import type { NodeRecords, NodeWork } from "#protocols/tasks/node-records.ts";
import { knownNode, shown } from "./node-lookup.ts";
import { type NodeRow, nodeTable } from "./node-tables.ts";
import { putNode } from "./node-writing.ts";
import type { Performers, RecordArguments, RecordContext } from "./record-command.ts";

/** Of a quarantine without an end: the last moment that a date can name. */
const foreverMs = 8_640_000_000_000_000;

export const nodeLife: Performers<
  Pick<NodeRecords, "beatNode" | "setNodeStatus" | "countNodeTask" | "countNodeWork">
> = {
  beatNode(context, beat) {
    const { nowMs } = context;
    const former = knownNode(context, beat.node);
    if (!former || beat.incarnation > former.incarnation) return { kind: "not_found" };
    if (beat.incarnation < former.incarnation) {
      return { kind: "superseded", incarnation: former.incarnation };
    }
    const seq = beat.seq ?? former.heartbeatSeq + 1;
    if (seq <= former.heartbeatSeq) return { kind: "late" };
    const heard: NodeRow = {
      ...former,
      cpuPercent: beat.cpuPercent,
      memoryPercent: beat.memoryPercent,
      diskPercent: beat.diskPercent,
      runningTasks: beat.runningTasks,
      leaseExpiresAt: nowMs + beat.leaseMs,
      lastHeartbeatAt: nowMs,
      heartbeatSeq: seq,
      updatedAt: nowMs,
    };
    const row = moved(heard, restingStatus(heard, nowMs), { reason: "heard", nowMs });
    putNode(context, row, former);
    return { kind: "heard", status: row.status, missed: seq - former.heartbeatSeq - 1 };
  },

  setNodeStatus(context, request) {
    const former = knownNode(context, request.node);
    if (!former) return { kind: "not_found" };
    if (request.version !== undefined && request.version !== former.version) {
      return { kind: "stale", version: former.version };
    }
    if (request.until !== undefined && request.status !== "quarantined") {
      throw new Failure(
        "invalid",
        `"until" is of a quarantine, and ${request.node} is to be ${request.status}; leave it out`,
      );
    }
    const isMove = former.status !== request.status;
    if (isMove && !nodeMoves[former.status].includes(request.status)) {
      return { kind: "illegal", from: former.status };
    }
    const row = put(former, request, context.nowMs);
    putNode(context, row, former);
    return { kind: "saved", node: shown(context, row) };
  },

  countNodeTask(context, { node, outcome, runMs }) {
    const { nowMs } = context;
    const former = knownNode(context, node);
    if (!former) return { kind: "not_found" };
    const isCompleted = outcome === "completed";
    const work = isCompleted
      ? { completed: 1, failed: 0, runMs, faults: 0 }
      : { completed: 0, failed: 1, runMs: 0, faults: 1 };
    const row = worked(former, work, nowMs);
    putNode(context, row, former);
    return { kind: "saved", node: shown(context, row) };
  },

  countNodeWork(context, { node, ...work }) {
    const former = knownNode(context, node);
    if (!former) return { kind: "not_found" };
    const row = worked(former, work, context.nowMs);
    putNode(context, row, former);
    return { kind: "saved", node: shown(context, row) };
  },
};

/** Where a node stands while it is heard. */
export function restingStatus(row: NodeRow, nowMs: number): NodeState {
  if (row.quarantinedUntil !== null && row.quarantinedUntil > nowMs) return "quarantined";
  if (row.isDraining) return "draining";
  if (row.isPaused) return "paused";
  return row.runningTasks >= row.maxConcurrentTasks ? "busy" : "online";
}

export interface LifeSweep {
  readonly suspect: readonly string[];
  readonly offline: readonly string[];
  readonly released: readonly string[];
}

/** States in which a node that is not heard becomes suspect. */
export const heardStates: readonly NodeState[] = [
  "online",
  "busy",
  "paused",
  "draining",
  "quarantined",
];

/** Moves whose time has come, at most `limit` of each kind. */
export function sweepNodes(context: RecordContext, limit: number): LifeSweep {
  const { records, nowMs } = context;
  const move = (rows: readonly NodeRow[], to: (row: NodeRow) => NodeState, reason: string) =>
    rows.slice(0, limit).map((former) => {
      putNode(context, moved(former, to(former), { reason, nowMs }), former);
      return former.node;
    });
  const overdue = (status: NodeState, atMs: number): readonly NodeRow[] =>
    records.scan(nodeTable, "alive", { equal: [status], before: atMs + 1, limit });
  const offlineBy = nowMs - storeLimits.nodeOfflineAfterMs;
  // Suspects first: who becomes one now has its time still before it.
  const offline = move(
    overdue("suspect", offlineBy),
    () => "offline",
    `not heard for ${storeLimits.nodeOfflineAfterMs} ms after its lease`,
  );
  const silent = heardStates.flatMap((status) => overdue(status, nowMs));
  const suspect = move(silent, () => "suspect", "its lease is over");
  const ended = quarantined(records).filter((row) => (row.quarantinedUntil ?? 0) <= nowMs);
  const released = move(ended, (row) => restingStatus(row, nowMs), "its quarantine is over");
  return { suspect, offline, released };
}

/** When the next of those moves is due; null: not before a change. */
export function nextNodeMoveAt({ records }: RecordContext): number | null {
  const leaseEnd = (status: NodeState): readonly number[] =>
    records
      .scan(nodeTable, "alive", { equal: [status], from: 0, limit: 1 })
      .flatMap((row) => row.leaseExpiresAt ?? []);
  const times = [
    ...heardStates.flatMap(leaseEnd),
    ...leaseEnd("suspect").map((at) => at + storeLimits.nodeOfflineAfterMs),
    ...quarantined(records).flatMap(({ quarantinedUntil: at }) =>
      at === null || at === foreverMs ? [] : at,
    ),
  ];
  return times.length === 0 ? null : Math.min(...times);
}

const quarantined = (records: RecordContext["records"]): readonly NodeRow[] =>
  records.scan(nodeTable, "since", { equal: ["quarantined"], limit: limits.nodesKnownMax });

function put(
  former: NodeRow,
  { status, reason, until }: RecordArguments<"setNodeStatus">[0],
  nowMs: number,
): NodeRow {
  const wished: NodeRow = {
    ...former,
    isPaused: status === "paused" || (status !== "online" && former.isPaused),
    isDraining: status === "draining" || (!isResumed(status) && former.isDraining),
    quarantinedUntil: status === "quarantined" ? (until ?? foreverMs) : kept(former, status),
    failuresInRow: status === "online" ? 0 : former.failuresInRow,
    leaseExpiresAt: status === "offline" ? null : former.leaseExpiresAt,
  };
  return {
    ...wished,
    status,
    statusReason: reason,
    statusSince: status === former.status ? former.statusSince : nowMs,
    version: former.version + 1,
    updatedAt: nowMs,
  };
}

/** A drain or a quarantine ends when its node is put to work, or only paused. */
const isResumed = (status: NodeState): boolean => status === "online" || status === "paused";
const kept = (former: NodeRow, status: NodeState): number | null =>
  isResumed(status) || status === "draining" ? null : former.quarantinedUntil;

export function moved(
  row: NodeRow,
  status: NodeState,
  { reason, nowMs }: { readonly reason: string; readonly nowMs: number },
): NodeRow {
  if (row.status === status) return row;
  return {
    ...row,
    status,
    statusReason: reason,
    statusSince: nowMs,
    version: row.version + 1,
    updatedAt: nowMs,
  };
}

function worked(row: NodeRow, work: Omit<NodeWork, "node">, nowMs: number): NodeRow {
  const { completed, failed, runMs, faults } = work;
  const tasksCompleted = row.tasksCompleted + completed;
  const gap = completed === 0 ? 0 : runMs / 1_000 - completed * row.runSecondsMean;
  const counted = {
    ...row,
    tasksTotal: row.tasksTotal + completed + failed,
    tasksCompleted,
    tasksFailed: row.tasksFailed + failed,
    runSecondsMean: row.runSecondsMean + gap / Math.max(1, tasksCompleted),
    failuresInRow: (completed > 0 ? 0 : row.failuresInRow) + faults,
    updatedAt: nowMs,
  };
  return faults === 0 ? counted : judged(counted, nowMs);
}

/** Too many failures in a row put it in quarantine. */
function judged(row: NodeRow, nowMs: number): NodeRow {
  const { failuresInRow } = row;
  const isQuarantined = row.quarantinedUntil !== null && row.quarantinedUntil > nowMs;
  if (failuresInRow < storeLimits.nodeFailuresMax || isQuarantined) return row;
  const doublings = Math.min(30, failuresInRow - storeLimits.nodeFailuresMax);
  const ms = Math.min(
    storeLimits.nodeQuarantineMsMax,
    storeLimits.nodeQuarantineMsMin * 2 ** doublings,
  );
  const barred = { ...row, quarantinedUntil: nowMs + ms };
  // Who is silent, too, is in quarantine once it is heard.
  if (!heardStates.includes(row.status)) return barred;
  return moved(barred, "quarantined", { reason: `${failuresInRow} failures in a row`, nowMs });
}
