import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Failure } from "#protocols/failure.ts";
import { SeededExecutor } from "#runtime/testkit/seeded-executor.ts";
import { VirtualTime } from "#runtime/testkit/virtual-time.ts";

const failsWith = (code: string) => (error: unknown) =>
  error instanceof Failure && error.code === code;

test("alarms ring in the order of their times, each at its own", async () => {
  const time = new VirtualTime();
  const rung: string[] = [];
  time.createTimers().set(30, () => rung.push(`b at ${time.now()}`));
  time.createTimers().set(10, () => rung.push(`a at ${time.now()}`));
  await time.advance(29);
  assert.deepEqual(rung, ["a at 10"]);
  assert.equal(time.now(), 29);
  await time.advance(1);
  assert.deepEqual(rung, ["a at 10", "b at 30"]);
});

test("what an alarm sets off has ended before the next alarm rings", async () => {
  for (const executor of [undefined, new SeededExecutor({ seed: 1 })]) {
    const time = new VirtualTime(executor);
    const seen: string[] = [];
    const chain = async (): Promise<void> => {
      for (let step = 0; step < 50; step += 1) await null;
      time.soon(() => time.later(() => time.soon(() => seen.push(`chain at ${time.now()}`))));
    };
    time.createTimers().set(5, () => void chain());
    time.createTimers().set(6, () => seen.push("second alarm"));
    await time.advance(10);
    assert.deepEqual(seen, ["chain at 5", "second alarm"]);
  }
});

test("a promise is waited for in virtual time, and no longer than said", async () => {
  const time = new VirtualTime();
  const inMs = (ms: number): Promise<string> =>
    new Promise((resolve) => time.createTimers().set(time.now() + ms, () => resolve("done")));
  assert.equal(await time.until(inMs(500)), "done");
  assert.equal(time.now(), 500);
  await assert.rejects(time.until(inMs(101), 100), failsWith("timeout"));
  assert.equal(time.now(), 600);
});

test("time does not move by what is no number of milliseconds", async () => {
  const time = new VirtualTime();
  for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    await assert.rejects(time.advance(ms), failsWith("invalid"));
  }
  assert.equal(time.now(), 0);
});

test("an alarm that is due whenever it is set fails instead of running for ever", async () => {
  const time = new VirtualTime(new SeededExecutor({ seed: 1 }));
  const again = (): void => time.set(time.now(), again);
  again();
  await assert.rejects(time.advance(1), /time cannot move/);
});

test("a view with drift is early or late, and its alarms ring when its own clock says so", async () => {
  const time = new VirtualTime();
  const fast = time.createView({ driftPpm: 100_000 });
  const slow = time.createView({ driftPpm: -100_000, skewMs: -5_000 });
  const rung: string[] = [];
  fast.set(110, () => rung.push(`fast ${Math.round(fast.now())} at ${Math.round(time.now())}`));
  slow.set(90, () => rung.push(`slow ${Math.round(slow.now())} at ${Math.round(time.now())}`));
  await time.advance(1_000);
  assert.deepEqual(rung.sort(), ["fast 110 at 100", "slow 90 at 100"]);
  assert.equal(Math.round(fast.now()), 1_100);
  assert.equal(Math.round(fast.wall() - time.wall()), 100);
  assert.equal(Math.round(slow.wall() - time.wall()), -5_100);
});

test("a wall clock tells whole milliseconds, however far between them it stands", async () => {
  const time = new VirtualTime();
  const view = time.createView({ driftPpm: 137, skewMs: -0.5 });
  const begunAt = time.wall();
  await time.advance(1_000.25);
  assert.equal(time.wall() - begunAt, 1_000);
  assert.ok(Number.isInteger(view.wall()));
  assert.ok(!Number.isInteger(view.now()));
});

test("however a view is adjusted, its clock never goes back and no alarm is early", async () => {
  const adjustment = fc.record({
    advanceMs: fc.integer({ min: 0, max: 5_000 }),
    driftPpm: fc.integer({ min: -500_000, max: 500_000 }),
    skewMs: fc.integer({ min: -100_000, max: 100_000 }),
    alarmMs: fc.double({ min: 0, max: 3_000, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(adjustment, { minLength: 1, maxLength: 8 }), async (steps) => {
      const time = new VirtualTime();
      const view = time.createView();
      let last = 0;
      for (const { advanceMs, driftPpm, skewMs, alarmMs } of steps) {
        const dueMs = view.now() + alarmMs;
        view.set(dueMs, () => assert.ok(view.now() >= dueMs));
        view.adjust({ driftPpm, skewMs });
        assert.ok(view.now() >= last);
        await time.advance(advanceMs);
        assert.ok(view.now() >= last);
        last = view.now();
      }
      await time.advance(50_000);
      assert.equal(time.nextAlarmMs, Number.POSITIVE_INFINITY);
    }),
    { numRuns: 50 },
  );
});

test("a clock that no machine has is refused and the view stays as it was", () => {
  const view = new VirtualTime().createView({ skewMs: 7 });
  for (const fault of [{ driftPpm: 500_001 }, { driftPpm: Number.NaN }, { skewMs: Number.NaN }]) {
    assert.throws(() => view.adjust(fault), failsWith("invalid"));
  }
  assert.equal(view.wall(), new VirtualTime().wall() + 7);
});
