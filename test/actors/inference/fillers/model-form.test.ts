import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TensorPort } from "#actors/inference/engine/network.ts";
import { type FillerConfig, readFillerConfig } from "#actors/inference/fillers/filler-config.ts";
import { formOf, paddingOf, type Signature } from "#actors/inference/fillers/model-form.ts";

type Shape = TensorPort["shape"];
const open = ["height", "width"] as const;

const port = (name: string, type: string, shape: Shape): TensorPort => ({ name, type, shape });
const signature = (
  inputs: readonly TensorPort[],
  output = port("output", "float32", [1, 3, ...open]),
): Signature => ({ inputs, outputs: [output] });

const image = port("image", "float32", [1, 3, ...open]);
const mask = port("mask", "float32", [1, 1, ...open]);
const lama = signature([image, mask]);
const migan = signature(
  [port("image", "uint8", [1, 3, ...open]), port("mask", "uint8", [1, 1, ...open])],
  port("result", "uint8", [1, 3, 512, 512]),
);

describe("a form is recognised", () => {
  const size = { width: 512, height: 512 };
  const names = { image: "image", mask: "mask", output: "output" };
  const cases: [name: string, signature: Signature, config: FillerConfig, form: object][] = [
    [
      "LaMa of any size",
      lama,
      {},
      { kind: "image-and-mask", ...names, hole: 1, light: undefined, size: undefined },
    ],
    [
      "LaMa of 512 by 512 with an open batch, its range told by the config",
      signature(
        [
          port("image", "float32", ["batch", 3, 512, 512]),
          port("mask", "float32", [-1, 1, 512, 512]),
        ],
        port("output", "float32", ["batch", 3, 512, 512]),
      ),
      { outputs: { output: { range: [0, 255] } } },
      { kind: "image-and-mask", ...names, hole: 1, light: 255, size },
    ],
    [
      "an inverted mask, told by the config",
      lama,
      { inputs: { mask: { hole: 0 } } },
      { kind: "image-and-mask", ...names, hole: 0, light: undefined, size: undefined },
    ],
    [
      "the mask by its one channel, wherever it stands",
      signature([port("x", "float32", [1, 1, ...open]), port("y", "float32", [1, 3, ...open])]),
      {},
      {
        kind: "image-and-mask",
        image: "y",
        mask: "x",
        output: "output",
        hole: 1,
        light: undefined,
        size: undefined,
      },
    ],
    [
      "the mask by its name where channels are open",
      signature([
        port("Mask", "float32", [1, "channels", ...open]),
        port("photo", "float32", [1, "channels", ...open]),
      ]),
      {},
      {
        kind: "image-and-mask",
        image: "photo",
        mask: "Mask",
        output: "output",
        hole: 1,
        light: undefined,
        size: undefined,
      },
    ],
    [
      "four channels",
      signature([port("input", "float32", [1, 4, ...open])]),
      {},
      { kind: "four-channel", input: "input", output: "output", light: undefined, size: undefined },
    ],
    [
      "MI-GAN with its pipeline, whatever size its output is said to have",
      migan,
      {},
      {
        kind: "pipeline",
        image: "image",
        mask: "mask",
        output: "result",
        hole: 0,
        size: undefined,
      },
    ],
    [
      "the built-in model, whose channels stand last",
      {
        inputs: [port("image", "uint8", [1, ...open, 3]), port("mask", "uint8", [1, ...open, 1])],
        outputs: [port("output", "uint8", [1, ...open, 3])],
      },
      { inputs: { mask: { hole: 1 } } },
      { kind: "pixels", image: "image", mask: "mask", output: "output", hole: 1, size: undefined },
    ],
  ];
  for (const [name, seen, config, form] of cases) {
    it(name, () => assert.deepEqual(formOf(seen, config), form));
  }
});

