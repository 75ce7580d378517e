import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Raster } from "#actors/inference/inpaint/raster.ts";
import { edgeAt, frameCount, wipedFrames } from "#actors/inference/works/wipe-frames.ts";

const [width, height] = [100, 3];
const plain = (value: number): Raster => ({
  ...{ width, height, channels: 3 },
  data: new Uint8Array(width * height * 3).fill(value),
});
const frames = wipedFrames(plain(10), plain(200));

/** One letter a pixel of a row: before, after, or the line between them. */
const rowOf = (frame: number, y = 0): string =>
  Array.from({ length: width }, (_, x) => {
    const at = (frame * width * height + y * width + x) * 3;
    const [red, green, blue] = frames.subarray(at, at + 3);
    if (red === 255 && green === 203 && blue === 0) return "|";
    return red === 10 && green === 10 && blue === 10 ? "b" : red === 200 ? "a" : "?";
  }).join("");

const whole = (letter: string): string => letter.repeat(width);

describe("the frames of a wipe", () => {
  it("are 161: one after, fifty over, thirty before, fifty back, thirty after", () => {
    assert.equal(frameCount, 161);
    assert.equal(frames.length, 161 * width * height * 3);
    assert.equal(rowOf(0), whole("a"));
    for (let frame = 51; frame < 81; frame++) assert.equal(rowOf(frame), whole("b"), `${frame}`);
    for (let frame = 131; frame < 161; frame++) assert.equal(rowOf(frame), whole("a"), `${frame}`);
  });

  it("have the line of five pixels at the edge, cut off at the sides, and none before a pause", () => {
    assert.equal(rowOf(1), `${"a".repeat(98)}||`, "the edge is at column 100");
    // At half the time the curve has come to 0.375 * 0.33 + 0.375 * 0.66 + 0.125 = 0.49625.
    assert.equal(rowOf(26), `${"a".repeat(47)}|||||${"b".repeat(48)}`);
    assert.equal(rowOf(26, height - 1), rowOf(26));
    assert.equal(rowOf(50), `a${"b".repeat(99)}`, "the edge is at column 1.98, without a line");
  });

  it("go back the way they came", () => {
    assert.equal(rowOf(81), `|||${"b".repeat(97)}`);
    assert.equal(rowOf(106), rowOf(26));
    assert.equal(rowOf(130), `${"a".repeat(97)}bbb`, "at 0.9796, without a line");
  });

  it("have all but an even pace", () => {
    assert.deepEqual([edgeAt(0), edgeAt(1)], [0, 1]);
    assert.ok(Math.abs(edgeAt(0.5) - 0.49625) < 1e-9);
    for (let step = 0; step <= 50; step++) {
      assert.ok(Math.abs(edgeAt(step / 50) - step / 50) < 0.004, `${step}`);
    }
  });
});
