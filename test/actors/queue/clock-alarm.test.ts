import assert from "node:assert/strict";
import { test } from "node:test";
import { ClockAlarm } from "#actors/queue/clock-alarm.ts";
import { QueueMonitorActor } from "#actors/queue/queue-monitor-actor.ts";
import { openBackend } from "#actors/store/open-backend.ts";
import { storeActorOf } from "#actors/store/store-actor.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { clockRule } from "#protocols/tasks/queue-monitor.ts";
import { diskStage } from "../disk-stage.ts";

const told = (alarm: ClockAlarm, aheadMs: number) =>
  alarm.seen(aheadMs).map(({ severity, queue }) => [queue, severity]);

test("the alarm begins when the store's time is more than a minute off, and ends when it is not", () => {
  const alarm = new ClockAlarm();
  assert.deepEqual(told(alarm, 60_000), []);
  assert.deepEqual(told(alarm, 60_001), [["store", "warning"]]);
  assert.deepEqual(told(alarm, 3_600_000), [], "once");
  assert.deepEqual(told(alarm, 60_000), [["store", null]]);
  assert.deepEqual(told(alarm, -60_001), [["store", "warning"]]);
});

test("an alarm of an earlier life is over when its cause is", () => {
  const alarm = new ClockAlarm();
  alarm.wereOpen([{ ruleId: clockRule }]);
  assert.deepEqual(told(alarm, 70_000), []);
  assert.deepEqual(told(alarm, 0), [["store", null]]);
});

test("it says how far off the time is, and what to do", () => {
  const [ahead] = new ClockAlarm().seen(3_600_000);
  assert.match(ahead?.text ?? "", /3600 s ahead of .* half the speed .* look whether/);
  assert.equal(ahead?.value, 3_600);
  const [behind] = new ClockAlarm().seen(-3_600_000);
  assert.match(behind?.text ?? "", /3600 s behind .* leapt/);
});

/** A store in memory whose machine's clock is set back by so much. */
const SetBackStoreActor = storeActorOf<{ ms: number }>((back, readings) =>
  openBackend(
    { kind: "memory" },
    { wallMs: () => readings.wallMs() - back.ms, monotonicMs: () => readings.monotonicMs() },
  ),
);

test("a clock that is set back by an hour opens an alert, which ends when it is right again", async (t) => {
  const { system } = await diskStage(t);
  const back = { ms: 0 };
  await system.started(system.spawn(SetBackStoreActor, back, { name: "store" }));
  const store = await system.lookup(Store, "store", 5_000);
  await store.ping();
  back.ms = 3_600_000;
  const monitor = system.spawn(QueueMonitorActor);
  const isOpen = async () => {
    monitor.observe([]);
    return (await store.openAlerts(10)).some(({ ruleId }) => ruleId === clockRule);
  };
  while (!(await isOpen()));
  back.ms = 0;
  while (await isOpen());
  const page = await store.readEvents({ channel: "system", afterSeq: 0, limit: 10 });
  assert.deepEqual(
    page.events.map(({ payload }) => [payload.rule, payload.severity]),
    [
      [clockRule, "warning"],
      [clockRule, null],
    ],
  );
});

test("of a rule that is disabled nobody is told", async (t) => {
  const { system } = await diskStage(t);
  const back = { ms: 0 };
  await system.started(system.spawn(SetBackStoreActor, back, { name: "store" }));
  const store = await system.lookup(Store, "store", 5_000);
  const monitor = system.spawn(QueueMonitorActor);
  const rulesOf = () => store.alertRules(10);
  while ((await rulesOf()).length < 4);
  for (const { version, ...rule } of await rulesOf()) {
    await store.putAlertRule({ rule: { ...rule, isEnabled: rule.ruleId !== clockRule }, version });
  }
  back.ms = 3_600_000;
  const look = () => monitor.observe([]);
  for (let looks = 0; looks < 100; looks += 1) await Promise.all([look(), store.ping()]);
  back.ms = 0;
  for (let looks = 0; looks < 100; looks += 1) await Promise.all([look(), store.ping()]);
  assert.deepEqual(await store.alerts({ limit: 10 }), []);
  const page = await store.readEvents({ channel: "system", afterSeq: 0, limit: 10 });
  assert.deepEqual(page.events, []);
});
