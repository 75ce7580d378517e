// What a detector is fed, and which networks are one.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Network, TensorPort, TensorValues } from "#actors/inference/engine/network.ts";
import { detectorPlanes, detectorSize } from "#actors/inference/text/detector-input.ts";
import { textDetector } from "#actors/inference/text/text-detector.ts";
import { Failure } from "#protocols/failure.ts";

test("sides are multiples of 32, and the longer one within the limit", () => {
  const cases: readonly (readonly [number, number, number, readonly [number, number]])[] = [
    [1_280, 720, 960, [960, 544]],
    [720, 1_280, 960, [544, 960]],
    [640, 433, 960, [640, 448]],
    [10_000, 10, 960, [960, 32]],
    [1, 1, 960, [32, 32]],
    [960, 960, 960, [960, 960]],
    [8_000, 6_000, 32, [32, 32]],
  ];
  for (const [width, height, limit, [wide, high]] of cases) {
    const size = detectorSize({ width, height }, limit);
    assert.deepEqual(size, { width: wide, height: high }, `${width} by ${height}`);
  }
});

test("planes are blue, green and red, each less its mean and over its spread", () => {
  const planes = detectorPlanes({
    ...{ width: 2, height: 1, channels: 3 },
    data: Uint8Array.from([255, 0, 51, 0, 255, 102]),
  });
  const expected = [
    (51 / 255 - 0.485) / 0.229,
    (102 / 255 - 0.485) / 0.229,
    (0 - 0.456) / 0.224,
    (1 - 0.456) / 0.224,
    (1 - 0.406) / 0.225,
    (0 - 0.406) / 0.225,
  ];
  assert.equal(planes.length, expected.length);
  for (const [at, value] of expected.entries()) {
    assert.ok(Math.abs((planes[at] ?? Number.NaN) - value) < 1e-6, `${at}: ${planes[at]}`);
  }
});

const open = ["n", 3, "h", "w"] as const;
const portOf = (name: string, shape: TensorPort["shape"], type = "float32"): TensorPort => ({
  ...{ name, type, shape },
});

function networkOf(
  inputs: readonly TensorPort[],
  outputs: readonly TensorPort[],
  answer: TensorValues = {},
): Network & { readonly fed: TensorValues[] } {
  const fed: TensorValues[] = [];
  return {
    ...{ inputs, outputs, fed },
    async run(values) {
      fed.push(values);
      return answer;
    },
    close: async () => undefined,
  };
}

const map = (shape: readonly number[], data = new Float32Array(4)): TensorValues => ({
  out: { type: "float32", shape, data },
});
const picture = { width: 2, height: 2, channels: 3, data: new Uint8Array(12) } as const;

test("a network of one picture in and one map out is a detector", async () => {
  const network = networkOf(
    [portOf("x", open)],
    [portOf("out", [-1, 1, "h", "w"])],
    map([1, 1, 2, 2]),
  );
  const found = await textDetector(network).look(picture);
  assert.deepEqual([found.width, found.height], [2, 2]);
  assert.deepEqual(network.fed[0]?.x?.shape, [1, 3, 2, 2]);
});

test("one that takes a single size is shown pictures of that size", () => {
  const network = networkOf([portOf("x", [1, 3, 480, 640])], [portOf("out", [1, 1, 480, 640])]);
  const size = textDetector(network).sizeFor({ width: 4_000, height: 100 }, 960);
  assert.deepEqual(size, { width: 640, height: 480 });
});

test("any other network is refused with what it has", async () => {
  const good = [portOf("x", open)];
  const out = [portOf("out", ["n", 1, "h", "w"])];
  const wrong: readonly (readonly [readonly TensorPort[], readonly TensorPort[], RegExp])[] = [
    [[...good, portOf("mask", open)], out, /one input.*x: float32.*mask: float32/],
    [[portOf("x", ["n", 1, "h", "w"])], out, /one input, float32 \[n, 3, height, width\]/],
    [[portOf("x", open, "uint8")], out, /x: uint8/],
    [good, [portOf("text", ["n", "words"])], /one output, float32 \[n, 1, height, width\].*text/],
    [good, [], /one output/],
  ];
  for (const [inputs, outputs, why] of wrong) {
    assert.throws(
      () => textDetector(networkOf(inputs, outputs)),
      (cause) =>
        cause instanceof Failure && cause.code === "model_failed" && why.test(cause.detail),
    );
  }
  for (const answer of [{}, map([1, 2, 2, 1]), map([2, 1, 2, 1]), map([4])]) {
    const detector = textDetector(networkOf(good, out, answer));
    await assert.rejects(detector.look(picture), /its answer is .*, not float32 \[1, 1, height/);
  }
});
