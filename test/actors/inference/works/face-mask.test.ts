import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type FaceMask, faceSide } from "#actors/inference/works/face-alignment.ts";
import { parsedMask, squareMask } from "#actors/inference/works/face-mask.ts";
import { blurredByOpenCv } from "./opencv-reference.ts";

const size = faceSide ** 2;
const classCount = 19;
const shape = [1, classCount, faceSide, faceSide];

/** What a parsing network says whose likeliest class of a pixel is that. */
function answer(classAt: (x: number, y: number) => number): Float32Array {
  const data = new Float32Array(classCount * size).fill(-4);
  for (let at = 0; at < size; at++) {
    const index = Math.min(classCount - 1, classAt(at % faceSide, Math.floor(at / faceSide)));
    data[index * size + at] = 3;
  }
  return data;
}

const distance = (at: number): number => {
  const [x, y] = [at % faceSide, Math.floor(at / faceSide)];
  return Math.min(x, y, faceSide - 1 - x, faceSide - 1 - y);
};

function nearlyEqual(ours: FaceMask, theirs: Float64Array): void {
  let [most, place] = [0, 0];
  for (const [at, value] of theirs.entries()) {
    const difference = Math.abs(value - (ours[at] ?? 0));
    if (difference > most) [most, place] = [difference, at];
  }
  assert.ok(most < 1e-5, `${ours[place]}, not ${theirs[place]} at ${place}`);
}

describe("what of a face is laid back", () => {
  it("by a parser is what it sees of the face, blurred twice as OpenCV blurs, less ten pixels", () => {
    const classAt = (x: number, y: number) => {
      // A face that reaches the lower edge, where the blur is mirrored, with holes in it.
      if ((x - 250) ** 2 + (y - 400) ** 2 > 180 ** 2) return x < 30 ? 13 : 0;
      return (Math.floor(x / 40) + Math.floor(y / 40)) % classCount;
    };
    const isFace = (index: number) => (index > 0 && index < 14) || index === 15;
    const hard = Float64Array.from({ length: size }, (_, at) =>
      isFace(classAt(at % faceSide, Math.floor(at / faceSide))) ? 1 : 0,
    );
    const soft = blurredByOpenCv(hard, { side: faceSide, taps: 101, sigma: 11, times: 2 });
    const theirs = soft.map((value, at) => (distance(at) < 10 ? 0 : value));
    nearlyEqual(parsedMask({ shape, data: answer(classAt) }), theirs);
  });

  it("has skin, features, ears, earrings and hair of the classes, and nothing else", () => {
    // Each class has a square of its own, whose middle the blur of its neighbours does not reach.
    const columns = 4;
    const mask = parsedMask({
      shape,
      data: answer((x, y) => Math.floor(y / 102) * columns + Math.floor(x / 128)),
    });
    const seen = Array.from({ length: classCount }, (_, index) => {
      const [x, y] = [64 + 128 * (index % columns), 51 + 102 * Math.floor(index / columns)];
      return Math.round(mask[y * faceSide + x] ?? 0);
    });
    assert.deepEqual(seen, [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0]);
  });

  it("of two classes that are as likely has the first", () => {
    const mask = parsedMask({ shape, data: new Float32Array(classCount * size) });
    assert.ok(mask.every((value) => value === 0));
  });

  it("without one is its square, worn off and blurred as OpenCV blurs", () => {
    const hard = Float64Array.from({ length: size }, (_, at) => (distance(at) > 25 ? 1 : 0));
    const theirs = blurredByOpenCv(hard, { side: faceSide, taps: 51, sigma: 0, times: 1 });
    const mask = squareMask();
    nearlyEqual(mask, theirs);
    assert.equal(mask[256 * faceSide], 0, "nothing at the edge");
    assert.ok(Math.abs((mask[256 * faceSide + 51] ?? 0) - 1) < 1e-6, "all of it after a tenth");
  });

  it("cannot be told by an answer of another shape, or that has no numbers", () => {
    const data = new Float32Array(classCount * size);
    assert.throws(() => parsedMask({ shape: [1, 11, faceSide, faceSide], data }), {
      code: "model_failed",
      detail: "parser.onnx gave [1,11,512,512]; expected [1,19,512,512]",
    });
    data[12_345] = Number.NaN;
    assert.throws(() => parsedMask({ shape, data }), { detail: /values that are not numbers/ });
  });
});
