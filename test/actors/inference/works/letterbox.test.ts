import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { boxIn, letterboxed, planeUnder } from "#actors/inference/works/letterbox.ts";
import { linearlyResized } from "#actors/inference/works/linear-resize.ts";
import { planeByOpenCv } from "./opencv-reference.ts";

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

  it("is OpenCV's own bit by bit, up, down, and in odd shapes", () => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state / 2 ** 32;
    };
    const length = (most: number) => 1 + Math.floor(random() * most);
    for (let time = 0; time < 300; time++) {
      const [width, height] = [length(90), length(90)];
      const isHalved = time % 10 === 0;
      const size = {
        width: isHalved ? width : length(160),
        height: isHalved ? height : length(160),
      };
      const from = isHalved ? { width: 2 * width, height: 2 * height } : { width, height };
      const data = Float32Array.from({ length: from.width * from.height }, random);
      const theirs = planeByOpenCv({ ...from, data }, size);
      const ours = linearlyResized({ ...from, data }, size).data;
      const odd = theirs.findIndex((value, at) => value !== ours[at]);
      const told = `${from.width} by ${from.height} to ${size.width} by ${size.height}`;
      assert.equal(odd, -1, `${ours[odd]}, not ${theirs[odd]} at ${odd} of ${told}`);
    }
  });

  it("keeps what is plain, and one pixel", () => {
    const one = linearlyResized(
      { width: 1, height: 1, data: Float32Array.of(9) },
      { width: 3, height: 2 },
    );
    assert.deepEqual([...one.data], [9, 9, 9, 9, 9, 9]);
  });
});
