// How much of the control commands' history is kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryRecords } from "#actors/store/memory/memory-records.ts";
import type { RecordArguments, RecordMethod } from "#actors/store/records/record-command.ts";
import { moveNumber } from "#actors/store/records/record-numbers.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { decide, startMs } from "./record-fixture.ts";

test("of ended commands so many are kept; the oldest give way to the next, and are counted", () => {
  const records = new MemoryRecords();
  let nowMs = startMs;
  const call = <M extends RecordMethod>(method: M, ...args: RecordArguments<M>) => {
    nowMs += 1;
    return records.undoable(() => decide(records, nowMs, method, args));
  };
  const begin = (commandId: string, timeoutMs = 60_000) =>
    call("beginControl", { commandId, command: "PING", timeoutMs });
  const isKept = (commandId: string): boolean => call("control", commandId) !== null;
  const ids = ["a", "b", "c", "d", "e"];
  // As if all but three had been there before.
  records.undoable(() => moveNumber(records, "controls_ended", storeLimits.controlsKeptMax - 3));
  begin("open");
  for (const commandId of ids) {
    begin(commandId);
    call("finishControl", { commandId, status: "completed" });
  }
  assert.deepEqual(ids.map(isKept), [false, false, true, true, true]);
  begin("late", 1);
  nowMs += 10;
  const swept = call("sweepRecords", 10);
  assert.deepEqual(swept.timedOut, ["late"]);
  assert.deepEqual(swept.controls, { kept: storeLimits.controlsKeptMax, forgotten: 3 });
  assert.deepEqual([...ids, "late", "open"].filter(isKept), ["d", "e", "late", "open"]);
  assert.equal(begin("a").kind, "begun");
  nowMs += storeLimits.controlTtlMs + 60_000;
  const { purged, controls } = call("sweepRecords", 10);
  // Two more ended by their deadlines, and made two give way before age could.
  assert.deepEqual([purged, controls.forgotten], [1, 5]);
});

test("however many commands only look, none that may take effect gives way", () => {
  const records = new MemoryRecords();
  let nowMs = startMs;
  const call = <M extends RecordMethod>(method: M, ...args: RecordArguments<M>) => {
    nowMs += 1;
    return records.undoable(() => decide(records, nowMs, method, args));
  };
  const ended = (commandId: string, command: string, isRead: boolean): void => {
    call("beginControl", { commandId, command, timeoutMs: 60_000, isRead });
    call("finishControl", { commandId, status: "completed" });
  };
  const isKept = (commandId: string): boolean => call("control", commandId) !== null;
  ended("shutdown", "SHUTDOWN_NODE", false);
  ended("first", "PING", true);
  for (let index = 1; index < storeLimits.controlReadsKeptMax; index += 1) {
    ended(`ping ${index}`, "PING", true);
  }
  assert.deepEqual(["shutdown", "first"].map(isKept), [true, true]);
  ended("last", "PING", true);
  assert.deepEqual(["shutdown", "first", "ping 1", "last"].map(isKept), [true, false, true, true]);
  const levels = call("recordLevels").filter(({ bound }) => /^control.*KeptMax$/.test(bound));
  assert.deepEqual(
    levels.map(({ bound, level, gaveWay }) => [bound, level, gaveWay]),
    [
      ["controlsKeptMax", 1, 0],
      ["controlReadsKeptMax", storeLimits.controlReadsKeptMax, 1],
    ],
  );
});
