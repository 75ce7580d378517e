// What every back end must keep of alerts and their rules.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { storeLimits } from "#protocols/store-limits.ts";
import type { AlertRuleTerms } from "#protocols/tasks/alert-records.ts";
import type { MakeFixture, RecordFixture } from "./record-fixture.ts";

const rule: AlertRuleTerms = {
  ruleId: "depth",
  metric: "queue_pending",
  op: ">=",
  warn: 80,
  crit: 95.5,
  clear: 70,
  forMs: 1_000,
  labels: { queue: "default" },
  channels: ["system"],
  isEnabled: true,
};

export function alertPromises(kind: string, make: MakeFixture): void {
  describe(`alerts in ${kind}`, () => {
    const raise = (fixture: RecordFixture, subject: string, changes: object = {}) =>
      fixture.call("raiseAlert", {
        ruleId: "depth",
        subject,
        severity: "warning",
        value: 81.5,
        ...changes,
      });

    it("a rule is saved whole, and changed only by who has read its version", (t) => {
      const fixture = make(t);
      const put = (changes: Partial<AlertRuleTerms>, version?: number | null) =>
        fixture.call("putAlertRule", {
          rule: { ...rule, ...changes },
          ...(version === undefined ? {} : { version }),
        });
      assert.deepEqual(put({}, null), { kind: "saved", version: 1 });
      assert.deepEqual(put({}, null), { kind: "stale", version: 1 });
      assert.deepEqual(put({ warn: null }, 1), { kind: "saved", version: 2 });
      assert.deepEqual(put({ warn: 5 }, 1), { kind: "stale", version: 2 });
      assert.deepEqual(fixture.call("alertRules", 10), [{ ...rule, warn: null, version: 2 }]);
    });

    it("a rule and subject have one open alert, which is refreshed; others have their own", (t) => {
      const fixture = make(t);
      fixture.call("putAlertRule", { rule });
      assert.deepEqual(raise(fixture, "q1"), { kind: "raised", alertId: 1 });
      fixture.nowMs += 500;
      const again = raise(fixture, "q1", { severity: "critical", value: 96 });
      assert.deepEqual(again, { kind: "refreshed", alertId: 1, former: "warning" });
      assert.deepEqual(raise(fixture, "q2"), { kind: "raised", alertId: 2 });
      const [first, second, ...rest] = fixture.call("openAlerts", 10);
      assert.deepEqual(rest, []);
      assert.deepEqual([first?.subject, second?.subject], ["q1", "q2"]);
      assert.equal(first?.severity, "critical");
      assert.equal(first?.firedAt, fixture.nowMs - 500);
      assert.equal(first?.lastSeenAt, fixture.nowMs);
    });

    it("a resolved alert stays in the history, and the next one is new", (t) => {
      const fixture = make(t);
      fixture.call("putAlertRule", { rule });
      raise(fixture, "q1");
      const resolve = () => fixture.call("resolveAlert", { ruleId: "depth", subject: "q1" });
      assert.deepEqual(resolve(), { kind: "resolved", alertId: 1 });
      assert.equal(resolve().kind, "not_found");
      assert.deepEqual(raise(fixture, "q1"), { kind: "raised", alertId: 2 });
      const ids = fixture.call("alerts", { limit: 10 }).map(({ alertId }) => alertId);
      assert.deepEqual(ids, [2, 1]);
      assert.equal(fixture.call("alerts", { limit: 10, before: 2 })[0]?.resolvedAt, fixture.nowMs);
      fixture.nowMs += storeLimits.alertTtlMs + 1;
      assert.equal(fixture.call("sweepRecords", 10).purged, 1);
      assert.equal(fixture.call("alerts", { limit: 10 }).length, 1);
    });

    it("an alert is acknowledged by the first who does", (t) => {
      const fixture = make(t);
      fixture.call("putAlertRule", { rule });
      raise(fixture, "q1");
      const by = (name: string) => fixture.call("acknowledgeAlert", { alertId: 1, by: name });
      assert.equal(by("ann").kind, "acknowledged");
      assert.deepEqual(by("bob"), { kind: "already", by: "ann" });
      assert.equal(fixture.call("acknowledgeAlert", { alertId: 7, by: "ann" }).kind, "not_found");
      raise(fixture, "q2");
      fixture.call("resolveAlert", { ruleId: "depth", subject: "q2" });
      assert.equal(fixture.call("acknowledgeAlert", { alertId: 2, by: "ann" }).kind, "resolved");
    });

    it("the levels of bounds follow what is kept", (t) => {
      const fixture = make(t);
      const levels = () =>
        fixture
          .call("recordLevels")
          .filter(({ level }) => level > 0)
          .map(({ bound, max, level }) => [bound, max, level]);
      assert.deepEqual(levels(), []);
      fixture.call("putAlertRule", { rule });
      raise(fixture, "q1");
      raise(fixture, "q2");
      const { alertRulesMax, alertsOpenMax } = storeLimits;
      const rules = ["alertRulesMax", alertRulesMax, 1];
      assert.deepEqual(levels(), [rules, ["alertsOpenMax", alertsOpenMax, 2]]);
      fixture.call("resolveAlert", { ruleId: "depth", subject: "q1" });
      assert.deepEqual(levels(), [rules, ["alertsOpenMax", alertsOpenMax, 1]]);
    });

    it("no rule, no alert: unknown and disabled ones raise none, a dropped one resolves its own", (t) => {
      const fixture = make(t);
      assert.equal(raise(fixture, "q1").kind, "not_found");
      fixture.call("putAlertRule", { rule: { ...rule, isEnabled: false } });
      assert.equal(raise(fixture, "q1").kind, "disabled");
      fixture.call("putAlertRule", { rule });
      raise(fixture, "q1");
      assert.equal(fixture.call("dropAlertRule", "depth").kind, "removed");
      assert.deepEqual(fixture.call("openAlerts", 10), []);
      assert.equal(fixture.call("dropAlertRule", "depth").kind, "not_found");
    });
  });
}
