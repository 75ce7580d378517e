// From a probability map to boxes and a mask, by maps that are small enough to be reckoned by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { textBoxes } from "#actors/inference/text/text-boxes.ts";
import { textMask } from "#actors/inference/text/text-mask.ts";
import { regionsMax, textRegions } from "#actors/inference/text/text-regions.ts";
import { cornersOf } from "#actors/inference/text/turned-box.ts";
import { Failure } from "#protocols/failure.ts";
import { textDetectionOf } from "#protocols/tasks/text-detection.ts";

interface Patch {
  readonly at: readonly [left: number, top: number, right: number, bottom: number];
  readonly value: number;
}

function mapOf(width: number, height: number, patches: readonly Patch[]) {
  const data = new Float32Array(width * height);
  for (const { at, value } of patches) {
    const [left, top, right, bottom] = at;
    for (let y = top; y < bottom; y++) data.fill(value, y * width + left, y * width + right);
  }
  return { width, height, data };
}

const terms = textDetectionOf({});
const picture = { width: 40, height: 24 };
const reachesOf = (map: ReturnType<typeof mapOf>, said = terms, size = picture) =>
  textBoxes(map, size, said).map(({ box }) => {
    const corners = cornersOf(box);
    const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  });

test("a core grows by its area times the ratio over its perimeter", () => {
  const map = mapOf(40, 24, [{ at: [10, 8, 30, 12], value: 0.9 }]);
  const grows = (20 * 4 * 1.5) / 48;
  assert.deepEqual(reachesOf(map), [[10 - grows, 8 - grows, 30 + grows, 12 + grows]]);
  const still = { ...terms, unclipRatio: 0 };
  assert.deepEqual(reachesOf(mapOf(40, 24, [{ at: [10, 8, 30, 14], value: 0.9 }]), still), [
    [10, 8, 30, 14],
  ]);
});

test("boxes are in the picture's coordinates, however the map lies over it", () => {
  const map = mapOf(40, 24, [{ at: [10, 8, 30, 14], value: 0.9 }]);
  const still = { ...terms, unclipRatio: 0 };
  assert.deepEqual(reachesOf(map, still, { width: 80, height: 24 }), [[20, 8, 60, 14]]);
});

test("what is narrow, faint or scattered is no text", () => {
  const at = [10, 8, 30, 12] as const;
  assert.deepEqual(reachesOf(mapOf(40, 24, [{ at, value: 0.59 }])), [], "the mean is too low");
  assert.deepEqual(reachesOf(mapOf(40, 24, [{ at, value: 0.29 }])), [], "no point is text");
  assert.equal(reachesOf(mapOf(40, 24, [{ at, value: 0.6 }])).length, 1);
  assert.deepEqual(reachesOf(mapOf(40, 24, [{ at: [10, 8, 30, 10], value: 1 }])), [], "2 high");
  const ring = [
    { at: [5, 5, 25, 20], value: 1 },
    { at: [8, 8, 22, 17], value: 0 },
  ] as const;
  assert.deepEqual(reachesOf(mapOf(40, 24, ring)), [], "the mean in the box counts");
  const broken = mapOf(40, 24, [{ at, value: 0.9 }]);
  broken.data[9 * 40 + 15] = Number.NaN;
  assert.deepEqual(reachesOf(broken), [], "a network that says no number");
});

test("regions join at corners, and are told in the order in which they are met", () => {
  const corner = mapOf(12, 8, [
    { at: [1, 1, 4, 4], value: 1 },
    { at: [4, 4, 7, 7], value: 1 },
  ]);
  assert.equal(textRegions(corner, 0.3).length, 1);
  const two = mapOf(12, 8, [
    { at: [8, 1, 11, 3], value: 1 },
    { at: [0, 2, 3, 8], value: 0.3 },
  ]);
  const firsts = textRegions(two, 0.3).map(([first]) => first);
  assert.deepEqual(firsts, [
    { x: 8, y: 1 },
    { x: 0, y: 2 },
  ]);
});

test("a map that is full of specks is refused, saying what to change", () => {
  const side = 2 * Math.ceil(Math.sqrt(regionsMax)) + 2;
  const data = Float32Array.from({ length: side * side }, (_, at) =>
    at % 2 === 0 && Math.floor(at / side) % 2 === 0 ? 1 : 0,
  );
  const map = { width: side, height: side, data };
  assert.throws(
    () => textBoxes(map, map, terms),
    (cause) => cause instanceof Failure && cause.code === "too_large" && /raise/.test(cause.detail),
  );
});

test("the mask is white in the boxes and as far around them as it is told", () => {
  const map = mapOf(40, 24, [{ at: [10, 8, 30, 14], value: 0.9 }]);
  const boxes = textBoxes(map, picture, { ...terms, unclipRatio: 0 });
  const whites = (dilation: number) =>
    textMask(boxes, picture, dilation).data.reduce(
      (sum, value) => sum + (value === 255 ? 1 : 0),
      0,
    );
  assert.equal(whites(0), 20 * 6);
  assert.equal(whites(0.5), 26 * 12);
  assert.equal(whites(2), Math.min(40, 20 + 24) * 24, "and no further than the picture");
  const none = textMask([], picture, 1);
  assert.ok(none.data.length === 40 * 24 && none.data.every((value) => value === 0));
});
