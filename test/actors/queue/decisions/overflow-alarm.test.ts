import assert from "node:assert/strict";
import { test } from "node:test";
import { fillOf, nextLevel } from "#actors/queue/decisions/overflow-alarm.ts";
import { QueueAlarms } from "#actors/queue/queue-alarms.ts";
import { QueueHistory } from "#actors/queue/queue-history.ts";
import { evictionRule, fillRule } from "#protocols/tasks/queue-monitor.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";

const viewOf = (terms: Partial<QueueView>): QueueView => ({
  ...{ queue: "q", isPaused: false, pendingMax: 100, pendingBytesMax: 1_000, perUserMax: 100 },
  ...{ whenFull: "reject", agingMsPerLevel: 0, fairMs: 0, leaseMs: 15_000, isKeyRequired: false },
  retry: { baseMs: 1, factor: 1, capMs: 1, jitter: "none" },
  ...{ completedTtlMs: 1, failedTtlMs: 1, pending: 0, pendingBytes: 0, running: 0 },
  ...{ completedTotal: 0, failedTotal: 0, cancelledTotal: 0, timedOutTotal: 0, evictedTotal: 0 },
  waitingConfirmation: 0,
  ...{
    endedPerSecond: 0,
    claimedPerSecond: 0,
    scheduled: 0,
    retriesLately: 0,
    retryBudgetLeft: 10,
    queueMsMean: null,
    runMsMean: null,
  },
  ...terms,
});

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

test("a history has a point every ten seconds, with what ended since the one before", () => {
  const history = new QueueHistory();
  const at = (time: number, terms: Partial<QueueView>) =>
    Object.fromEntries(history.seen([viewOf(terms)], time).map(({ name, sum }) => [name, sum]));
  assert.deepEqual(at(1_000_000, { pending: 3, completedTotal: 40 }), {
    ...{ "queue.pending": 3, "queue.running": 0, "queue.waiting_confirmation": 0 },
    ...{ "queue.completed": 0, "queue.failed": 0, "queue.cancelled": 0 },
    ...{ "queue.timed_out": 0, "queue.evicted": 0 },
  });
  assert.deepEqual(at(1_009_999, { completedTotal: 41 }), {});
  const ends = { completedTotal: 45, cancelledTotal: 2, timedOutTotal: 3 };
  const next = at(1_010_000, { ...ends, queueMsMean: 20, runMsMean: 300 });
  assert.equal(next["queue.completed"], 5);
  assert.deepEqual([next["queue.cancelled"], next["queue.timed_out"]], [2, 3]);
  assert.deepEqual([next["queue.wait_ms"], next["queue.run_ms"]], [20, 300]);
  assert.equal(at(900_000, { completedTotal: 46 })["queue.completed"], 1, "the clock went back");
});
