import assert from "node:assert/strict";
import { test } from "node:test";
import { isFailureCode } from "#protocols/failure-codes.ts";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { delayOf } from "#runtime/patterns/delay.ts";
import { paced, throttle } from "#runtime/patterns/throttle.ts";
import { TokenBucket } from "#runtime/patterns/token-bucket.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface Door {
  enter(): number;
}
const Door = protocol<Door>("test.Door@1", { enter: ask });
class DoorActor extends Actor<Door> implements Handlers<Door> {
  static readonly protocol = Door;
  readonly #bucket = new TokenBucket({ tokensPerSecond: 10, burst: 2 });
  enter(): number {
    throttle(this.#bucket, this.ctx);
    return this.ctx.now();
  }
}
const refusalCode = isFailureCode("rate_limited") ? "rate_limited" : "unavailable";

test("an actor refuses what comes too fast, naming the time to wait, and does not crash", async () => {
  const { system, time, log } = createTestSystem();
  const door = system.spawn(DoorActor);
  await Promise.all([door.enter(), door.enter()]);
  await assert.rejects(door.enter(), { code: refusalCode, message: /in 100 ms/ });
  await time.advance(100);
  assert.equal(await door.enter(), 100);
  assert.ok(!log.some(({ message }) => /crashed/.test(message)));
});

test("who is paced waits instead, no longer than needed", async () => {
  const { system, time } = createTestSystem();
  const bucket = new TokenBucket({ tokensPerSecond: 10, burst: 2 });
  const delay = delayOf(system);
  const passedMs: number[] = [];
  const passing = Promise.all(
    Array.from({ length: 5 }, () => paced(bucket, delay).then(() => passedMs.push(time.now()))),
  );
  await time.advance(1_000);
  await passing;
  assert.deepEqual(passedMs, [0, 0, 100, 200, 300]);
});

test("waiting ends with its signal, and takes nothing", async () => {
  const { system, time } = createTestSystem();
  const bucket = new TokenBucket({ tokensPerSecond: 1, burst: 1 });
  const delay = delayOf(system);
  await paced(bucket, delay);
  const controller = new AbortController();
  const waiting = assert.rejects(paced(bucket, delay, { signal: controller.signal }), {
    code: "cancelled",
  });
  await time.advance(500);
  controller.abort();
  await waiting;
  assert.equal(bucket.tokensAt(time.now()), 0.5);
  await assert.rejects(delay.sleep(10, controller.signal), { code: "cancelled" });
});
