import assert from "node:assert/strict";
import { test } from "node:test";
import { cubicResized, fineCubicResized } from "#actors/inference/inpaint/cubic-resize.ts";
import { drawn, rowsOf } from "./grey-raster.ts";

test("the same size gives the same picture", () => {
  const image = drawn("0#3", "91.");
  assert.deepEqual(rowsOf(cubicResized(image, image)), rowsOf(image));
});

test("an even picture stays even at any size", () => {
  for (const size of [
    { width: 1, height: 1 },
    { width: 7, height: 2 },
    { width: 3, height: 40 },
  ]) {
    const values = cubicResized(drawn("77777", "77777"), size).data;
    assert.deepEqual(new Set(values), new Set([7]));
    assert.equal(values.length, size.width * size.height);
  }
});

test("one pixel spreads over everything", () => {
  assert.deepEqual(rowsOf(cubicResized(drawn("#"), { width: 2, height: 2 })), [
    [255, 255],
    [255, 255],
  ]);
});

test("halving takes -192, 1216, 1216 and -192 of 2048 of four samples", () => {
  const row = { width: 8, height: 1, channels: 1 } as const;
  const data = Uint8Array.of(10, 20, 30, 40, 90, 60, 70, 81);
  const wanted = [0, 2, 4, 6].map((first) => {
    const at = (offset: number) => data[Math.min(7, Math.max(0, first + offset))] ?? 0;
    return (-192 * at(-1) + 1216 * at(0) + 1216 * at(1) - 192 * at(2)) / 2048;
  });
  const half = { width: 4, height: 1 };
  const fine = fineCubicResized({ ...row, data: Float64Array.from(data) }, half);
  assert.deepEqual([...fine.data], wanted.map(Math.trunc));
  const bytes = cubicResized({ ...row, data }, half);
  assert.deepEqual([...bytes.data], wanted.map(Math.round));
});

test("what overshoots is clamped", () => {
  const image = drawn("..##");
  const wide = { width: 16, height: 1 };
  for (const { data } of [
    cubicResized(image, wide),
    fineCubicResized({ ...image, data: Float64Array.from(image.data) }, wide),
  ]) {
    assert.deepEqual([...data.subarray(0, 6)], [0, 0, 0, 0, 0, 0]);
    assert.deepEqual([...data.subarray(10)], [255, 255, 255, 255, 255, 255]);
    assert.deepEqual(
      [...data],
      [...data].sort((a, b) => a - b),
    );
  }
});

test("channels do not mix", () => {
  const data = Uint8Array.of(0, 100, 200, 0, 100, 200);
  const result = cubicResized({ width: 2, height: 1, channels: 3, data }, { width: 3, height: 2 });
  for (let at = 0; at < result.data.length; at += 3) {
    assert.deepEqual([...result.data.subarray(at, at + 3)], [0, 100, 200]);
  }
});
