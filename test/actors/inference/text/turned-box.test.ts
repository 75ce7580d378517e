// The smallest rectangle around points, however it lies.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  convexHull,
  cornersOf,
  grown,
  smallestBox,
  type TurnedBox,
} from "#actors/inference/text/turned-box.ts";

const areaOf = ({ length, breadth }: TurnedBox): number => length * breadth;
const sidesOf = ({ length, breadth }: TurnedBox): readonly number[] =>
  [length, breadth].sort((a, b) => b - a).map((side) => Number(side.toFixed(6)));

/** The corners of a rectangle of that size, turned about the origin and moved. */
function rectangle(length: number, breadth: number, degrees: number) {
  const turn = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].map(([u = 0, v = 0]) => {
    const [x, y] = [(u * length) / 2, (v * breadth) / 2];
    return { x: 50 + x * cos - y * sin, y: 40 + x * sin + y * cos };
  });
}

for (const degrees of [0, 1, 17, 45, 90, 133, 179]) {
  test(`a rectangle that is turned by ${degrees}° is its own smallest box`, () => {
    const corners = rectangle(30, 8, degrees);
    const inside = corners.map(({ x, y }) => ({ x: 50 + (x - 50) * 0.7, y: 40 + (y - 40) * 0.7 }));
    const box = smallestBox([...corners, ...inside]);
    assert.deepEqual(sidesOf(box), [30, 8]);
    assert.ok(Math.hypot(box.centre.x - 50, box.centre.y - 40) < 1e-9);
    for (const corner of corners) {
      const nearest = Math.min(
        ...cornersOf(box).map(({ x, y }) => Math.hypot(x - corner.x, y - corner.y)),
      );
      assert.ok(nearest < 1e-9, `a corner is ${nearest} away`);
    }
  });
}

test("no box that lies otherwise is smaller", () => {
  let seed = 7;
  const next = (): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed / 2 ** 32;
  };
  for (let round = 0; round < 50; round++) {
    const points = Array.from({ length: 12 }, () => ({ x: next() * 40, y: next() * 15 }));
    const least = areaOf(smallestBox(points));
    for (let degrees = 0; degrees < 90; degrees += 0.5) {
      const [cos, sin] = [Math.cos(degrees / 57.29578), Math.sin(degrees / 57.29578)];
      const along = points.map(({ x, y }) => x * cos + y * sin);
      const across = points.map(({ x, y }) => y * cos - x * sin);
      const area =
        (Math.max(...along) - Math.min(...along)) * (Math.max(...across) - Math.min(...across));
      assert.ok(area >= least - 1e-6, `${area} at ${degrees}°, where the smallest is ${least}`);
    }
  }
});

test("one point and a row of them have boxes, too", () => {
  assert.deepEqual(sidesOf(smallestBox([{ x: 3, y: 4 }])), [0, 0]);
  const row = [0, 1, 2, 5].map((x) => ({ x, y: 2 * x }));
  assert.deepEqual(sidesOf(smallestBox(row)), [Number(Math.hypot(5, 10).toFixed(6)), 0]);
});

test("a hull leaves out what lies inside and on its sides", () => {
  const grid = Array.from({ length: 25 }, (_, at) => ({ x: at % 5, y: Math.floor(at / 5) }));
  assert.equal(convexHull(grid).length, 4);
});

test("a box grows on every side, and its corners begin at the upper left", () => {
  const box = smallestBox(rectangle(10, 4, 0));
  assert.deepEqual(sidesOf(grown(box, 1.5)), [13, 7]);
  assert.deepEqual(
    cornersOf(box).map(({ x, y }) => [x, y]),
    [
      [45, 38],
      [55, 38],
      [55, 42],
      [45, 42],
    ],
  );
});
