// Control commands: begun once, ended once, whatever arrives twice or late.
import { isDeepStrictEqual } from "node:util";
import { storeLimits } from "#protocols/store-limits.ts";
import {
  type ControlCommand,
  type ControlNoted,
  type ControlRecord,
  type ControlRecords,
  ControlStatus,
} from "#protocols/tasks/control-records.ts";
import { TaskParameters } from "#protocols/tasks/task.ts";
import type { RecordShelf } from "../record-shelf.ts";
import { integer, json, orNull, text, word } from "./record-column.ts";
import type { Performers, RecordContext } from "./record-command.ts";
import { countNames, moveNumber, numberOf } from "./record-numbers.ts";
import { recordTable } from "./record-table.ts";

export const controlTable = recordTable({
  name: "control_history",
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
    open: { on: ["deadlineAt"], where: ["finishedAt", null] },
    finished: { on: ["finishedAt"], where: ["finishedAt", "not null"] },
  },
});

const {
  controlsOpen: openCount,
  controlsEnded: endedCount,
  controlsForgotten: forgottenCount,
} = countNames;

export const controlBook: Performers<ControlRecords> = {
  beginControl({ records, nowMs }, command) {
    const known = records.get(controlTable, [command.commandId]);
    const row = begun(command, nowMs);
    if (known) {
      return { kind: isSameCommand(known, row) ? "known" : "conflict", command: known };
    }
    if (numberOf(records, openCount) >= storeLimits.controlsOpenMax) {
      return { kind: "full", limit: storeLimits.controlsOpenMax };
    }
    records.put(controlTable, row, undefined);
    moveNumber(records, openCount, 1);
    return { kind: "begun" };
  },

  noteControl(context, { commandId, step }) {
    const { records, nowMs } = context;
    const former = inTime(context, commandId);
    const refused = refusal(former);
    if (!former || refused) return refused ?? { kind: "not_found" };
    const sent = { attempts: former.attempts + 1, deliveredAt: former.deliveredAt ?? nowMs };
    const taken = { acknowledgedAt: former.acknowledgedAt ?? nowMs };
    const isTaken = step === "acknowledged" || former.acknowledgedAt !== null;
    const row: ControlRecord = {
      ...former,
      ...(step === "delivered" ? sent : taken),
      status: isTaken ? "acknowledged" : "delivered",
    };
    records.put(controlTable, row, former);
    return { kind: "noted" };
  },

  finishControl({ records, nowMs }, { commandId, status, response, error }) {
    const former = records.get(controlTable, [commandId]);
    const refused = refusal(former);
    if (!former || refused) return refused ?? { kind: "not_found" };
    const row: ControlRecord = {
      ...former,
      status,
      // Who has done it had it, also when nobody said so before.
      acknowledgedAt: former.acknowledgedAt ?? (status === "completed" ? nowMs : null),
      finishedAt: nowMs,
      response: response ?? null,
      error: error ?? null,
    };
    records.put(controlTable, row, former);
    countEnded(records, 1);
    return { kind: "noted" };
  },

  control({ records }, commandId) {
    return records.get(controlTable, [commandId]) ?? null;
  },

  openControls({ records }, limit) {
    return records.scan(controlTable, "open", { limit });
  },

  controlsOfNode({ records }, { node, before, limit }) {
    const range = before === undefined ? {} : { before };
    return records.scan(controlTable, "node", { equal: [node], order: "down", limit, ...range });
  },
};

/**
 * For whoever writes what a command does into the store: acknowledges it in the same commit. False: that
 * was done before, or the command has ended, and is not to take effect any more.
 */
export function takeEffect(context: RecordContext, commandId: string): boolean {
  const isTaken = context.records.get(controlTable, [commandId])?.acknowledgedAt !== null;
  return !isTaken && acknowledge(context, commandId);
}

/** The same for what comes to the same when it is done twice. False: the command has ended. */
export function acknowledge(context: RecordContext, commandId: string): boolean {
  const { records, nowMs } = context;
  const former = inTime(context, commandId);
  if (!former || former.finishedAt !== null) return false;
  if (former.acknowledgedAt !== null) return true;
  const row: ControlRecord = { ...former, acknowledgedAt: nowMs, status: "acknowledged" };
  records.put(controlTable, row, former);
  return true;
}

/** Ends what is past its deadline; their ids. */
export function timeOutControls({ records, nowMs }: RecordContext, limit: number): string[] {
  const overdue = records.scan(controlTable, "open", { before: nowMs + 1, limit });
  for (const former of overdue) timedOut(records, former, nowMs);
  if (overdue.length > 0) countEnded(records, overdue.length);
  return overdue.map(({ commandId }) => commandId);
}

/** The row, timed out first when that is due and no sweep has come yet: nothing begins behind its deadline. */
function inTime({ records, nowMs }: RecordContext, commandId: string): ControlRecord | undefined {
  const row = records.get(controlTable, [commandId]);
  if (!row || row.finishedAt !== null || row.deadlineAt > nowMs) return row;
  const ended = timedOut(records, row, nowMs);
  countEnded(records, 1);
  return ended;
}

function timedOut(records: RecordShelf, former: ControlRecord, nowMs: number): ControlRecord {
  const error = `no answer by its deadline, after ${former.attempts} attempts`;
  const row: ControlRecord = { ...former, status: "timed_out", finishedAt: nowMs, error };
  records.put(controlTable, row, former);
  return row;
}

/** The oldest of those that have ended; how many. */
export function forgetEndedControls(
  records: RecordShelf,
  range: { readonly before?: number; readonly limit: number },
): number {
  const forgotten = records.trim(controlTable, "finished", range);
  // Those that ended before there was a count are not in it.
  const counted = Math.min(forgotten, numberOf(records, endedCount));
  if (counted > 0) moveNumber(records, endedCount, -counted);
  return forgotten;
}

interface ControlsKept {
  readonly kept: number;
  /** To make room, so far. */
  readonly forgotten: number;
}

export const controlsKept = (records: RecordShelf): ControlsKept => ({
  kept: numberOf(records, endedCount),
  forgotten: numberOf(records, forgottenCount),
});

function countEnded(records: RecordShelf, count: number): void {
  moveNumber(records, openCount, -count);
  const over = moveNumber(records, endedCount, count) - storeLimits.controlsKeptMax;
  if (over > 0) moveNumber(records, forgottenCount, forgetEndedControls(records, { limit: over }));
}

export const nextControlDeadline = (records: RecordShelf): number | null =>
  records.scan(controlTable, "open", { limit: 1 })[0]?.deadlineAt ?? null;

function refusal(former: ControlRecord | undefined): ControlNoted | undefined {
  if (!former) return { kind: "not_found" };
  return former.finishedAt === null ? undefined : { kind: "ended", status: former.status };
}

const begun = (command: ControlCommand, nowMs: number): ControlRecord => ({
  commandId: command.commandId,
  command: command.command,
  node: command.node ?? null,
  taskId: command.taskId ?? null,
  parameters: command.parameters ?? null,
  issuedBy: command.issuedBy ?? null,
  issuedAt: nowMs,
  deadlineAt: nowMs + command.timeoutMs,
  attempts: 0,
  deliveredAt: null,
  acknowledgedAt: null,
  finishedAt: null,
  status: "issued",
  response: null,
  error: null,
});

/** The deadline is the issuer's, and moves when it asks again. */
const isSameCommand = (known: ControlRecord, command: ControlRecord): boolean =>
  known.command === command.command &&
  known.node === command.node &&
  known.taskId === command.taskId &&
  isDeepStrictEqual({ ...known.parameters }, { ...command.parameters });
