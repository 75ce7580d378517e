// Alerts about errors, while their causes go on for long: over restarts, and as their rules say. In virtual
// time, over a real store.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCounts } from "#actors/errors/error-counts.ts";
import { ErrorHandlerActor } from "#actors/errors/error-handler.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { ErrorHandler, errorHandlerName, errorRules } from "#protocols/tasks/errors.ts";
import { poisonCode } from "#protocols/tasks/failure-strategy.ts";
import { systemChannel } from "#protocols/tasks/queue-monitor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

const minuteMs = 60_000;
const failed = {
  ...{ class: "model", code: "model_failed", detail: "no such node", type: "t", model: "m" },
  ...{ queue: "q", node: null, isRetried: false, isOverBudget: false },
};
type Failed = Partial<Record<keyof typeof failed, string | boolean>>;

async function watched() {
  const { system, time } = createTestSystem();
  system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  const store = await time.until(system.lookup(Store, "store"), 10_000);
  const begin = async () => {
    const args = { counts: new ErrorCounts() };
    const actor = system.spawn(ErrorHandlerActor, args, { name: "error-handler" });
    await time.until(system.lookup(ErrorHandler, errorHandlerName), 10_000);
    await time.advance(3_000);
    return actor;
  };
  const fails = async (times: number, terms: Failed = {}) => {
    const payload = { ...failed, ...terms };
    const event = { channel: "errors", type: "failed_attempt", taskId: "t", payload };
    for (let left = times; left > 0; left -= 100) {
      await time.until(store.appendEvents(Array(Math.min(left, 100)).fill(event)));
    }
    await time.advance(3_000);
  };
  const openOf = async (rule: string) => {
    const open = await time.until(store.openAlerts(10));
    return open.find(({ ruleId }) => ruleId === rule);
  };
  const told = async () => {
    const from = { channel: systemChannel, afterSeq: 0, limit: 100 };
    const { events } = await time.until(store.readEvents(from));
    return events.map(({ payload }) => payload["severity"]);
  };
  const disable = async (rule: string, isEnabled = false) => {
    const stored = await time.until(store.alertRules(10));
    const former = stored.find(({ ruleId }) => ruleId === rule);
    assert.ok(former);
    const { version, ...terms } = former;
    await time.until(store.putAlertRule({ rule: { ...terms, isEnabled }, version }));
  };
  return { system, time, store, begin, fails, openOf, told, disable };
}

/** What goes on, by the rule that it alerts by. */
const causes: Readonly<Record<string, Failed>> = {
  [errorRules.group]: {},
  [errorRules.poison]: { class: "node_lost", code: poisonCode },
  [errorRules.budget]: { class: "network", code: "ECONNRESET", isOverBudget: true },
};

for (const [rule, terms] of Object.entries(causes)) {
  test(`an alert whose cause goes on stays over a restart, and ends with it: ${rule}`, async () => {
    const { system, time, begin, fails, openOf, told } = await watched();
    const first = await begin();
    await fails(20, terms);
    const raised = await openOf(rule);
    assert.ok(raised);
    const everyMs = rule === errorRules.budget ? 30_000 : 8 * minuteMs;
    const calmMs = { [errorRules.poison]: 60 * minuteMs, [errorRules.budget]: minuteMs }[rule];
    for (let times = 0; times < 9; times += 1) {
      await time.advance(everyMs - 3_000);
      await fails(1, terms);
    }
    assert.equal((await openOf(rule))?.alertId, raised.alertId, "while it goes on");
    await time.advance(everyMs / 2);
    await time.until(system.stopActor(first));
    await begin();
    await time.advance(3_000);
    const still = await openOf(rule);
    assert.equal(still?.alertId, raised.alertId, "after the restart");
    const before = (await told()).filter((severity) => severity !== null);
    await time.advance((calmMs ?? 10 * minuteMs) + 30_000);
    assert.equal(await openOf(rule), undefined, "when it is over");
    const after = (await told()).filter((severity) => severity !== null);
    assert.deepEqual(after, before, "nothing is told twice");
  });
}

test("an alert shows what it has come to, and when that was, without being told again", async () => {
  const { time, begin, fails, openOf, told } = await watched();
  await begin();
  await fails(5);
  const raised = await openOf(errorRules.group);
  assert.equal(raised?.value, 5);
  await fails(10);
  assert.equal((await openOf(errorRules.group))?.value, 5, "at most once a minute");
  await fails(1);
  await time.advance(minuteMs);
  const renewed = await openOf(errorRules.group);
  assert.ok(renewed);
  assert.deepEqual([renewed.value, renewed.firedAt], [16, raised.firedAt]);
  assert.ok(renewed.lastSeenAt > raised.lastSeenAt + minuteMs / 2);
  assert.match(String(renewed.details?.["text"]), /^16 times within ten minutes/);
  assert.deepEqual(await told(), ["warning"]);
  await fails(40);
  assert.deepEqual(await told(), ["warning", "critical"], "what is worse is told at once");
  await time.advance(9 * minuteMs);
  await fails(1);
  await time.advance(9 * minuteMs);
  await fails(1);
  const calmer = await openOf(errorRules.group);
  assert.equal(calmer?.severity, "critical");
  assert.ok((calmer?.value ?? 50) < 10, `${calmer?.value} is what there were of late`);
  assert.deepEqual(await told(), ["warning", "critical"]);
});

test("a count goes on over a restart from what the alert has shown", async () => {
  const { system, time, begin, fails, openOf } = await watched();
  const first = await begin();
  await fails(30);
  await time.advance(minuteMs);
  await time.until(system.stopActor(first));
  await begin();
  await time.advance(minuteMs);
  await fails(1);
  const { value } = (await openOf(errorRules.group)) ?? {};
  assert.ok(value && value > 20 && value <= 31, `${value} times`);
});

test("a rule that is disabled tells nobody, and its open alert ends in silence", async () => {
  const { time, begin, fails, openOf, told, disable } = await watched();
  await begin();
  await disable(errorRules.group);
  await fails(20);
  assert.deepEqual([await openOf(errorRules.group), await told()], [undefined, []]);
  await time.advance(11 * minuteMs);
  assert.deepEqual(await told(), []);
  await disable(errorRules.group, true);
  await fails(20);
  assert.ok(await openOf(errorRules.group));
  assert.deepEqual(await told(), ["warning"]);
  await disable(errorRules.group);
  await time.advance(11 * minuteMs);
  assert.equal(await openOf(errorRules.group), undefined);
  assert.deepEqual(await told(), ["warning"]);
});

test("a rule that is enabled while its cause goes on tells of it", async () => {
  const { time, begin, fails, openOf, told, disable } = await watched();
  await begin();
  await disable(errorRules.group);
  await fails(20);
  await disable(errorRules.group, true);
  await time.advance(minuteMs);
  await fails(1);
  assert.ok(await openOf(errorRules.group));
  assert.deepEqual(await told(), ["warning"]);
});

test("marks of rules that nothing goes by are put right, and what is disabled stays so", async () => {
  const { store, time, begin } = await watched();
  const rule = {
    ...{
      ruleId: errorRules.group,
      metric: "errors.group",
      op: ">=" as const,
      warn: 700,
      crit: 900,
    },
    ...{ clear: null, forMs: 0, labels: null, channels: [], isEnabled: false },
  };
  await time.until(store.putAlertRule({ rule }));
  await begin();
  const stored = await time.until(store.alertRules(10));
  const { warn, crit, isEnabled } = stored.find(({ ruleId }) => ruleId === rule.ruleId) ?? {};
  assert.deepEqual([warn, crit, isEnabled], [1, null, false]);
});
