// Which pixels a convex polygon touches.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Point, visitSpans } from "#actors/inference/text/polygon-spans.ts";

const size = { width: 8, height: 6 };
const polygonOf = (...points: readonly (readonly [number, number])[]): readonly Point[] =>
  points.map(([x, y]) => ({ x, y }));

function spansOf(polygon: readonly Point[]): readonly (readonly number[])[] {
  const spans: number[][] = [];
  visitSpans(polygon, size, (y, from, to) => spans.push([y, from, to]));
  return spans;
}

const cases: readonly (readonly [string, readonly Point[], readonly (readonly number[])[]])[] = [
  [
    "of whole pixels: those",
    polygonOf([1, 1], [3, 1], [3, 3], [1, 3]),
    [
      [1, 1, 3],
      [2, 1, 3],
    ],
  ],
  [
    "of parts of pixels: all of these",
    polygonOf([1.9, 1.9], [3.1, 1.9], [3.1, 2.1], [1.9, 2.1]),
    [
      [1, 1, 4],
      [2, 1, 4],
    ],
  ],
  [
    "a diamond",
    polygonOf([4, 0], [7, 3], [4, 6], [1, 3]),
    [
      [0, 3, 5],
      [1, 2, 6],
      [2, 1, 7],
      [3, 1, 7],
      [4, 2, 6],
      [5, 3, 5],
    ],
  ],
  [
    "beyond the picture: what is inside",
    polygonOf([-5, -5], [20, -5], [20, 0.5], [-5, 0.5]),
    [[0, 0, 8]],
  ],
  ["outside of the picture: nothing", polygonOf([9, 1], [12, 1], [12, 3], [9, 3]), []],
  ["above and below: nothing", polygonOf([1, -3], [3, -3], [3, -1], [1, -1]), []],
  ["without an extent: nothing", polygonOf([2, 2], [2, 2]), []],
  ["none at all: nothing", [], []],
];
for (const [name, polygon, expected] of cases) {
  test(name, () => assert.deepEqual(spansOf(polygon), expected));
}

test("either way around, the same", () => {
  const polygon = polygonOf([1.3, 0.2], [6.8, 2.1], [5.1, 5.6], [0.4, 3.9]);
  assert.deepEqual(spansOf([...polygon].reverse()), spansOf(polygon));
});
