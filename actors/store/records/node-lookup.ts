import { storeLimits } from "#protocols/store-limits.ts";
import type { NodeRecord } from "#protocols/tasks/node-record.ts";
import { type NodeRow, nodeSkillTable, nodeTable } from "./node-tables.ts";
import type { RecordContext } from "./record-command.ts";

/** Unless it was removed. */
export function knownNode({ records }: RecordContext, node: string): NodeRow | undefined {
  const row = records.get(nodeTable, [node]);
  return row?.status === "removed" ? undefined : row;
}

/** As it is told, with its skills. */
export function shown({ records }: RecordContext, row: NodeRow): NodeRecord {
  const { skillNames, ...fields } = row;
  if (skillNames.length === 0) return { ...fields, skills: [] };
  const held = records.scan(nodeSkillTable, "node", {
    equal: [row.node],
    limit: storeLimits.nodeSkillsMax,
  });
  return {
    ...fields,
    skills: held.map(({ skill, level, verifiedAt }) => ({ skill, level, verifiedAt })),
  };
}
