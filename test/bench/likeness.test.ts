import assert from "node:assert/strict";
import { test } from "node:test";
import { decibels, similarity } from "../../bench/inpainting/likeness.ts";
import { maskKinds, syntheticMask } from "../../bench/inpainting/synthetic-masks.ts";

const [width, height] = [32, 24];
const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 37) % 256);
const picture = { width, height, data };
const mask = Uint8Array.from({ length: width * height }, (_, at) => (at % 5 === 0 ? 255 : 0));

test("an error of ten everywhere in the holes is 28.13 decibels, whatever stands outside", () => {
  const filled = data.map((sample, at) =>
    mask[Math.floor(at / 3)] ? sample + (sample < 128 ? 10 : -10) : 0,
  );
  assert.ok(Math.abs(decibels(picture, mask, filled) - 20 * Math.log10(255 / 10)) < 1e-9);
});

test("equal pictures are wholly similar, an inverted one is not", () => {
  assert.ok(Math.abs(similarity(picture, mask, data) - 1) < 1e-9);
  const inverted = data.map((sample) => 255 - sample);
  assert.ok(similarity(picture, mask, inverted) < 0.1);
});

test("each kind of mask makes some holes and leaves most of the picture, the same each time", () => {
  const size = { width: 256, height: 192 };
  for (const kind of maskKinds) {
    const drawn = syntheticMask(kind, size, 7);
    const share = drawn.filter((level) => level > 0).length / drawn.length;
    assert.ok(share > 0.01 && share < 0.3, `${kind}: ${share}`);
    assert.deepEqual(syntheticMask(kind, size, 7), drawn);
  }
});
