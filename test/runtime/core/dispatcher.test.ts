// Turns and passes: how long IO waits for handlers, quick and slow ones.
import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#protocols/limits.ts";
import { BoundCounts } from "#runtime/core/bounds.ts";
import { Dispatcher, type Runnable } from "#runtime/core/dispatcher.ts";
import { Tick } from "#runtime/core/tick.ts";

/** A loop in the test's own hand: tasks of both kinds, and a clock that handlers move. */
class Loop {
  nowMs = 0;
  /** Milliseconds between two times that IO had its turn. */
  readonly waits: number[] = [];
  readonly #soon: (() => void)[] = [];
  readonly #later: (() => void)[] = [];

  now(): number {
    return this.nowMs;
  }
  wall(): number {
    return this.nowMs;
  }
  soon(task: () => void): void {
    this.#soon.push(task);
  }
  later(task: () => void): void {
    this.#later.push(task);
  }
  run(): void {
    let ioMs = this.nowMs;
    this.#drainSoon();
    while (this.#later.length > 0) {
      this.waits.push(this.nowMs - ioMs);
      ioMs = this.nowMs;
      for (const task of this.#later.splice(0)) {
        task();
        this.#drainSoon();
      }
    }
  }
  #drainSoon(): void {
    for (let task = this.#soon.shift(); task; task = this.#soon.shift()) task();
  }
}

class Worker implements Runnable {
  isQueued = false;
  readonly #work: () => void;
  waiting: number;
  handled = 0;
  constructor(waiting: number, work: () => void) {
    this.waiting = waiting;
    this.#work = work;
  }
  runTurn(messagesMax: number): boolean {
    for (let count = 0; count < messagesMax && this.waiting > 0; count += 1) {
      this.waiting -= 1;
      this.handled += 1;
      this.#work();
    }
    return this.waiting > 0;
  }
}

function dispatched(workers: readonly { messages: number; ms: number }[]) {
  const loop = new Loop();
  const bounds = new BoundCounts();
  const dispatcher = new Dispatcher(new Tick(loop, loop), loop, () => {}, bounds);
  const all = workers.map(
    ({ messages, ms }) =>
      new Worker(messages, () => {
        loop.nowMs += ms;
      }),
  );
  for (const worker of all) dispatcher.schedule(worker);
  loop.run();
  return { loop, bounds, all };
}

const many = (count: number, worker: { messages: number; ms: number }) =>
  Array.from({ length: count }, () => worker);

for (const [what, workers] of Object.entries({
  "one actor with a full mailbox": many(1, { messages: 2_000, ms: 1 }),
  "twenty of them": many(20, { messages: 100, ms: 1 }),
  "a thousand with one message each": many(1_000, { messages: 1, ms: 1 }),
})) {
  test(`handlers of 1 ms keep IO waiting no longer than the bound and some messages: ${what}`, () => {
    const { loop, bounds, all } = dispatched(workers);
    assert.ok(all.every(({ waiting }) => waiting === 0));
    // Where slow ones come as a surprise, it is eight handlers more; then it is the one in progress.
    assert.ok(Math.max(...loop.waits) <= limits.turnMs + 8, `${Math.max(...loop.waits)} ms`);
    assert.ok(Math.max(...loop.waits.slice(2)) <= limits.turnMs + 1);
    assert.ok(bounds.of("turnMs") > 100);
  });
}

test("handlers of 40 ms keep IO waiting for one of them, once they are known to be slow", () => {
  const { loop } = dispatched(many(10, { messages: 20, ms: 40 }));
  assert.equal(Math.max(...loop.waits.slice(2)), 40);
});

test("quick handlers have whole turns, and the next actor its turn after that", () => {
  const { bounds, all, loop } = dispatched(many(2, { messages: 1_000, ms: 0.001 }));
  assert.ok(all.every(({ handled }) => handled === 1_000));
  assert.equal(bounds.of("turnMessagesMax"), 2 * Math.floor(1_000 / limits.turnMessagesMax));
  assert.ok(Math.max(...loop.waits) < limits.turnMs);
});

test("after a slow spell whole turns come back", () => {
  let ms = 1;
  const loop = new Loop();
  const bounds = new BoundCounts();
  const dispatcher = new Dispatcher(new Tick(loop, loop), loop, () => {}, bounds);
  const worker = new Worker(3_000, () => {
    loop.nowMs += ms;
    if (worker.handled === 1_000) ms = 0.001;
  });
  dispatcher.schedule(worker);
  loop.run();
  assert.ok(bounds.of("turnMessagesMax") >= 14);
});
