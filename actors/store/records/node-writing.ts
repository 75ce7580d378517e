// The one place where a node's row is written: what counts in its version is told on the node's channel,
// in the same transaction. Figures that come with every beat are no change of that kind.
import { channelOf } from "#protocols/tasks/task-events.ts";
import { type NodeRow, nodeTable } from "./node-tables.ts";
import type { RecordContext } from "./record-command.ts";

/** `former`: as it was read; undefined for a new one. */
export function putNode(context: RecordContext, row: NodeRow, former: NodeRow | undefined): void {
  const { records, shelf, nowMs } = context;
  records.put(nodeTable, row, former);
  if (row.version === former?.version) return;
  const { node, status, version, incarnation, statusReason: reason } = row;
  const payload = { node, status, version, incarnation, reason };
  const isMove = former?.status !== status;
  const type = isMove ? status : "changed";
  shelf.append({ channel: channelOf.node(node), type, taskId: null, payload }, nowMs);
}
