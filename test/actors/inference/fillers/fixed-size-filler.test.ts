import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { fixedSizeFiller, resizedHoles } from "#actors/inference/fillers/fixed-size-filler.ts";
import { cubicResized } from "#actors/inference/inpaint/cubic-resize.ts";
import type { Filler } from "#actors/inference/inpaint/filler.ts";
import type { Raster } from "#actors/inference/inpaint/raster.ts";
import { drawn, rowsOf } from "../inpaint/grey-raster.ts";

const side = fc.integer({ min: 1, max: 40 });

describe("resized holes", () => {
  it("are wherever a pixel of a hole has been mixed in", () => {
    // A white pixel on black lights every pixel it is mixed into (or darkens it below 0: clamped).
    fc.assert(
      fc.property(side, side, side, side, fc.nat(), (width, height, toWidth, toHeight, seed) => {
        const holes = new Uint8Array(width * height);
        holes[seed % holes.length] = 255;
        const raster: Raster = { width, height, channels: 1, data: holes };
        const size = { width: toWidth, height: toHeight };
        const marked = resizedHoles(raster, size);
        const black = { ...raster, data: holes.map((value) => 255 - value) };
        const [light, dark] = [cubicResized(raster, size), cubicResized(black, size)];
        for (const [at, mark] of marked.data.entries()) {
          const isTouched = (light.data[at] ?? 0) > 0 || (dark.data[at] ?? 0) < 255;
          assert.ok(mark === 255 || !isTouched, `pixel ${at}`);
        }
        assert.ok(marked.data.includes(255), "a hole got lost");
      }),
    );
  });

  it("are none where there are none, and all where all is one", () => {
    fc.assert(
      fc.property(side, side, side, side, (width, height, toWidth, toHeight) => {
        const size = { width: toWidth, height: toHeight };
        for (const value of [0, 255]) {
          const data = new Uint8Array(width * height).fill(value);
          const marked = resizedHoles({ width, height, channels: 1, data }, size);
          assert.deepEqual(new Set(marked.data), new Set([value]));
        }
      }),
    );
  });

  it("reach no farther than mixing does", () => {
    const holes = drawn(
      "................",
      "................",
      ".......#........",
      "................",
    );
    const row = [0, 0, 0, 255, 255, 0, 0, 0];
    assert.deepEqual(rowsOf(resizedHoles(holes, { width: 8, height: 2 })), [row, row]);
  });
});

describe("a filler of one size", () => {
  const size = { width: 8, height: 8 };
  const fed: (readonly [Raster, Raster])[] = [];
  const inner: Filler = {
    padding: { multiple: 1, sizeMin: 8, isSquare: true },
    // Garbage outside the holes.
    fill: async (image, mask) => {
      fed.push([image, mask]);
      return { ...image, data: image.data.map(() => 90) };
    },
    close: async () => undefined,
  };
  const even = (width: number, height: number): Raster => ({
    width,
    height,
    channels: 3,
    data: new Uint8Array(width * height * 3).fill(90),
  });

  it("is fed its size and gives back the size asked", async () => {
    for (const [width, height] of [
      [8, 8],
      [20, 20],
      [5, 9],
      [1, 1],
    ] as const) {
      const mask: Raster = { width, height, channels: 1, data: new Uint8Array(width * height) };
      mask.data[0] = 255;
      const filled = await fixedSizeFiller(inner, size).fill(even(width, height), mask, {});
      assert.deepEqual([filled.width, filled.height], [width, height]);
      assert.deepEqual(new Set(filled.data), new Set([90]));
      const [image, holes] = fed.at(-1) ?? [];
      assert.deepEqual([image?.width, image?.height, holes?.width, holes?.height], [8, 8, 8, 8]);
    }
  });
});