describe("what fits no form is refused by tensor, expected and found", () => {
  const cases: [name: string, signature: Signature, config: FillerConfig, detail: string][] = [
    [
      "a picture whose channels stand last, and a mask whose channel does not",
      signature([port("image", "uint8", [1, ...open, 3]), port("mask", "uint8", [1, 1, ...open])]),
      {},
      "input mask is uint8 [1,1,height,width]; expected uint8 [1,height,width,1]",
    ],
    [
      "no input",
      signature([]),
      {},
      "its inputs are none; expected an image and a mask, or one input of 4 channels",
    ],
    [
      "three inputs",
      signature([image, mask, port("noise", "float32", [1, 1])]),
      {},
      "its inputs are image is float32 [1,3,height,width], mask is float32 [1,1,height,width], " +
        "noise is float32 [1,1]; expected an image and a mask, or one input of 4 channels",
    ],
    [
      "one input of three channels",
      signature([image]),
      {},
      "input image is float32 [1,3,height,width]; expected float32 [1,4,height,width]",
    ],
    [
      "another type",
      signature([image, port("mask", "int64", [1, 1, ...open])]),
      {},
      "input mask is int64 [1,1,height,width]; expected float32 [1,1,height,width]",
    ],
    [
      "half precision",
      signature([port("image", "float16", [1, 3, ...open]), mask]),
      {},
      "input image is float16 [1,3,height,width]; expected float32 [1,3,height,width]",
    ],
    [
      "two types",
      signature([port("image", "uint8", [1, 3, ...open]), mask]),
      {},
      "input mask is float32 [1,1,height,width]; expected uint8 [1,1,height,width]",
    ],
    [
      "channels last",
      signature([port("image", "float32", [1, ...open, 3]), mask]),
      {},
      "input image is float32 [1,height,width,3]; expected float32 [1,3,height,width]",
    ],
    [
      "three sides",
      signature([port("image", "float32", [3, ...open]), mask]),
      {},
      "input image is float32 [3,height,width]; expected float32 [1,3,height,width]",
    ],
    [
      "a fixed batch",
      signature([port("image", "float32", [4, 3, ...open]), mask]),
      {},
      "input image is float32 [4,3,height,width]; expected float32 [1,3,height,width]",
    ],
    [
      "one side fixed",
      signature([port("image", "float32", [1, 3, 512, "width"]), mask]),
      {},
      "input image is float32 [1,3,512,width]; expected float32 [1,3,height,width]",
    ],
    [
      "an image and a mask of two sizes",
      signature([port("image", "float32", [1, 3, 512, 512]), mask]),
      {},
      "input mask is float32 [1,1,height,width] has not the size of input image is float32 " +
        "[1,3,512,512]; expected the same width and height",
    ],
    [
      "no output",
      { inputs: [image, mask], outputs: [] },
      {},
      "it has no output; expected one image",
    ],
    [
      "an output that is a mask",
      signature([image, mask], port("alpha", "float32", [1, 1, ...open])),
      {},
      "output alpha is float32 [1,1,height,width]; expected float32 [1,3,height,width]",
    ],
    [
      "a config for another model",
      lama,
      { inputs: { photo: { range: [0, 1] } } },
      "config.json names photo among the inputs; the model's inputs are image, mask",
    ],
    [
      "a range that the type cannot have",
      migan,
      { outputs: { result: { range: [0, 1] } } },
      "config.json gives output result of type uint8 the range 0 to 1; expected 0 to 255",
    ],
    [
      "floats that should go up to 255",
      lama,
      { inputs: { image: { range: [0, 255] } } },
      "config.json gives input image of type float32 the range 0 to 255; expected 0 to 1",
    ],
  ];
  for (const [name, seen, config, detail] of cases) {
    it(name, () => {
      assert.throws(() => formOf(seen, config), { code: "model_failed", detail });
    });
  }
});

describe("padding", () => {
  const ofForm = (seen: Signature, config: FillerConfig = {}) =>
    paddingOf(formOf(seen, config), config);

  it("is what networks of the form need", () => {
    assert.deepEqual(ofForm(lama), { multiple: 8, sizeMin: 0, isSquare: false });
    assert.deepEqual(ofForm(migan), { multiple: 1, sizeMin: 0, isSquare: false });
    const four = signature([port("input", "float32", [1, 4, ...open])]);
    assert.deepEqual(ofForm(four), { multiple: 32, sizeMin: 0, isSquare: false });
  });

  it("reaches the fixed size, and keeps its proportions", () => {
    const fixed = (width: number, height: number) =>
      signature([
        port("image", "float32", [1, 3, height, width]),
        port("mask", "float32", [1, 1, height, width]),
      ]);
    assert.deepEqual(ofForm(fixed(512, 512)), { multiple: 1, sizeMin: 512, isSquare: true });
    assert.deepEqual(ofForm(fixed(640, 512)), { multiple: 1, sizeMin: 640, isSquare: false });
  });

  it("is what the config says, if it says so", () => {
    const padding = { multiple: 16, sizeMin: 256, isSquare: true };
    assert.deepEqual(ofForm(lama, { padding }), padding);
  });
});

describe("a config", () => {
  it("may say nothing, and hold keys of others", () => {
    assert.deepEqual(readFillerConfig({}, "config.json"), {});
    assert.ok(readFillerConfig({ name: "x", inputs: { image: { element: "float32" } } }, ""));
  });

  it("that says what it cannot mean is refused by file and key", () => {
    for (const [config, detail] of [
      [{ padding: { multiple: 0, sizeMin: 0, isSquare: false } }, /^config\.json: \/padding\/mult/],
      [{ inputs: { mask: { hole: 2 } } }, /^config\.json: \/inputs\/mask\/hole /],
      [{ outputs: { output: { range: [-1, 1] } } }, /^config\.json: \/outputs\/output\/range/],
      ["text", /^config\.json: \/ /],
    ] as const) {
      assert.throws(() => readFillerConfig(config, "config.json"), { code: "invalid", detail });
    }
  });
});
