import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import { RestartWindow } from "#runtime/core/restart-window.ts";
import { RingBuffer } from "#runtime/core/ring-buffer.ts";
import { affected } from "#runtime/core/supervision.ts";
import { TimerQueue } from "#runtime/core/timer-queue.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { VirtualTime } from "#runtime/testkit/virtual-time.ts";

test("a ring buffer is a queue, whatever is pushed and shifted when", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer()), { maxLength: 200 }), (steps) => {
      const ring = new RingBuffer<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === null) assert.equal(ring.shift(), model.shift());
        else {
          ring.push(step);
          model.push(step);
        }
        assert.equal(ring.length, model.length);
      }
      assert.deepEqual([...ring], model);
    }),
  );
});

test("timers ring in the order of their time, first set first within a millisecond", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ due: fc.integer({ min: 0, max: 50 }), cancel: fc.boolean() })),
      async (specs) => {
        const time = new VirtualTime();
        const queue = new TimerQueue(time, time);
        const rung: number[] = [];
        const handles = specs.map(({ due }, index) => queue.set(due, () => rung.push(index)));
        for (const [index, handle] of handles.entries()) {
          if (specs[index]?.cancel) queue.cancel(handle);
        }
        await time.advance(60);
        const expected = specs
          .map(({ due, cancel }, index) => ({ due, cancel, index }))
          .filter(({ cancel }) => !cancel)
          .sort((a, b) => a.due - b.due || a.index - b.index)
          .map(({ index }) => index);
        assert.deepEqual(rung, expected);
      },
    ),
    { numRuns: 20 },
  );
});

test("a restart window lets N restarts pass within its time, not one more", () => {
  const window = new RestartWindow({ restartsMax: 2, withinMs: 100 });
  assert.deepEqual(
    [0, 50, 99, 120, 200, 301, 302, 303].map((now) => window.record(now)),
    [true, true, false, false, true, true, true, false],
  );
});

test("a backoff grows by its factor up to its ceiling, with chance only below", () => {
  const spec = { delayMsMin: 10, delayMsMax: 100, factor: 2, jitter: 0.5 };
  assert.deepEqual(
    [1, 2, 3, 4, 5, 1_000].map((attempt) => backoffDelay({ ...spec, jitter: 0 }, attempt, 0.7)),
    [10, 20, 40, 80, 100, 100],
  );
  assert.equal(backoffDelay(spec, 1, 0), 5);
  assert.equal(backoffDelay(spec, 1, 1), 10);
});

test("a strategy names who shares the failed child's fate", () => {
  assert.deepEqual(affected("one-for-one", 4, 1), [1]);
  assert.deepEqual(affected("rest-for-one", 4, 1), [1, 2, 3]);
  assert.deepEqual(affected("one-for-all", 4, 1), [0, 1, 2, 3]);
  assert.deepEqual(affected("rest-for-one", 1, 0), [0]);
});

interface Spinner {
  spin(): void;
  ping(): number;
}
const Spinner = protocol<Spinner>("test.Spinner@1", { spin: tell, ping: ask });
class SpinnerActor extends Actor<Spinner, { turns: number }> implements Handlers<Spinner> {
  static readonly protocol = Spinner;
  static initial = () => ({ turns: 0 });
  spin(): void {
    this.state.turns += 1;
    this.ctx.self.spin();
  }
  ping(): number {
    return this.state.turns;
  }
}

test("an actor that never stops sending to itself starves neither others nor the event loop", async () => {
  let clockMs = 0;
  const time = new VirtualTime();
  // Every look at the clock takes a while, so that turns end by time as they do in earnest.
  const clock = { now: () => (clockMs += 1), wall: () => 0 };
  const { system } = createTestSystem({ clock, timers: time, executor: time });
  const hot = system.spawn(SpinnerActor);
  const quiet = system.spawn(SpinnerActor);
  hot.spin();
  assert.equal(await quiet.ping(), 0);
  await new Promise((resolve) => setImmediate(resolve));
  const before = await hot.ping();
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok((await hot.ping()) > before);
  system.stop();
  await new Promise((resolve) => setImmediate(resolve));
});
