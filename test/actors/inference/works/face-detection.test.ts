import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Raster } from "#actors/inference/inpaint/raster.ts";
import {
  alignedFace,
  alignmentOf,
  faceSide,
  layFace,
} from "#actors/inference/works/face-alignment.ts";
import { facesIn, facesMax, type Point, priorsOf } from "#actors/inference/works/face-detection.ts";

const shown = { width: 64, height: 96 };
const priors = priorsOf(shown);

function answer(
  found: Readonly<Record<number, { score: number; place?: number[]; mark?: number }>>,
) {
  const places = new Float32Array(priors.length * 4);
  const scores = new Float32Array(priors.length * 2);
  const landmarks = new Float32Array(priors.length * 10);
  for (const [key, { score, place = [], mark = 0 }] of Object.entries(found)) {
    places.set(place, Number(key) * 4);
    scores.set([1 - score, score], Number(key) * 2);
    landmarks.fill(mark, Number(key) * 10, Number(key) * 10 + 10);
  }
  return { places, scores, landmarks };
}

describe("the answer of RetinaFace", () => {
  it("is for two sizes at each place of three grids, row by row", () => {
    assert.equal(priors.length, 2 * (8 * 12 + 4 * 6 + 2 * 3));
    assert.deepEqual(priors.slice(0, 3), [
      { x: 4, y: 4, size: 16 },
      { x: 4, y: 4, size: 32 },
      { x: 12, y: 4, size: 16 },
    ]);
    assert.deepEqual(priors.at(-1), { x: 48, y: 80, size: 512 });
    assert.equal(priorsOf({ width: 33, height: 32 }).length, 2 * (5 * 4 + 3 * 2 + 2));
  });

  it("tells how far from there a face and its landmarks are", () => {
    // The first prior: 16 pixels around 4, 4.
    const tensors = answer({ 0: { score: 0.99, place: [1, -1, 5 * Math.log(2), 0], mark: 2 } });
    const [face, ...others] = facesIn(tensors, priors);
    assert.ok(face);
    assert.equal(others.length, 0);
    const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-4, `${a}, not ${b}`);
    near(face.left, 4 + 1.6 - 16);
    near(face.right, 4 + 1.6 + 16);
    near(face.top, 4 - 1.6 - 8);
    near(face.bottom, 4 - 1.6 + 8);
    assert.equal(face.landmarks.length, 5);
    for (const { x, y } of face.landmarks) {
      near(x, 4 + 3.2);
      near(y, 4 + 3.2);
    }
  });

  it("leaves out what is unlikely, and what overlaps with something likelier", () => {
    const tensors = answer({
      0: { score: 0.98 },
      2: { score: 0.99 },
      4: { score: 0.969 },
      40: { score: 0.985 },
    });
    // 0 and 2 are eight of sixteen pixels apart: they share a third. 4 is not above the bound.
    assert.deepEqual(
      facesIn(tensors, priors).map(({ score }) => Math.round(score * 1_000)),
      [990, 985, 980],
    );
    const moved = answer({ 0: { score: 0.98, place: [2.5, 0, 0, 0] }, 2: { score: 0.99 } });
    assert.equal(facesIn(moved, priors).length, 1, "half of each is shared by four pixels apart");
  });

  it("has at most so many faces", () => {
    const large = priorsOf({ width: 320, height: 320 });
    const scores = new Float32Array(large.length * 2).fill(0.99);
    const tensors = {
      ...{ scores, places: new Float32Array(large.length * 4) },
      landmarks: new Float32Array(large.length * 10),
    };
    assert.equal(facesIn(tensors, large).length, facesMax);
  });
});

describe("an aligned face", () => {
  const side = 900;
  const picture: Raster = {
    ...{ width: side, height: side, channels: 3 },
    data: Uint8Array.from({ length: side * side * 3 }, (_, at) => {
      const pixel = Math.floor(at / 3);
      return ((pixel % side) + 2 * Math.floor(pixel / side) + 40 * (at % 3)) >> 4;
    }),
  };

  /** Landmarks of a face that is turned by a right angle, half as large and moved. */
  const turned = (): readonly Point[] => {
    const upright = [
      [192.98138, 239.94708],
      [318.90277, 240.1936],
      [256.63416, 314.01935],
      [201.26117, 371.41043],
      [313.08905, 371.15118],
    ] as const;
    return upright.map(([x, y]) => ({ x: 600 - y / 2, y: 200 + x / 2 }));
  };

  it("is turned, moved and sized so that its landmarks lie where they should", () => {
    const { a, b, right, down } = alignmentOf(turned());
    // Of the aligned (x, y) the picture has (600 - y / 2, 200 + x / 2).
    for (const [value, expected] of [
      [a, 0],
      [b, -2],
      [right, -400],
      [down, 1_200],
    ] as const) {
      assert.ok(Math.abs(value - expected) < 1e-6, `${value}, not ${expected}`);
    }
    const face = alignedFace(picture, alignmentOf(turned()));
    for (const [x, y] of [
      [0, 0],
      [100, 300],
      [510, 2],
    ] as const) {
      const from = ((200 + x / 2) * side + (600 - y / 2)) * 3;
      assert.equal(face.data[(y * faceSide + x) * 3 + 1], picture.data[from + 1], `${x}, ${y}`);
    }
  });

  /** Nothing at its edge, all of it 48 pixels from there. */
  const mask = Float32Array.from({ length: faceSide ** 2 }, (_, at) => {
    const [x, y] = [at % faceSide, Math.floor(at / faceSide)];
    return Math.min(1, Math.min(x, y, faceSide - 1 - x, faceSide - 1 - y) / 48);
  });

  it("laid back unchanged changes nothing by more than a level, and nothing outside", () => {
    const alignment = alignmentOf(turned());
    const copy = { ...picture, data: picture.data.slice() };
    layFace(copy, { face: alignedFace(picture, alignment), mask, alignment });
    assert.ok(copy.data.every((value, at) => Math.abs(value - (picture.data[at] ?? 0)) <= 1));
    const data = new Uint8Array(faceSide ** 2 * 3).fill(255);
    const white: Raster = { width: faceSide, height: faceSide, channels: 3, data };
    layFace(copy, { face: white, mask, alignment });
    const at = (x: number, y: number) => copy.data[(y * side + x) * 3] ?? 0;
    assert.equal(at(472, 328), 255, "the middle");
    // The face covers 344 to 600 across and 200 to 456 down; 24 pixels of it are its soft edge.
    assert.equal(at(472, 226), 255);
    const old = picture.data[(212 * side + 472) * 3] ?? 0;
    assert.ok(Math.abs(at(472, 212) - (old + (255 - old) / 2)) <= 1, "half of both");
    for (const [x, y] of [
      [472, 199],
      [343, 300],
      [601, 300],
      [472, 457],
    ] as const) {
      const before = picture.data[(y * side + x) * 3] ?? 0;
      assert.ok(Math.abs(at(x, y) - before) <= 1, `${x}, ${y}`);
    }
  });

  it("that reaches beyond the picture is grey there", () => {
    const shifted = turned().map(({ x, y }) => ({ x: x - 500, y }));
    const face = alignedFace(picture, alignmentOf(shifted));
    const at = (300 * faceSide + 10) * 3;
    assert.deepEqual([...face.data.subarray(at, at + 3)], [135, 133, 132]);
  });
});
