import assert from "node:assert/strict";
import { test } from "node:test";
import { LogLines } from "#nodes/launch/log-lines.ts";

test("lines come whole, wherever the pieces are cut", () => {
  const lines = new LogLines();
  assert.deepEqual(lines.push("one\ntw"), ["one"]);
  assert.deepEqual(lines.push("o\r\n\nthree"), ["two", ""]);
  assert.deepEqual(lines.end(), ["three"]);
  assert.deepEqual(lines.end(), []);
});

test("of an endless line the beginning is told once and the rest is dropped", () => {
  const lines = new LogLines();
  const told = Array.from({ length: 10 }, () => lines.push("x".repeat(10_000))).flat();
  assert.deepEqual(
    told.map((line) => line.length),
    [16 * 1024 + 1],
  );
  assert.deepEqual(lines.push("end\nnext\n"), ["next"]);
});
