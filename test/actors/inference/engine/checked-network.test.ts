// What goes into a network and comes out of it is held to what is declared.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CheckedNetwork } from "#actors/inference/engine/checked-network.ts";
import type { Network, TensorValue } from "#actors/inference/engine/network.ts";
import { Failure } from "#protocols/failure.ts";

const tensor = (...shape: number[]): TensorValue => {
  const count = shape.reduce((product, side) => product * side, 1);
  return { type: "float32", shape, data: new Float32Array(count) };
};

const open = ["height", "width"];
const network = (answer: TensorValue): Network => ({
  inputs: [
    { name: "image", type: "float32", shape: [1, 3, ...open] },
    { name: "mask", type: "float32", shape: [1, 1, ...open] },
  ],
  outputs: [{ name: "output", type: "float32", shape: [1, 3, 8, 8] }],
  run: async () => ({ output: answer }),
  close: async () => undefined,
});

const run = async (
  declared: { inputs?: object; outputs?: object },
  { image = tensor(1, 3, 4, 6), mask = tensor(1, 1, 4, 6), output = tensor(1, 3, 4, 6) } = {},
  isJoined = false,
): Promise<string> => {
  const terms = { inputs: { ...declared.inputs }, outputs: { ...declared.outputs } };
  const checked = new CheckedNetwork(network(output), terms, { isJoined });
  return checked.run({ image, mask }).then(
    () => "done",
    (cause: unknown) => Failure.of(cause).detail,
  );
};

describe("a run", () => {
  it("is not held to the size that a file tells of its output", async () => {
    assert.equal(await run({}), "done");
  });

  it("has the same lengths where the file has the same word", async () => {
    const found = await run({}, { mask: tensor(1, 1, 4, 5) });
    const wanted =
      "input mask is float32 [1, 1, 4, 5], and width is 6 in image; expected float32 [1, 1, height, width]";
    assert.equal(found, wanted);
  });

  it("has those of what is declared, where a file's words are wrong", async () => {
    const inputs = { mask: { shape: [1, 1, "rows", -1] } };
    assert.equal(await run({ inputs }, { mask: tensor(1, 1, 4, 5) }), "done");
  });

  it("has the type, the rank and the sides that are declared, in and out", async () => {
    const small = { mask: { shape: [1, 1, 2, "w"] } };
    assert.match(
      await run({ inputs: small }),
      /^input mask is .*; expected float32 \[1, 1, 2, w\]$/,
    );
    const bytes = { output: { element: "uint8" } };
    assert.equal(
      await run({ outputs: bytes }),
      "output output is float32 [1, 3, 4, 6]; expected uint8",
    );
    const flat = { output: { shape: ["n"] } };
    assert.match(await run({ outputs: flat }), /expected \[n\]$/);
    assert.match(await run({}, { image: tensor(3, 4, 6) }), /^input image is float32 \[3, 4, 6\]/);
  });

  it("answers in the size of what went in, where the same word is declared", async () => {
    const declared = {
      inputs: { image: { shape: [1, 3, "h", "w"] } },
      outputs: { output: { shape: [1, 3, "h", "w"] } },
    };
    assert.equal(await run(declared), "done");
    const found = await run(declared, { output: tensor(1, 3, 6, 4) });
    assert.match(found, /^output output is float32 \[1, 3, 6, 4\], and h is 4 in image/);
  });

  it("of several items is not held to the first side", async () => {
    const inputs = { image: { shape: [1, 3, "h", "w"] } };
    const two = { image: tensor(2, 3, 4, 6), mask: tensor(2, 1, 4, 6), output: tensor(2, 3, 4, 6) };
    assert.equal(await run({ inputs }, two, true), "done");
    assert.match(await run({ inputs }, two, false), /^input image is float32 \[2, 3, 4, 6\]/);
  });
});
