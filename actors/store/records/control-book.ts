// Control commands: begun once, ended once, whatever arrives twice or late.
import { isDeepStrictEqual } from "node:util";
import { storeLimits } from "#protocols/store-limits.ts";
import type {
  ControlCommand,
  ControlNoted,
  ControlRecord,
  ControlRecords,
} from "#protocols/tasks/control-records.ts";
import type { RecordShelf } from "../record-shelf.ts";
import {
  type ControlShelf,
  controlShelves,
  controlTable,
  effectShelf,
  type KeptControl,
  keptControl,
  readShelf,
} from "./control-tables.ts";
import type { Performers, RecordContext } from "./record-command.ts";
import { countNames, moveNumber, numberOf } from "./record-numbers.ts";

const openCount = countNames.controlsOpen;

export const controlBook: Performers<ControlRecords> = {
  beginControl({ records, nowMs }, command) {
    const known = keptControl(records, command.commandId)?.row;
    const row = begun(command, nowMs);
    if (known) {
      return { kind: isSameCommand(known, row) ? "known" : "conflict", command: known };
    }
    if (numberOf(records, openCount) >= storeLimits.controlsOpenMax) {
      return { kind: "full", limit: storeLimits.controlsOpenMax };
    }
    const { table } = command.isRead === true ? readShelf : effectShelf;
    records.put(table, row, undefined);
    moveNumber(records, openCount, 1);
    return { kind: "begun" };
  },

  noteControl(context, { commandId, step }) {
    const { records, nowMs } = context;
    const kept = openInTime(context, commandId);
    if (!("row" in kept)) return kept;
    const { row: former, shelf } = kept;
    const sent = { attempts: former.attempts + 1, deliveredAt: former.deliveredAt ?? nowMs };
    const taken = { acknowledgedAt: former.acknowledgedAt ?? nowMs };
    const isTaken = step === "acknowledged" || former.acknowledgedAt !== null;
    const row: ControlRecord = {
      ...former,
      ...(step === "delivered" ? sent : taken),
      status: isTaken ? "acknowledged" : "delivered",
    };
    records.put(shelf.table, row, former);
    return { kind: "noted" };
  },

  finishControl({ records, nowMs }, { commandId, status, response, error }) {
    const kept = openControl(records, commandId);
    if (!("row" in kept)) return kept;
    const { row: former, shelf } = kept;
    const row: ControlRecord = {
      ...former,
      status,
      // Who has done it had it, also when nobody said so before.
      acknowledgedAt: former.acknowledgedAt ?? (status === "completed" ? nowMs : null),
      finishedAt: nowMs,
      response: response ?? null,
      error: error ?? null,
    };
    records.put(shelf.table, row, former);
    countEnded(records, shelf, 1);
    return { kind: "noted" };
  },

  control({ records }, commandId) {
    return keptControl(records, commandId)?.row ?? null;
  },

  openControls({ records }, limit) {
    return nextOpen(records, limit);
  },

  controlsIssued({ records }, { node, before, limit }) {
    const range = before === undefined ? {} : { before };
    const page = { order: "down", limit, ...range } as const;
    return controlShelves
      .flatMap(({ table }) =>
        node === undefined
          ? records.scan(table, "issued", page)
          : records.scan(table, "node", { equal: [node], ...page }),
      )
      .sort((a, b) => b.issuedAt - a.issuedAt)
      .slice(0, limit);
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
  const kept = openInTime(context, commandId);
  if (!("row" in kept)) return false;
  const { row: former, shelf } = kept;
  if (former.acknowledgedAt !== null) return true;
  const row: ControlRecord = { ...former, acknowledgedAt: nowMs, status: "acknowledged" };
  records.put(shelf.table, row, former);
  return true;
}

/** Ends what is past its deadline; their ids. */
export function timeOutControls({ records, nowMs }: RecordContext, limit: number): string[] {
  return controlShelves.flatMap((shelf) => {
    const overdue = records.scan(shelf.table, "open", { before: nowMs + 1, limit });
    for (const row of overdue) timedOut(records, { row, shelf }, nowMs);
    if (overdue.length > 0) countEnded(records, shelf, overdue.length);
    return overdue.map(({ commandId }) => commandId);
  });
}

/** As `openControl`; it is timed out first when that is due and no sweep has come: nothing begins behind its deadline. */
function openInTime({ records, nowMs }: RecordContext, commandId: string) {
  const kept = openControl(records, commandId);
  if (!("row" in kept) || kept.row.deadlineAt > nowMs) return kept;
  timedOut(records, kept, nowMs);
  countEnded(records, kept.shelf, 1);
  return openControl(records, commandId);
}

function timedOut(records: RecordShelf, { row, shelf }: KeptControl, nowMs: number): void {
  const error = `no answer by its deadline, after ${row.attempts} attempts`;
  const ended: ControlRecord = { ...row, status: "timed_out", finishedAt: nowMs, error };
  records.put(shelf.table, ended, row);
}

/** Those that ended before then, so many of each kind at most; how many. */
export const forgetEndedControls = (
  records: RecordShelf,
  range: { readonly before: number; readonly limit: number },
): number => controlShelves.reduce((sum, shelf) => sum + forgetEnded(records, shelf, range), 0);

interface ControlsKept {
  readonly kept: number;
  /** To make room, so far. */
  readonly forgotten: number;
}

export const controlsKept = (records: RecordShelf): ControlsKept => ({
  kept: numberOf(records, effectShelf.ended),
  forgotten: numberOf(records, effectShelf.forgotten),
});

export const nextControlDeadline = (records: RecordShelf): number | null =>
  nextOpen(records, 1)[0]?.deadlineAt ?? null;

const nextOpen = (records: RecordShelf, limit: number): readonly ControlRecord[] =>
  controlShelves
    .flatMap(({ table }) => records.scan(table, "open", { limit }))
    .sort((a, b) => a.deadlineAt - b.deadlineAt)
    .slice(0, limit);

function countEnded(records: RecordShelf, shelf: ControlShelf, count: number): void {
  moveNumber(records, openCount, -count);
  const over = moveNumber(records, shelf.ended, count) - shelf.keptMax;
  if (over <= 0) return;
  moveNumber(records, shelf.forgotten, forgetEnded(records, shelf, { limit: over }));
}

/** The oldest of those that have ended; how many. */
function forgetEnded(
  records: RecordShelf,
  shelf: ControlShelf,
  range: { readonly before?: number; readonly limit: number },
): number {
  const forgotten = records.trim(shelf.table, "finished", range);
  // Those that ended before there was a count are not in it.
  const counted = Math.min(forgotten, numberOf(records, shelf.ended));
  if (counted > 0) moveNumber(records, shelf.ended, -counted);
  return forgotten;
}

function openControl(records: RecordShelf, commandId: string): KeptControl | ControlNoted {
  const kept = keptControl(records, commandId);
  if (!kept) return { kind: "not_found" };
  const { finishedAt, status } = kept.row;
  return finishedAt === null ? kept : { kind: "ended", status };
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
