// Numbers that outlive the rows they were given to, and counts of rows that nobody wants to count anew.
import type { RecordShelf } from "../record-shelf.ts";
import { integer, text } from "./record-column.ts";
import { type RowOf, recordTable } from "./record-table.ts";

export const numberTable = recordTable({
  name: "record_numbers",
  columns: { name: text("name"), value: integer("value") },
  key: ["name"],
  indexes: {},
});
type NumberRow = RowOf<typeof numberTable>;

/** Counts of rows whose number is bounded, and of bytes. */
export const countNames = {
  alertRules: "alert_rules",
  alertsOpen: "alerts_open",
  controlsOpen: "controls_open",
  controlsEnded: "controls_ended",
  controlsForgotten: "controls_forgotten",
  controlReadsEnded: "control_reads_ended",
  controlReadsForgotten: "control_reads_forgotten",
  errorGroups: "error_groups",
  poisonTasks: "poison_tasks",
  keptInputBytes: "kept_input_bytes",
  keys: "api_keys",
  models: "models",
  nodes: "nodes",
  skills: "skills",
  tombstones: "tombstones",
  tombstonesForgotten: "tombstones_forgotten",
} as const;

/** 0 before it was ever moved. */
export const numberOf = (records: RecordShelf, name: string): number =>
  records.get(numberTable, [name])?.value ?? 0;

/** The number after it was moved by so much. */
export function moveNumber(records: RecordShelf, name: string, by: number): number {
  const former = records.get(numberTable, [name]);
  const row: NumberRow = { name, value: (former?.value ?? 0) + by };
  records.put(numberTable, row, former);
  return row.value;
}
