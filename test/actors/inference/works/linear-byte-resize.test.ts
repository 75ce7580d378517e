import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Raster } from "#actors/inference/inpaint/raster.ts";
import { linearByteResized } from "#actors/inference/works/linear-byte-resize.ts";

const row = (...values: number[]): Raster => ({
  ...{ width: values.length, height: 1, channels: 1 },
  data: Uint8Array.from(values),
});

describe("bytes that are resized linearly", () => {
  it("have their samples' centres where OpenCV has them", () => {
    assert.deepEqual(
      [...linearByteResized(row(0, 100), { width: 4, height: 1 }).data],
      [0, 25, 75, 100],
    );
    const third = linearByteResized(row(0, 10, 200, 0, 30, 50), { width: 2, height: 1 });
    assert.deepEqual([...third.data], [10, 30]);
  });

  it("stay plain where they are plain, at any size", () => {
    for (const value of [0, 1, 127, 254, 255]) {
      const data = new Uint8Array(5 * 3 * 3).fill(value);
      for (const [width, height] of [
        [1, 1],
        [5, 1],
        [7, 11],
        [64, 2],
        [3, 3],
      ] as const) {
        const resized = linearByteResized(
          { width: 5, height: 3, channels: 3, data },
          { width, height },
        );
        assert.equal(resized.data.length, width * height * 3);
        assert.ok(
          resized.data.every((sample) => sample === value),
          `${value}, ${width} by ${height}`,
        );
      }
    }
  });

  it("become the mean of four at half the size each way, halves rounded up", () => {
    const data = Uint8Array.of(0, 1, 0, 1, 255, 255, 255, 254);
    const cell: Raster = { width: 4, height: 2, channels: 1, data };
    assert.deepEqual([...linearByteResized(cell, { width: 2, height: 1 }).data], [128, 128]);
  });

  it("keep the channels of a pixel apart", () => {
    const data = Uint8Array.of(0, 50, 100, 200, 150, 100);
    const two: Raster = { width: 2, height: 1, channels: 3, data };
    const resized = linearByteResized(two, { width: 4, height: 1 });
    const expected = [0, 50, 100, 50, 75, 100, 150, 125, 100, 200, 150, 100];
    assert.deepEqual([...resized.data], expected);
  });

  it("are the same where nothing is to be done", () => {
    const same = row(1, 2, 3);
    assert.equal(linearByteResized(same, { width: 3, height: 1 }), same);
  });
});
