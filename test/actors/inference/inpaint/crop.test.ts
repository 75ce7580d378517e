import assert from "node:assert/strict";
import { test } from "node:test";
import { cropWindow } from "#actors/inference/inpaint/crop.ts";

const size = { width: 200, height: 150 };

/** Boxes as left, top, right, bottom. */
const windowOf = ([left, top, right, bottom]: readonly number[], margin: number) => {
  const box = { left: left ?? 0, top: top ?? 0, right: right ?? 0, bottom: bottom ?? 0 };
  const window = cropWindow(box, margin, size);
  return [window.left, window.top, window.right, window.bottom];
};

test("a window is the box and its margin", () => {
  assert.deepEqual(windowOf([90, 70, 110, 80], 10), [80, 60, 120, 90]);
});

test("at an edge the window moves inwards and keeps its size", () => {
  assert.deepEqual(windowOf([0, 0, 11, 9], 32), [0, 0, 74, 72]);
  assert.deepEqual(windowOf([150, 100, 165, 120], 32), [118, 66, 196, 150]);
  assert.deepEqual(windowOf([190, 140, 200, 150], 20), [150, 100, 200, 150]);
});

test("a window never leaves the picture", () => {
  assert.deepEqual(windowOf([0, 0, 200, 150], 32), [0, 0, 200, 150]);
  assert.deepEqual(windowOf([90, 70, 110, 80], 10_000), [0, 0, 200, 150]);
});

test("an odd box without a margin loses its last pixel", () => {
  assert.deepEqual(windowOf([10, 10, 21, 20], 0), [10, 10, 20, 20]);
});

test("a window is never empty", () => {
  assert.deepEqual(windowOf([7, 9, 8, 10], 0), [7, 9, 8, 10]);
  assert.deepEqual(windowOf([199, 149, 200, 150], 0), [199, 149, 200, 150]);
});
