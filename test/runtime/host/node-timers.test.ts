import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { NodeTimers } from "#runtime/host/node-timers.ts";

const rung = (timers: NodeTimers, dueMs: number) =>
  new Promise<void>((resolve) => timers.set(dueMs, resolve));

test("an alarm never rings before the clock has reached its time", async () => {
  const timers = new NodeTimers(nodeClock);
  for (let round = 0; round < 20; round++) {
    const dueMs = nodeClock.now() + 1.3;
    await rung(timers, dueMs);
    assert.ok(nodeClock.now() >= dueMs);
  }
});

test("an alarm in the past rings at the next turn of the loop", async () => {
  await rung(new NodeTimers(nodeClock), nodeClock.now() - 1000);
});

test("setting an alarm replaces the one before", async () => {
  const timers = new NodeTimers(nodeClock);
  timers.set(nodeClock.now() + 1, () => assert.fail("the replaced alarm rang"));
  await rung(timers, nodeClock.now() + 10);
});

test("a cleared alarm does not ring", async () => {
  const timers = new NodeTimers(nodeClock);
  timers.set(nodeClock.now() + 1, () => assert.fail("the cleared alarm rang"));
  timers.clear();
  await rung(new NodeTimers(nodeClock), nodeClock.now() + 10);
});

test("an alarm may set the next one while it rings", async () => {
  const timers = new NodeTimers(nodeClock);
  await new Promise<void>((resolve) =>
    timers.set(nodeClock.now(), () => timers.set(nodeClock.now(), resolve)),
  );
});

test("a delay longer than Node can hold is waited for in parts", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const clock = { time: 0, now: () => clock.time, wall: () => 0 };
  const timers = new NodeTimers(clock);
  let rings = 0;
  const days = 24 * 3600 * 1000;
  timers.set(60 * days, () => rings++);
  clock.time = 30 * days;
  context.mock.timers.tick(2 ** 31 - 1);
  assert.equal(rings, 0);
  clock.time = 60 * days;
  context.mock.timers.tick(30 * days);
  assert.equal(rings, 1);
});

test("an alarm that rings early by the clock waits for the rest", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const clock = { time: 0, now: () => clock.time, wall: () => 0 };
  let rings = 0;
  new NodeTimers(clock).set(10, () => rings++);
  clock.time = 9.6;
  context.mock.timers.tick(10);
  assert.equal(rings, 0);
  clock.time = 10;
  context.mock.timers.tick(1);
  assert.equal(rings, 1);
});

test("an alarm for no time at all is refused and keeps the one before", async () => {
  const timers = new NodeTimers(nodeClock);
  const rings = rung(timers, nodeClock.now() + 5);
  assert.throws(() => timers.set(Number.NaN, () => assert.fail("rang")), { code: "invalid" });
  await rings;
});

test("an alarm holds the process or lets it end, as asked", () => {
  const endOf = (hold: string) => {
    const source = `
      import { nodeClock } from "#runtime/host/node-clock.ts";
      import { NodeTimers } from "#runtime/host/node-timers.ts";
      new NodeTimers(nodeClock, "${hold}").set(nodeClock.now() + 200, () => console.log("rang"));
    `;
    const args = [
      "--import",
      "#runtime/host/typescript-loader.mjs",
      "--input-type=module",
      "--eval",
      source,
    ];
    return spawnSync(process.execPath, args, { encoding: "utf8" });
  };
  const held = endOf("holds-process");
  assert.equal(held.stdout, "rang\n", held.stderr);
  const free = endOf("lets-process-end");
  assert.deepEqual([free.status, free.stdout], [0, ""], free.stderr);
});
