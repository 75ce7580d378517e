import assert from "node:assert/strict";
import { test } from "node:test";
import { SlowHandlers } from "#runtime/observation/slow-handlers.ts";
import { actorAt, HandClock, handleOnce } from "./observed-stage.ts";

function stage(options: { readonly countMax?: number; readonly msMin?: number } = {}) {
  const clock = new HandClock();
  const slow = new SlowHandlers({ clock, ...options });
  const actor = actorAt("/a");
  const take = (method: string, ms: number): void =>
    handleOnce(slow, actor, { method, meanwhile: () => clock.pass(ms) });
  const seen = () => slow.slowest.map(({ method, ms }) => `${method} ${ms}`);
  return { clock, slow, take, seen };
}

test("the slowest are kept, slowest first, of equals the earlier first", () => {
  const { take, seen } = stage({ countMax: 3 });
  for (const [method, ms] of [
    ["a", 5],
    ["b", 9],
    ["c", 5],
    ["d", 2],
    ["e", 7],
    ["f", 5],
  ] as const)
    take(method, ms);
  assert.deepEqual(seen(), ["b 9", "e 7", "a 5"]);
});

test("one says who, what, how it ended and when", () => {
  const { clock, slow, take } = stage();
  take("add", 30);
  assert.deepEqual(slow.slowest, [
    {
      path: "/a",
      protocol: "demo.Thing@1",
      method: "add",
      ms: 30,
      end: "done",
      wallMs: clock.wall(),
    },
  ]);
});

test("what is quicker than the least is not slow, at the least it is", () => {
  const { take, seen } = stage({ msMin: 10 });
  for (const ms of [9.5, 10, 11]) take("add", ms);
  assert.deepEqual(seen(), ["add 11", "add 10"]);
});

test("after clear the next ones are kept, however quick", () => {
  const { slow, take, seen } = stage({ countMax: 1 });
  take("a", 50);
  slow.clear();
  take("b", 2);
  assert.deepEqual(seen(), ["b 2"]);
});

test("the list equals a full sort, whatever came", () => {
  const { take, seen } = stage({ countMax: 10, msMin: 0 });
  const all = Array.from({ length: 500 }, (_, index) => (index * 7_919) % 499);
  for (const ms of all) take("m", ms);
  assert.deepEqual(
    seen(),
    all
      .sort((x, y) => y - x)
      .slice(0, 10)
      .map((ms) => `m ${ms}`),
  );
});

test("bounds that cannot be are refused by name", () => {
  assert.throws(() => stage({ countMax: 0 }), /countMax is 0/);
  assert.throws(() => stage({ countMax: 1_001 }), /countMax is 1001/);
  assert.throws(() => stage({ msMin: Number.NaN }), /msMin is NaN/);
});
