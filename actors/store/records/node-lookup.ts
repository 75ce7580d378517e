import { storeLimits } from "#protocols/store-limits.ts";
import type { NodeHold, NodeRecord } from "#protocols/tasks/node-record.ts";
import { type NodeRow, nodeHoldTable, nodeSkillTable, nodeTable } from "./node-tables.ts";
import type { RecordContext } from "./record-command.ts";

/** Unless it was removed. */
export function knownNode({ records }: RecordContext, node: string): NodeRow | undefined {
  const row = records.get(nodeTable, [node]);
  return row?.status === "removed" ? undefined : row;
}

/** As it is told, with its skills and why it is held. */
export function shown(context: RecordContext, row: NodeRow): NodeRecord {
  const { skillNames, ...fields } = row;
  const hold = holdOf(context, row);
  if (skillNames.length === 0) return { ...fields, hold, skills: [] };
  const held = context.records.scan(nodeSkillTable, "node", {
    equal: [row.node],
    limit: storeLimits.nodeSkillsMax,
  });
  return {
    ...fields,
    hold,
    skills: held.map(({ skill, level, verifiedAt }) => ({ skill, level, verifiedAt })),
  };
}

/** `setNodeStatus` can hold a node, too: then its status says why. */
function holdOf({ records }: RecordContext, row: NodeRow): NodeHold | null {
  if (!row.isPaused && !row.isDraining) return null;
  const kind = row.isDraining ? "draining" : "paused";
  const wished = records.get(nodeHoldTable, [row.node]);
  if (wished?.kind !== kind) {
    return { kind, reason: row.statusReason, by: null, since: row.statusSince };
  }
  const { reason, by, since } = wished;
  return { kind, reason, by, since };
}
