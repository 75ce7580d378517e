import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bytePlanes,
  pixelsOfBytes,
  pixelsOfFloats,
  writeMask,
  writeUnitPlanes,
} from "#actors/inference/fillers/pixel-planes.ts";
import type { Raster } from "#actors/inference/inpaint/raster.ts";

const all: Raster = {
  width: 16,
  height: 16,
  channels: 3,
  data: Uint8Array.from({ length: 768 }, (_, at) => (at * 5) % 256),
};

test("a picture goes to planes of bytes and back unchanged", () => {
  const planes = bytePlanes(all);
  assert.deepEqual([planes[1], planes[257], planes[513]], [...all.data.subarray(3, 6)]);
  assert.deepEqual(pixelsOfBytes(planes), all.data);
});

test("bytes become the nearest float of a 255th, and come back at most one darker", () => {
  const planes = new Float32Array(768);
  writeUnitPlanes(all, planes);
  assert.equal(planes[1], Math.fround((all.data[3] ?? 0) / 255));
  for (const [at, value] of pixelsOfFloats(planes, 1).entries()) {
    const lost = (all.data[at] ?? 0) - value;
    assert.ok(lost === 0 || lost === 1, `${value} at ${at}`);
  }
});

test("floats are clipped and rounded down in single precision", () => {
  const cases: [value: number, light: 1 | 255, byte: number][] = [
    [0, 1, 0],
    [-0.1, 1, 0],
    [1, 1, 255],
    [1.7, 1, 255],
    [0.5, 1, 127],
    [127.99, 255, 127],
    [255.9, 255, 255],
    [-3, 255, 0],
    // Below 200 / 255 in double precision, but not in single.
    [0.784313725, 1, 200],
    [Number.POSITIVE_INFINITY, 1, 255],
    [Number.NEGATIVE_INFINITY, 255, 0],
  ];
  for (const [value, light, byte] of cases) {
    const planes = Float32Array.of(value, value, value);
    assert.deepEqual([...pixelsOfFloats(planes, light)], [byte, byte, byte], `${value}`);
  }
});

test("what is not a number is refused with its place; infinities that cancel out are clipped", () => {
  const planes = new Float32Array(12);
  planes[0] = Number.POSITIVE_INFINITY;
  planes[6] = Number.NEGATIVE_INFINITY;
  assert.deepEqual([...pixelsOfFloats(planes, 1)], [255, ...new Array(11).fill(0)]);
  planes[7] = Number.NaN;
  assert.throws(() => pixelsOfFloats(planes, 1), {
    code: "model_failed",
    detail: "its output is not a number (NaN) at pixel 3 of 4",
  });
});

test("every level of a mask but black is a hole", () => {
  const mask: Raster = { width: 3, height: 1, channels: 1, data: Uint8Array.of(0, 1, 255) };
  const floats = new Float32Array(3);
  writeMask(mask, { hole: 1, kept: 0 }, floats);
  assert.deepEqual([...floats], [0, 1, 1]);
  const bytes = new Uint8Array(3);
  writeMask(mask, { hole: 0, kept: 255 }, bytes);
  assert.deepEqual([...bytes], [255, 0, 0]);
});
