import assert from "node:assert/strict";
import { test } from "node:test";
import { fillOf, nextLevel } from "#actors/queue/decisions/overflow-alarm.ts";
import { QueueAlarms } from "#actors/queue/queue-alarms.ts";
import { evictionRule, fillRule } from "#protocols/tasks/queue-monitor.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import { viewOf } from "../queue-samples.ts";

test("an alarm begins at one mark and ends at a lower one", () => {
  const levels = (fills: readonly number[]) => {
    let level: ReturnType<typeof nextLevel> = "calm";
    return fills.map((fill) => {
      level = nextLevel(level, fill);
      return level;
    });
  };
  assert.deepEqual(levels([0.79, 0.8, 0.75, 0.71, 0.7, 0.79]), [
    ...["calm", "warning", "warning", "warning", "calm", "calm"],
  ]);
  assert.deepEqual(levels([0.95, 0.86, 0.85, 0.94, 1, 0.5]), [
    ...["critical", "critical", "warning", "warning", "critical", "calm"],
  ]);
});

test("a queue is as full as the nearer of its limits says", () => {
  const fill = (terms: Partial<QueueView>) => Object.values(fillOf(viewOf(terms)));
  assert.deepEqual(fill({ pending: 10, pendingBytes: 900 }), [0.9, "workers"]);
  assert.deepEqual(fill({ pending: 95, pendingBytes: 0 }), [0.95, "workers"]);
  assert.deepEqual(fill({ pending: 70, waitingConfirmation: 80 }), [0.8, "people"]);
  assert.deepEqual(fill({ pendingMax: 0 }), [1, "workers"]);
});

test("a queue whose tasks wait for people says so", () => {
  const [change] = new QueueAlarms().seen([viewOf({ pending: 1, waitingConfirmation: 99 })], 0);
  assert.match(change?.text ?? "", /q is 99 % full: 99 tasks wait for people; have them answer/);
});

test("each change of the level is told once, with what to do about it", () => {
  const alarms = new QueueAlarms();
  const tell = (pending: number) =>
    alarms.seen([viewOf({ pending })], 0).map(({ ruleId, severity }) => [ruleId, severity]);
  assert.deepEqual(tell(50), []);
  assert.deepEqual(tell(80), [[fillRule, "warning"]]);
  assert.deepEqual(tell(90), []);
  assert.deepEqual(tell(99), [[fillRule, "critical"]]);
  assert.deepEqual(tell(10), [[fillRule, null]]);
  const [change] = alarms.seen([viewOf({ pending: 100, whenFull: "block" })], 0);
  assert.match(change?.text ?? "", /q is 100 % full: 100 tasks wait; add workers, .* have to wait/);
});

test("the first eviction is told, the next ones are not, and a calm minute ends it", () => {
  const alarms = new QueueAlarms();
  const tell = (evictedTotal: number, nowMs: number) =>
    alarms
      .seen([viewOf({ evictedTotal })], nowMs)
      .map(({ ruleId, severity, value }) => [...[ruleId, severity, value]]);
  assert.deepEqual(tell(7, 0), [], "those of an earlier life are no news");
  assert.deepEqual(tell(9, 1_000), [[evictionRule, "warning", 2]]);
  assert.deepEqual(tell(12, 2_000), []);
  assert.deepEqual(tell(12, 61_999), []);
  assert.deepEqual(tell(12, 62_000), [[evictionRule, null, 0]]);
  assert.deepEqual(tell(13, 63_000), [[evictionRule, "warning", 1]]);
});

test("an alert that an earlier life left open ends with its cause", () => {
  const alarms = new QueueAlarms();
  alarms.wereOpen(
    [
      { ruleId: fillRule, subject: "q", severity: "critical" },
      { ruleId: evictionRule, subject: "q", severity: "warning" },
    ],
    0,
  );
  const at = (pending: number, nowMs: number) =>
    alarms.seen([viewOf({ pending, evictedTotal: 5 })], nowMs).map((change) => change.severity);
  assert.deepEqual(at(96, 0), []);
  assert.deepEqual(at(0, 1), [null]);
  assert.deepEqual(at(0, 60_000), [null]);
});
