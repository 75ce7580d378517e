// What operators want of nodes: no new tasks for a while, or no more at all. The wish stands beside the
// node's row and outlasts its silence, its restarts and those of whoever watches over it.
import type { NodeRecords } from "#protocols/tasks/node-records.ts";
import { takeEffect } from "./control-book.ts";
import { heardStates, moved, restingStatus } from "./node-life.ts";
import { knownNode, shown } from "./node-lookup.ts";
import { type NodeRow, nodeHoldTable } from "./node-tables.ts";
import { putNode } from "./node-writing.ts";
import type { Performers } from "./record-command.ts";

export const nodeHolding: Performers<Pick<NodeRecords, "holdNode">> = {
  holdNode(context, { node, hold, reason, by, commandId }) {
    const { records, nowMs } = context;
    const former = knownNode(context, node);
    if (!former) return { kind: "not_found" };
    // One that comes again would undo what others have ordered since.
    if (commandId !== undefined && !takeEffect(context, commandId)) {
      return { kind: "saved", node: shown(context, former) };
    }
    const wished = records.get(nodeHoldTable, [node]);
    if (hold === null) {
      if (wished) records.drop(nodeHoldTable, wished);
    } else {
      const since = wished?.kind === hold ? wished.since : nowMs;
      records.put(nodeHoldTable, { node, kind: hold, reason, by: by ?? null, since }, wished);
    }
    const row: NodeRow = {
      ...former,
      isPaused: hold === "paused",
      isDraining: hold === "draining",
      ...(hold === null ? { quarantinedUntil: null, failuresInRow: 0 } : {}),
      version: former.version + 1,
      updatedAt: nowMs,
    };
    const placed = heardStates.includes(row.status)
      ? moved(row, restingStatus(row, nowMs), { reason, nowMs })
      : row;
    putNode(context, placed, former);
    return { kind: "saved", node: shown(context, placed) };
  },
};
