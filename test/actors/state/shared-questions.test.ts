import assert from "node:assert/strict";
import { test } from "node:test";
import { HeldReading } from "#actors/state/held-reading.ts";

const never = (): void => {};

test("a reader shares a question only while that is as young as its answer may be old", async () => {
  let nowMs = 0;
  const answers: ((value: number) => void)[] = [];
  const held = new HeldReading<number>({
    read: () => new Promise((resolve) => answers.push(resolve)),
    wall: () => nowMs,
    count: never,
  });
  const first = held.get(1_000);
  nowMs = 1_000;
  const second = held.get(1_000);
  assert.equal(answers.length, 1);
  nowMs = 1_001;
  const third = held.get(1_000);
  assert.equal(answers.length, 2);
  for (const [value, answer] of answers.entries()) answer(value);
  assert.deepEqual(
    (await Promise.all([first, second, third])).map(({ value, asOf }) => [value, asOf]),
    [
      [0, 0],
      [0, 0],
      [1, 1_001],
    ],
  );
});
