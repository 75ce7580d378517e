import assert from "node:assert/strict";
import { test } from "node:test";
import { calmMs, ErrorAlarms, groupWindowMs, renewMs } from "#actors/errors/error-alarms.ts";
import { ErrorGroups } from "#actors/errors/error-groups.ts";
import type { FailedAttempt } from "#actors/errors/failed-attempt.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { errorRules } from "#protocols/tasks/errors.ts";
import { failureStrategies } from "#protocols/tasks/failure-strategy.ts";

const nothing = { seq: 0, missed: 0, groups: [], poison: [] };
const attempt = (terms: Partial<FailedAttempt> = {}): FailedAttempt => ({
  ...{ class: "model", code: "model_failed", detail: "node 7 failed", type: "inpaint" },
  ...{ model: "lama", queue: "default", node: "worker-1", isRetried: true, isOverBudget: false },
  ...{ taskId: "t1", at: 1_000 },
  ...terms,
});

test("what is alike is one group, with the newest of what varies", () => {
  const groups = new ErrorGroups(nothing);
  groups.note(attempt());
  groups.note(attempt({ detail: "node 9 failed", taskId: "t2", node: "worker-2", at: 2_000 }));
  groups.note(attempt({ taskId: "t1", isRetried: false, at: 3_000 }));
  groups.note(attempt({ code: "bad_image", class: "validation", at: 9_000 }));
  assert.equal(groups.size, 2);
  const [newest, group] = groups.find({ limit: 10 });
  assert.equal(newest?.code, "bad_image");
  assert.deepEqual(
    [group?.count, group?.retried, group?.firstAt, group?.lastAt, group?.detail],
    [3, 2, 1_000, 3_000, "node # failed"],
  );
  assert.deepEqual(
    [group?.taskIds, group?.nodes],
    [
      ["t1", "t2"],
      ["worker-1", "worker-2"],
    ],
  );
});

test("beyond the limit, of groups as rare the one gives way that was seen longest ago, acknowledged ones first", () => {
  const groups = new ErrorGroups(nothing);
  const max = storeLimits.errorGroupsMax;
  const codes = Array.from({ length: max }, (_, number) => `c${number}`);
  const [oldest, second] = codes.map((code, at) => groups.note(attempt({ code, at })).fingerprint);
  assert.ok(oldest && second);
  groups.acknowledge(second, "anna", 5);
  groups.note(attempt({ code: "one more", at: max }));
  assert.deepEqual([groups.size, groups.get(second), groups.forgottenTotal], [max, undefined, 1]);
  assert.ok(groups.get(oldest));
  assert.deepEqual(groups.changes().forgotten, [second]);
  groups.note(attempt({ code: "and one", at: max + 1 }));
  assert.equal(groups.get(oldest), undefined);
  groups.kept(groups.changes());
  assert.deepEqual([groups.changes().groups, groups.changes().forgotten], [[], []]);
});

test("a flood of errors that happen once drives out its like, and what happens often only when it is long past", () => {
  const groups = new ErrorGroups(nothing);
  const often = groups.note(attempt({ code: "often" }));
  for (let count = 1; count < 120; count += 1) groups.note(attempt({ code: "often" }));
  const twice = groups.note(attempt({ code: "twice" }));
  groups.note(attempt({ code: "twice" }));
  const hourMs = 3_600_000;
  const isLeftAfterFloodAt = (at: number) => {
    for (let number = 0; number < 2 * storeLimits.errorGroupsMax; number += 1) {
      groups.note(attempt({ code: `once ${at} ${number}`, at: at + number }));
    }
    return [often, twice].map(({ fingerprint }) => groups.get(fingerprint) !== undefined);
  };
  assert.deepEqual(isLeftAfterFloodAt(2_000), [true, true]);
  assert.deepEqual(isLeftAfterFloodAt(2 * hourMs), [true, false]);
  assert.deepEqual(isLeftAfterFloodAt(6.8 * hourMs), [true, false]);
  assert.deepEqual(isLeftAfterFloodAt(7 * hourMs), [false, false]);
  assert.equal(groups.size, storeLimits.errorGroupsMax);
});

test("a change during the writing is written the next time", () => {
  const groups = new ErrorGroups(nothing);
  groups.note(attempt());
  const notes = groups.changes();
  groups.note(attempt());
  groups.kept(notes);
  assert.deepEqual(
    groups.changes().groups.map(({ count }) => count),
    [2],
  );
});

