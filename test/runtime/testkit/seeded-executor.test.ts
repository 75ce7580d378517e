import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ChoiceSource, SeededExecutor } from "#runtime/testkit/seeded-executor.ts";

/** Tasks that hand over further tasks, and the order in which all of them ran. */
function orderOf(source: ChoiceSource): {
  readonly order: string;
  readonly choices: readonly number[];
} {
  const executor = new SeededExecutor(source);
  const ran: string[] = [];
  const task = (name: string, depth: number) => (): void => {
    ran.push(name);
    if (depth === 0) return;
    executor.soon(task(`${name}a`, depth - 1));
    executor.soon(task(`${name}b`, depth - 1));
  };
  for (const name of ["x", "y", "z"]) executor.soon(task(name, 2));
  while (executor.step());
  return { order: ran.join(" "), choices: executor.choices };
}

test("the same seed gives the same order, and other seeds give others", () => {
  assert.equal(orderOf({ seed: 7 }).order, orderOf({ seed: 7 }).order);
  const orders = new Set(Array.from({ length: 50 }, (_, seed) => orderOf({ seed }).order));
  assert.ok(orders.size > 45, `${orders.size} orders of 50 seeds`);
});

test("what was chosen replays the order, and without choices the oldest is next", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const run = orderOf({ seed });
      assert.equal(orderOf({ choices: run.choices }).order, run.order);
    }),
  );
  assert.match(orderOf({ choices: [] }).order, /^x y z xa xb ya yb za zb xaa /);
});

test("every order of four tasks comes up", () => {
  const orders = new Set<string>();
  for (let seed = 0; seed < 500; seed += 1) {
    const executor = new SeededExecutor({ seed });
    const ran: string[] = [];
    for (const name of ["a", "b", "c", "d"]) executor.soon(() => ran.push(name));
    while (executor.step());
    orders.add(ran.join(""));
  }
  assert.equal(orders.size, 24);
});

test("tasks for later wait until nothing else is ready, but not for ever", () => {
  const executor = new SeededExecutor({ seed: 3 });
  let isOver = false;
  executor.later(() => {
    isOver = true;
  });
  const busy = (): void => {
    if (!isOver) executor.soon(busy);
  };
  executor.soon(busy);
  let steps = 0;
  while (executor.step()) steps += 1;
  assert.ok(isOver);
  assert.ok(steps > 64 && steps < 1_000, `${steps} steps`);
});

test("a record that does not fit the run is noticed, and so is one of no indices", () => {
  const executor = new SeededExecutor({ choices: [5] });
  executor.soon(() => {});
  executor.soon(() => {});
  assert.throws(() => executor.step(), /choice 1 of the record is task 5, but only 2 are ready/);
  assert.throws(() => new SeededExecutor({ choices: [-1] }), /indices from 0, not -1/);
  assert.throws(() => new SeededExecutor({ seed: 0.5 }), /a seed is a whole number, not 0.5/);
});

test("who drives it hears when something becomes ready, once", () => {
  const executor = new SeededExecutor({ seed: 1 });
  let heard = 0;
  executor.onReady = () => {
    heard += 1;
  };
  executor.soon(() => {});
  executor.later(() => {});
  assert.equal(heard, 1);
  while (executor.step());
  executor.later(() => {});
  assert.equal(heard, 2);
});
