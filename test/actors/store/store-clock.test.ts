import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreClock } from "#actors/store/store-clock.ts";

const readings = (list: readonly (readonly [wallMs: number, monotonicMs: number])[]) => {
  const clock = new StoreClock();
  return list.map(([wallMs, monotonicMs]) => clock.read({ wallMs, monotonicMs }));
};

test("the clock follows the wall", () => {
  assert.deepEqual(
    readings([
      [1_000, 50],
      [1_010, 60],
      [1_020, 70],
    ]),
    [1_000, 1_010, 1_020],
  );
});

test("a wall clock that is set back neither turns time back nor stops it", () => {
  assert.deepEqual(
    readings([
      [9_000, 50],
      [1_000, 60.5],
      [1_010, 70.5],
    ]),
    [9_000, 9_009, 9_018],
  );
});

test("a clock that is raised goes on from there, until the wall has caught up", () => {
  const clock = new StoreClock();
  clock.raise(5_000);
  const read = (wallMs: number, monotonicMs: number) => clock.read({ wallMs, monotonicMs });
  assert.equal(read(1_000, 70_000), 5_000);
  assert.equal(read(1_010, 70_010), 5_009);
  assert.equal(read(9_000, 70_020), 9_000);
  clock.raise(8_000);
  assert.equal(read(9_001, 70_021), 9_001, "what is past raises nothing");
});

test("time that the machine slept through counts", () => {
  assert.deepEqual(
    readings([
      [1_000, 50],
      [60_000, 51],
    ]),
    [1_000, 60_000],
  );
});

const hourMs = 3_600_000;
const yearMs = 365 * 24 * hourMs;

/** A clock over a wall and a monotonic clock that go on together, unless somebody sets the wall. */
function stage(wallMs: number) {
  const clock = new StoreClock();
  const at = { wallMs, monotonicMs: 7 };
  const read = () => clock.read(at);
  const pass = (ms: number) => {
    at.wallMs += ms;
    at.monotonicMs += ms;
    return read();
  };
  return { clock, at, read, pass };
}

test("a store that is far ahead of the wall goes on at half the speed until it is caught up", () => {
  const { clock, pass } = stage(yearMs);
  clock.raise(yearMs + hourMs);
  assert.equal(pass(0), yearMs + hourMs, "time does not go back");
  assert.equal(pass(10_000), yearMs + hourMs + 5_000, "and does not stand still");
  for (let hour = 0; hour < 2; hour += 1) for (let s = 0; s < 3_600; s += 1) pass(1_000);
  assert.ok(clock.aheadMs <= 60_000 && clock.aheadMs > 0, `${clock.aheadMs}`);
});

test("the last minute is caught up, too, and the clock is the wall's again", () => {
  const { at, clock, pass } = stage(yearMs);
  clock.raise(yearMs + 60_000);
  const before = pass(0);
  assert.equal(pass(10_000), before + 9_000, "a minute is not worth half the speed");
  for (let s = 0; s < 590; s += 1) pass(1_000);
  assert.equal(clock.aheadMs, 0);
  assert.equal(pass(1_000), at.wallMs);
  assert.equal(pass(1_000), at.wallMs);
});

test("a wall that is set to and fro is caught up in the end, and time never goes back", () => {
  const { at, clock, pass, read } = stage(yearMs);
  let formerMs = pass(0);
  for (const jumpMs of [-hourMs, 30_000, -59_000, 2 * hourMs, -90_000, hourMs, -hourMs, -1]) {
    at.wallMs += jumpMs;
    for (let s = 0; s < 600; s += 1) {
      const nowMs = s === 0 ? read() : pass(1_000);
      assert.ok(s === 0 ? nowMs >= formerMs : nowMs >= formerMs + 500, `${nowMs} < ${formerMs}`);
      formerMs = nowMs;
    }
  }
  for (let s = 0; s < 4 * 3_600; s += 1) pass(1_000);
  assert.equal(read(), at.wallMs);
  assert.equal(clock.aheadMs, 0);
});

test("a wall clock that is years ahead for a while, and then right again, changes nothing", () => {
  const { at, clock, pass, read } = stage(yearMs);
  pass(0);
  at.wallMs += 3 * yearMs;
  assert.equal(read(), yearMs);
  assert.equal(pass(59_000), yearMs + 59_000);
  assert.equal(clock.aheadMs, -3 * yearMs);
  at.wallMs -= 3 * yearMs;
  assert.equal(pass(1_000), yearMs + 60_000);
  at.wallMs += 3 * yearMs;
  assert.equal(read(), yearMs + 60_000, "the next leap is doubted anew");
});

test("a leap that lasts is believed, and one of less than a day at once", () => {
  const { at, pass, read } = stage(yearMs);
  pass(0);
  at.wallMs += 23 * hourMs;
  assert.equal(read(), at.wallMs);
  at.wallMs += 3 * yearMs;
  read();
  pass(59_999);
  assert.ok(read() < at.wallMs);
  assert.equal(pass(1), at.wallMs);
});

test("what the wall says first is all that there is to go by", () => {
  const { clock, pass } = stage(9 * yearMs);
  clock.raise(yearMs);
  assert.equal(pass(0), 9 * yearMs);
});
