import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Raster } from "#actors/inference/inpaint/raster.ts";
import { lanczosByteResized } from "#actors/inference/works/lanczos-byte-resize.ts";
import { linearByteResized } from "#actors/inference/works/linear-byte-resize.ts";
import { resizedByOpenCv } from "./opencv-reference.ts";

/** The same numbers, 0 to 1, in each run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
}

const samples = {
  noise: (random: () => number) => Math.floor(random() * 256),
  // Sums go as far beyond black and white as they can.
  extremes: (random: () => number) => (random() < 0.5 ? 0 : 255),
};

const ways = {
  INTER_LANCZOS4: lanczosByteResized,
  INTER_LINEAR: linearByteResized,
};

const oddOf = (ours: Uint8Array, theirs: Uint8Array): string | undefined => {
  const at = theirs.findIndex((value, index) => value !== ours[index]);
  return at === -1 ? undefined : `${ours[at]}, not ${theirs[at]} at ${at}`;
};

describe("bytes that are resized are OpenCV's own, bit by bit", () => {
  for (const how of ["INTER_LANCZOS4", "INTER_LINEAR"] as const) {
    for (const channels of [1, 3] as const) {
      for (const [name, sample] of Object.entries(samples)) {
        it(`${how}, ${channels} channels, ${name}: 150 sizes up and down`, () => {
          const random = chance(7 + channels);
          const length = (most: number) => 1 + Math.floor(random() * most);
          for (let time = 0; time < 150; time++) {
            const [width, height] = [length(60), length(60)];
            const size = { width: length(140), height: length(140) };
            const data = Uint8Array.from({ length: width * height * channels }, () =>
              sample(random),
            );
            const raster: Raster = { width, height, channels, data };
            const theirs = resizedByOpenCv(raster, size, how);
            const ours = ways[how](raster, size).data;
            assert.equal(ours.length, theirs.length);
            const told = `${width} by ${height} to ${size.width} by ${size.height}`;
            assert.equal(oddOf(ours, theirs), undefined, told);
          }
        });
      }
    }
  }

  it("what a network made four times as large, to one, two, three times and a half", () => {
    const random = chance(3);
    const [width, height] = [4 * 75, 4 * 51];
    const data = Uint8Array.from({ length: width * height * 3 }, () => samples.noise(random));
    const raster: Raster = { width, height, channels: 3, data };
    for (const upscale of [1, 1.5, 2, 3.5, 6, 8]) {
      const size = { width: Math.floor(75 * upscale), height: Math.floor(51 * upscale) };
      const theirs = resizedByOpenCv(raster, size, "INTER_LANCZOS4");
      const ours = lanczosByteResized(raster, size).data;
      assert.equal(oddOf(ours, theirs), undefined, `${upscale}`);
    }
  });

  it("and the same raster where nothing is to be done", () => {
    const raster: Raster = { width: 3, height: 1, channels: 1, data: Uint8Array.of(1, 2, 3) };
    assert.equal(lanczosByteResized(raster, { width: 3, height: 1 }), raster);
  });
});
