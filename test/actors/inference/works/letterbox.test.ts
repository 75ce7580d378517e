import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { boxIn, letterboxed, planeUnder } from "#actors/inference/works/letterbox.ts";
import { linearlyResized } from "#actors/inference/works/linear-resize.ts";

describe("the frame of a picture in a square", () => {
  const size = { width: 1_024, height: 1_024 };
  const cases: [width: number, height: number, left: number, top: number, w: number, h: number][] =
    [
      [1_024, 1_024, 0, 0, 1_024, 1_024],
      [512, 256, 0, 256, 1_024, 512],
      [333, 1_000, 342, 0, 340, 1_024],
      [3, 1, 0, 341, 1_024, 341],
      [5_000, 1, 0, 511, 1_024, 1],
    ];
  for (const [width, height, left, top, w, h] of cases) {
    it(`${width} by ${height} lies at ${left}, ${top} with ${w} by ${h}`, () => {
      const frame = { left, top, width: w, height: h };
      assert.deepEqual(boxIn({ width, height }, size), frame);
    });
  }

  it("has the picture inside and black outside, and is found again", () => {
    const picture = {
      width: 2,
      height: 1,
      channels: 3,
      data: Uint8Array.of(1, 2, 3, 4, 5, 6),
    } as const;
    const small = { width: 2, height: 4 };
    const frame = boxIn(picture, small);
    const framed = letterboxed(picture, frame, small);
    const black = [0, 0, 0, 0, 0, 0];
    assert.deepEqual([...framed.data], [...black, 1, 2, 3, 4, 5, 6, ...black, ...black]);
    const plane = { ...small, data: Float32Array.of(0, 0, 7, 8, 0, 0, 0, 0) };
    assert.deepEqual([...planeUnder(plane, frame).data], [7, 8]);
  });
});

describe("a plane that is resized linearly", () => {
  it("has its samples' centres where OpenCV has them", () => {
    const data = Float32Array.of(0, 100);
    const row = linearlyResized({ width: 2, height: 1, data }, { width: 4, height: 1 });
    assert.deepEqual([...row.data], [0, 25, 75, 100]);
    // Of four to two each new sample lies between two old ones; nothing else is smoothed.
    const shrunk = linearlyResized(
      { width: 6, height: 1, data: Float32Array.of(0, 10, 200, 0, 30, 50) },
      { width: 2, height: 1 },
    );
    assert.deepEqual([...shrunk.data], [10, 30]);
  });

  it("keeps what is plain, and one pixel", () => {
    const one = linearlyResized(
      { width: 1, height: 1, data: Float32Array.of(9) },
      { width: 3, height: 2 },
    );
    assert.deepEqual([...one.data], [9, 9, 9, 9, 9, 9]);
  });
});
