import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { diffuseModel } from "#actors/inference/models/diffuse-graph.ts";
import { seededChance } from "../../../../bench/inpainting/synthetic-masks.ts";
import { type Diffuse, modelFile, openDiffuse } from "./diffuse-session.ts";

let diffuse: Diffuse;
let close: () => Promise<void>;

before(async () => {
  ({ diffuse, close } = await openDiffuse());
});
after(() => close());

const sizes = [
  [1, 1],
  [1, 7],
  [9, 1],
  [2, 3],
  [31, 17],
  [641, 433],
  [1025, 3],
  [3, 2049],
] as const;
const colour = [0.2, 0.5, 0.8] as const;

/** One colour everywhere; what lies under the mask is not even a number. */
function evenPlanes(width: number, height: number, isHole: (pixel: number) => boolean) {
  const size = width * height;
  const mask = Float32Array.from({ length: size }, (_, pixel) => (isHole(pixel) ? 1 : 0));
  const image = Float32Array.from({ length: size * 3 }, (_, at) =>
    mask[at % size] ? Number.NaN : (colour[Math.floor(at / size)] ?? 0),
  );
  return { width, height, image, mask };
}

function assertPlanes(output: Float32Array, wanted: readonly number[], what: string): void {
  const size = output.length / 3;
  for (const [at, value] of output.entries()) {
    const distance = Math.abs(value - (wanted[Math.floor(at / size)] ?? 0));
    assert.ok(distance < 1e-4, `${what}: ${value} at ${at}`);
  }
}

test("the file is the one that the script writes, byte for byte", async () => {
  const file = await readFile(modelFile);
  assert.ok(file.equals(diffuseModel()), "run actors/inference/models/generate-diffuse.ts");
  assert.ok(file.length < 36_000, `${file.length} bytes`);
});

test("an even picture is continued evenly at any size, whatever lies under the mask", async () => {
  for (const [width, height] of sizes) {
    const chance = seededChance(width * height);
    const scattered = evenPlanes(width, height, (pixel) => pixel > 0 && chance() < 0.6);
    assertPlanes(await diffuse(scattered), colour, `${width} by ${height}, scattered`);
    const last = width * height - 1;
    const allButOne = evenPlanes(width, height, (pixel) => pixel !== last);
    assertPlanes(await diffuse(allButOne), colour, `${width} by ${height}, one pixel known`);
  }
});

test("a picture that is all hole becomes grey", async () => {
  for (const [width, height] of sizes) {
    const output = await diffuse(evenPlanes(width, height, () => true));
    assertPlanes(output, [0.5, 0.5, 0.5], `${width} by ${height}`);
  }
});

test("known pixels come out as they went in", async () => {
  const [width, height] = [97, 61];
  const chance = seededChance(7);
  const image = Float32Array.from({ length: width * height * 3 }, chance);
  const nothing = new Float32Array(width * height);
  assert.deepEqual(await diffuse({ width, height, image, mask: nothing }), image);
  const mask = nothing.map(() => (chance() < 0.3 ? 1 : 0));
  const output = await diffuse({ width, height, image, mask });
  for (const [at, value] of image.entries()) {
    if (!mask[at % mask.length]) assert.equal(output[at], value);
  }
});

test("any mask value above 0 is a hole, and its pixel has no influence", async () => {
  const [width, height] = [16, 16];
  const image = new Float32Array(width * height * 3).fill(0.25);
  const mask = new Float32Array(width * height);
  mask[8 * width + 8] = 0.01;
  image[8 * width + 8] = 1;
  const output = await diffuse({ width, height, image, mask });
  assert.ok(Math.abs((output[8 * width + 8] ?? 0) - 0.25) < 1e-4);
});

test("what is far from all holes is not even looked at, and comes out as it went in", async () => {
  const [width, height, far] = [700, 600, 256];
  const isHole = (x: number, y: number) => x >= 20 && x < 60 && y >= 560 && y < 570;
  const planes = evenPlanes(width, height, (at) => isHole(at % width, Math.floor(at / width)));
  for (const at of planes.image.keys()) {
    const isFar = at % width >= far || Math.floor(at / width) % height < height - far;
    if (isFar) planes.image[at] = Number.NaN;
    else if (planes.mask[at % planes.mask.length]) planes.image[at] = 1;
  }
  const output = await diffuse(planes);
  for (const [at, value] of planes.image.entries()) {
    const expected = planes.mask[at % planes.mask.length]
      ? (colour[Math.floor(at / planes.mask.length)] ?? 0)
      : value;
    const isRight = Number.isNaN(expected)
      ? Number.isNaN(output[at])
      : Math.abs((output[at] ?? 0) - expected) < 1e-4;
    assert.ok(isRight, `${output[at]} at ${at}, not ${expected}`);
  }
});

test("an edge runs on through a hole", async () => {
  const [width, height, middle] = [64, 64, 30];
  const plane = Float32Array.from({ length: width * height }, (_, at) =>
    at % width < middle ? 0.1 : 0.9,
  );
  const mask = plane.map((_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return Math.abs(x - middle) < 10 && Math.abs(y - 32) < 6 ? 1 : 0;
  });
  const image = new Float32Array(plane.length * 3);
  for (const channel of [0, 1, 2]) image.set(plane, channel * plane.length);
  const output = await diffuse({ width, height, image, mask });
  const row = output.subarray(32 * width, 33 * width);
  assert.ok((row[middle - 4] ?? 1) < 0.25, `left of the edge ${row[middle - 4]}`);
  assert.ok((row[middle + 3] ?? 0) > 0.75, `right of the edge ${row[middle + 3]}`);
});
