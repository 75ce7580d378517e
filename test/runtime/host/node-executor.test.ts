import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeExecutor } from "#runtime/host/node-executor.ts";
import { nodeRandom } from "#runtime/host/node-random.ts";

test("what is to run soon runs before timers and IO, what is to run later after them", async () => {
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    // From inside an immediate, the next immediate comes after the timers.
    setImmediate(() => {
      nodeExecutor.later(() => {
        order.push("later");
        resolve();
      });
      process.nextTick(() => order.push("tick"));
      nodeExecutor.soon(() => {
        order.push("soon");
        nodeExecutor.soon(() => order.push("soon again"));
      });
      order.push("now");
    });
  });
  assert.deepEqual(order, ["now", "tick", "soon", "soon again", "later"]);
});

test("the clock never goes back and the wall shows the date", () => {
  let last = nodeClock.now();
  for (let index = 0; index < 1000; index++) {
    const now = nodeClock.now();
    assert.ok(now >= last);
    last = now;
  }
  assert.ok(Math.abs(nodeClock.wall() - Date.now()) < 1000);
});

test("each generator of a process starts elsewhere", () => {
  const first = Array.from({ length: 50 }, () => nodeRandom().next());
  assert.equal(new Set(first).size, 50);
  for (const number of first) assert.ok(number >= 0 && number < 1);
});