test("an acknowledged group is open again when it happens again", () => {
  const groups = new ErrorGroups(nothing);
  const { fingerprint } = groups.note(attempt());
  assert.deepEqual(groups.acknowledge(fingerprint, "anna", 9), { kind: "acknowledged" });
  assert.deepEqual(groups.acknowledge(fingerprint, "ben", 9), { kind: "already", by: "anna" });
  assert.equal(groups.find({ state: "open", limit: 9 }).length, 0);
  groups.note(attempt());
  assert.equal(groups.find({ state: "open", limit: 9 }).length, 1);
  assert.deepEqual(groups.acknowledge("0".repeat(16), "anna", 9), { kind: "not_found" });
});

test("a group alerts from its class's threshold on, once, worse at the tenfold, and ends", () => {
  const groups = new ErrorGroups(nothing);
  const alarms = new ErrorAlarms();
  const from = failureStrategies.model.alertFrom;
  assert.ok(from !== null);
  const severities: (string | null)[] = [];
  for (let count = 1; count <= 10 * from + 5; count += 1) {
    const told = alarms.noted(groups.note(attempt({ at: count })), attempt({ at: count }));
    for (const { severity } of told) severities.push(`${severity} at ${count}`);
  }
  assert.deepEqual(severities, [`warning at ${from}`, `critical at ${10 * from}`]);
  const goesOn = alarms.due(groupWindowMs).map(({ isSame, value }) => [isSame, value]);
  assert.deepEqual(goesOn, [[true, 10 * from + 5]]);
  assert.deepEqual(alarms.due(groupWindowMs + 1), []);
  const [ended] = alarms.due(10 * from + 5 + groupWindowMs);
  assert.deepEqual([ended?.ruleId, ended?.severity], [errorRules.group, null]);
});

test("what is slower than its threshold within ten minutes alerts nobody", () => {
  const alarms = new ErrorAlarms();
  const groups = new ErrorGroups(nothing);
  for (let count = 0; count < 40; count += 1) {
    const one = attempt({ at: count * (groupWindowMs / 4) });
    assert.deepEqual(alarms.noted(groups.note(one), one), []);
  }
});

test("a spent budget alerts once for its queue, and a minute later it is over", () => {
  const alarms = new ErrorAlarms();
  const groups = new ErrorGroups(nothing);
  const spent = attempt({ class: "network", isOverBudget: true, queue: "slow", at: 5 });
  const told = [1, 2].map(() =>
    alarms.noted(groups.note(spent), spent).map(({ ruleId }) => ruleId),
  );
  assert.deepEqual(told, [[errorRules.budget], []]);
  const over = alarms.due(5 + (calmMs[errorRules.budget] ?? 0));
  assert.deepEqual(
    over.map(({ subject, severity }) => [subject, severity]),
    [["slow", null]],
  );
});

test("alerts of an earlier life end when their cause is over", () => {
  const alarms = new ErrorAlarms();
  const alert = { subject: "slow", severity: "warning", value: 1, lastSeenAt: 1_000 } as const;
  const open = [errorRules.budget, "queue_fill"].map((ruleId) => ({ ruleId, ...alert }));
  alarms.wereOpen(open, nothing);
  const seenAtLatest = 1_000 + (renewMs[errorRules.budget] ?? 0);
  assert.deepEqual(alarms.due(seenAtLatest + 60_000 - 1), []);
  const over = alarms.due(seenAtLatest + 60_000);
  assert.deepEqual(
    over.map(({ ruleId }) => ruleId),
    [errorRules.budget],
  );
});

test("a flood of different errors opens no more alerts than the limit", () => {
  const alarms = new ErrorAlarms();
  const groups = new ErrorGroups(nothing);
  let told = 0;
  for (let number = 0; number < 3 * storeLimits.errorGroupsMax; number += 1) {
    const one = attempt({ class: "internal", code: `c${number}`, at: number });
    told += alarms.noted(groups.note(one), one).length;
  }
  assert.equal(told, storeLimits.errorAlertsMax);
  assert.equal(alarms.due(groupWindowMs * 2).length, storeLimits.errorAlertsMax);
});

test("failures around the end of a window count together", () => {
  const groups = new ErrorGroups(nothing);
  const alarms = new ErrorAlarms();
  const { alertFrom } = failureStrategies.model;
  assert.ok(alertFrom !== null && alertFrom > 2);
  const raisedAt = (at: number) => {
    const failed = attempt({ at });
    return alarms.noted(groups.note(failed), failed).length;
  };
  raisedAt(0);
  let raised = 0;
  for (let count = 0; count < alertFrom - 2; count += 1) raised += raisedAt(groupWindowMs - 1_000);
  assert.equal(raised, 0);
  for (let count = 0; count < 3; count += 1) raised += raisedAt(groupWindowMs + 1_000);
  assert.equal(raised, 1);
});
