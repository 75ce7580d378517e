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
const colour = [51, 128, 204] as const;

const byte = (chance: () => number): number => Math.floor(chance() * 256);

/** One colour everywhere, and anything under the mask. */
function evenPicture(width: number, height: number, isHole: (pixel: number) => boolean) {
  const chance = seededChance(width + height);
  const mask = Uint8Array.from({ length: width * height }, (_, at) => (isHole(at) ? 255 : 0));
  const image = Uint8Array.from({ length: mask.length * 3 }, (_, at) =>
    mask[Math.floor(at / 3)] ? byte(chance) : (colour[at % 3] ?? 0),
  );
  return { width, height, image, mask };
}

function assertEven(output: Uint8Array, wanted: readonly number[], what: string): void {
  const wrong = output.findIndex((value, at) => value !== wanted[at % 3]);
  assert.equal(wrong, -1, `${what}: ${output[wrong]} at ${wrong}`);
}

test("the file is the one that the script writes, byte for byte", async () => {
  const file = await readFile(modelFile);
  assert.ok(file.equals(diffuseModel()), "run actors/inference/models/generate-diffuse.ts");
  assert.ok(file.length < 44_000, `${file.length} bytes`);
});

test("an even picture is continued evenly at any size, whatever lies under the mask", async () => {
  for (const [width, height] of sizes) {
    const chance = seededChance(width * height);
    const scattered = evenPicture(width, height, (pixel) => pixel > 0 && chance() < 0.6);
    assertEven(await diffuse(scattered), colour, `${width} by ${height}, scattered`);
    const last = width * height - 1;
    const allButOne = evenPicture(width, height, (pixel) => pixel !== last);
    assertEven(await diffuse(allButOne), colour, `${width} by ${height}, one pixel known`);
  }
});

test("black and white stay what they are: no sum runs over", async () => {
  for (const level of [0, 255]) {
    const picture = evenPicture(97, 61, (pixel) => pixel % 97 > 20 && pixel % 97 < 70);
    for (const at of picture.image.keys()) {
      if (!picture.mask[Math.floor(at / 3)]) picture.image[at] = level;
    }
    assertEven(await diffuse(picture), [level, level, level], `${level}`);
  }
});

test("a picture that is all hole becomes grey", async () => {
  for (const [width, height] of sizes) {
    const output = await diffuse(evenPicture(width, height, () => true));
    assertEven(output, [128, 128, 128], `${width} by ${height}`);
  }
});

test("known pixels come out as they went in", async () => {
  const [width, height] = [97, 61];
  const chance = seededChance(7);
  const image = Uint8Array.from({ length: width * height * 3 }, () => byte(chance));
  const nothing = new Uint8Array(width * height);
  assert.deepEqual(await diffuse({ width, height, image, mask: nothing }), image);
  const mask = nothing.map(() => (chance() < 0.3 ? 255 : 0));
  const output = await diffuse({ width, height, image, mask });
  for (const [at, value] of image.entries()) {
    if (!mask[Math.floor(at / 3)]) assert.equal(output[at], value);
  }
});

test("what lies under the mask has no influence, at the picture's edge either", async () => {
  const [width, height] = [53, 47];
  const chance = seededChance(11);
  const image = Uint8Array.from({ length: width * height * 3 }, () => byte(chance));
  const mask = Uint8Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return x < 5 || y < 3 || x > width - 4 || y > height - 6 || chance() < 0.2 ? 255 : 0;
  });
  const other = image.map((value, at) => (mask[Math.floor(at / 3)] ? byte(chance) : value));
  assert.deepEqual(
    await diffuse({ width, height, image, mask }),
    await diffuse({ width, height, image: other, mask }),
  );
});

test("any mask value above 0 is a hole, and its pixel has no influence", async () => {
  const [width, height] = [16, 16];
  const image = new Uint8Array(width * height * 3).fill(64);
  const mask = new Uint8Array(width * height);
  mask[8 * width + 8] = 1;
  image.fill(255, (8 * width + 8) * 3, (8 * width + 9) * 3);
  const output = await diffuse({ width, height, image, mask });
  assertEven(output, [64, 64, 64], "one pixel");
});

test("what is far from all holes is not even looked at, and comes out as it went in", async () => {
  const [width, height, far] = [700, 600, 256];
  const isHole = (x: number, y: number) => x >= 20 && x < 60 && y >= 560 && y < 570;
  const chance = seededChance(5);
  const picture = evenPicture(width, height, (at) => isHole(at % width, Math.floor(at / width)));
  for (const at of picture.image.keys()) {
    const pixel = Math.floor(at / 3);
    const isFar = pixel % width >= far || Math.floor(pixel / width) < height - far;
    if (isFar) picture.image[at] = byte(chance);
  }
  const output = await diffuse(picture);
  for (const [at, value] of picture.image.entries()) {
    const expected = picture.mask[Math.floor(at / 3)] ? colour[at % 3] : value;
    if (output[at] !== expected) assert.equal(output[at], expected, `at ${at}`);
  }
});

test("an edge runs on through a hole", async () => {
  const [width, height, middle] = [64, 64, 30];
  const image = Uint8Array.from({ length: width * height * 3 }, (_, at) =>
    Math.floor(at / 3) % width < middle ? 26 : 230,
  );
  const mask = Uint8Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return Math.abs(x - middle) < 10 && Math.abs(y - 32) < 6 ? 255 : 0;
  });
  const output = await diffuse({ width, height, image, mask });
  const red = (x: number) => output[(32 * width + x) * 3] ?? Number.NaN;
  assert.ok(red(middle - 4) < 0.25 * 255, `left of the edge ${red(middle - 4)}`);
  assert.ok(red(middle + 3) > 0.75 * 255, `right of the edge ${red(middle + 3)}`);
});
