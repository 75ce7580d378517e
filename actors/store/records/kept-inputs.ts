// Whose inputs are kept after they failed, so that they can be tried again: up to so many bytes in all;
// beyond that those of the task that failed first are forgotten.
import { storeLimits } from "#protocols/store-limits.ts";
import type { RecordShelf } from "../record-shelf.ts";
import { integer, text } from "./record-column.ts";
import { countNames, moveNumber } from "./record-numbers.ts";
import { recordTable } from "./record-table.ts";

export const keptInputTable = recordTable({
  name: "kept_inputs",
  columns: { taskId: text("task_id"), number: integer("number"), bytes: integer("bytes") },
  key: ["taskId"],
  indexes: { number: { on: ["number"] } },
});

const names = { number: "kept_inputs", bytes: countNames.keptInputBytes };

export const areInputsKept = (records: RecordShelf, taskId: string): boolean =>
  records.get(keptInputTable, [taskId]) !== undefined;

/** The tasks whose inputs are to go for it; the task itself, when its own are too many bytes. */
export function keepInputsOf(
  records: RecordShelf,
  { taskId, payloadBytes: bytes }: { readonly taskId: string; readonly payloadBytes: number },
): readonly string[] {
  if (bytes > storeLimits.keptInputBytesMax) return [taskId];
  const number = moveNumber(records, names.number, 1);
  records.put(keptInputTable, { taskId, number, bytes }, undefined);
  let total = moveNumber(records, names.bytes, bytes);
  const gone: string[] = [];
  while (total > storeLimits.keptInputBytesMax) {
    const [oldest] = records.scan(keptInputTable, "number", { limit: 1 });
    if (!oldest) break;
    records.drop(keptInputTable, oldest);
    total = moveNumber(records, names.bytes, -oldest.bytes);
    gone.push(oldest.taskId);
  }
  return gone;
}
