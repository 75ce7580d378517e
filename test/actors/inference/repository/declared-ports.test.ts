import assert from "node:assert/strict";
import { it } from "node:test";
import { modelPort, refuseUndeclared } from "#actors/inference/repository/declared-ports.ts";
import { settingsOf } from "#actors/inference/repository/model-settings.ts";
import { Failure } from "#protocols/failure.ts";

const declared = (image: object) => settingsOf({ inputs: { image }, outputs: {} }, "config.json");
const network = {
  inputs: [{ name: "image", type: "float32", shape: [1, 3, "height", 512] }],
  outputs: [],
};

const cases: readonly [string, object, RegExp | null][] = [
  ["as the file has it", { element: "float32", shape: [1, 3, "height", 512] }, null],
  ["an open side by another name, or fixed", { element: "float32", shape: [1, 3, 64, 512] }, null],
  ["without a shape: nothing to compare", { element: "float32" }, null],
  [
    "another type",
    { element: "uint8", shape: [1, 3, "height", 512] },
    /input image as uint8 \[1, 3, height, 512\], but the file has float32 \[1, 3, height, 512\]/,
  ],
  ["another length", { element: "float32", shape: [1, 3, "height", 256] }, /but the file has/],
  ["open where the file is not", { element: "float32", shape: [1, 3, "h", "w"] }, /\[1, 3, h, w\]/],
  ["fewer sides", { element: "float32", shape: [3, 64, 512] }, /but the file has/],
];
for (const [name, image, reason] of cases) {
  it(`a declared input: ${name}`, () => {
    const check = (): void => refuseUndeclared("model eraser", declared(image), network);
    if (reason === null) check();
    else {
      assert.throws(check, (why) => why instanceof Failure && reason.test(why.detail));
    }
  });
}

for (const [image, where] of [
  [{ element: 32, shape: [1] }, "inputs.image.element"],
  [{ element: "float32", shape: "1x3" }, "inputs.image.shape"],
  [{ element: "float32", shape: [1, null] }, "inputs.image.shape[1]"],
  [{ element: "float32", shape: [1, -2] }, "inputs.image.shape[1]"],
] as const) {
  it(`a declaration that is none is refused by its place: ${JSON.stringify(image)}`, () => {
    const isRefused = (why: unknown): boolean =>
      why instanceof Failure &&
      why.code === "invalid" &&
      why.detail.startsWith(`config.json: ${where} `);
    assert.throws(() => declared(image), isRefused);
  });
}

it("a tensor that the file does not have is named, with those that it has", () => {
  const settings = settingsOf(
    { inputs: {}, outputs: { picture: { element: "float32", shape: [1] } } },
    "config.json",
  );
  const reason = /model eraser: .* output picture as float32 \[1\], but the file has only none/;
  assert.throws(() => refuseUndeclared("model eraser", settings, network), reason);
});

it("ports are told as the Open Inference Protocol writes them", () => {
  const port = { name: "x", type: "int64", shape: [1, "n", -1] };
  assert.deepEqual(modelPort(port), { name: "x", datatype: "INT64", shape: [1, -1, -1] });
  const bits = { name: "y", type: "float16", shape: [] };
  assert.deepEqual(modelPort(bits), { name: "y", datatype: "FP16", shape: [] });
});
