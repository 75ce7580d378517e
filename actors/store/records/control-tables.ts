// Where control commands are kept: those that only look apart from the others, so that however many look
// none of the records gives way by which a command takes effect at most once.
import { storeLimits } from "#protocols/store-limits.ts";
import { type ControlRecord, ControlStatus } from "#protocols/tasks/control-records.ts";
import { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import type { RecordShelf } from "../record-shelf.ts";
import { integer, json, orNull, text, word } from "./record-column.ts";
import { countNames } from "./record-numbers.ts";
import { recordTable } from "./record-table.ts";

const tableNamed = (name: string) =>
  recordTable({
    name,
    columns: {
      commandId: text("command_id"),
      command: text("command"),
      node: orNull(text("target_node")),
      taskId: orNull(text("target_task")),
      parameters: orNull(json("params", TaskParameters)),
      issuedBy: orNull(text("issued_by")),
      issuedAt: integer("issued_at"),
      deadlineAt: integer("deadline_at"),
      attempts: integer("attempts"),
      deliveredAt: orNull(integer("delivered_at")),
      acknowledgedAt: orNull(integer("acked_at")),
      finishedAt: orNull(integer("finished_at")),
      status: word("status", ControlStatus),
      response: orNull(text("response")),
      error: orNull(text("error")),
    },
    key: ["commandId"],
    indexes: {
      node: { on: ["node", "issuedAt"], where: ["node", "not null"] },
      issued: { on: ["issuedAt"] },
      open: { on: ["deadlineAt"], where: ["finishedAt", null] },
      finished: { on: ["finishedAt"], where: ["finishedAt", "not null"] },
    },
  });

export const controlTable = tableNamed("control_history");
export const controlReadTable = tableNamed("control_reads");

/** A table of commands, and how many of those that have ended stay in it. */
export interface ControlShelf {
  readonly table: typeof controlTable;
  readonly keptMax: number;
  /** Names of the counts of those that have ended, and of those that were forgotten to make room. */
  readonly ended: string;
  readonly forgotten: string;
}

export const effectShelf: ControlShelf = {
  table: controlTable,
  keptMax: storeLimits.controlsKeptMax,
  ended: countNames.controlsEnded,
  forgotten: countNames.controlsForgotten,
};

export const readShelf: ControlShelf = {
  table: controlReadTable,
  keptMax: storeLimits.controlReadsKeptMax,
  ended: countNames.controlReadsEnded,
  forgotten: countNames.controlReadsForgotten,
};

export const controlShelves = [effectShelf, readShelf] as const;

export interface KeptControl {
  readonly shelf: ControlShelf;
  readonly row: ControlRecord;
}

/** An id stands in one of them at most. */
export function keptControl(records: RecordShelf, commandId: string): KeptControl | undefined {
  for (const shelf of controlShelves) {
    const row = records.get(shelf.table, [commandId]);
    if (row) return { shelf, row };
  }
  return undefined;
}
