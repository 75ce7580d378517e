import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kindOfWork, modelFileName } from "#actors/inference/works/work-kind.ts";

describe("what a configuration says of a model's work", () => {
  it("is inpainting by ONNX Runtime where it says nothing", () => {
    assert.deepEqual(kindOfWork({ name: "x" }, ""), { kind: "inpaint", backend: "onnxruntime" });
    assert.equal(modelFileName({ backend: "onnxruntime" }), "model.onnx");
    assert.equal(modelFileName({ backend: "opencv" }), "opencv.json");
    assert.equal(modelFileName({ backend: "built-in" }), "built-in.json");
  });

  it("is refused by file and key where it is none, and the kinds are named", () => {
    for (const [config, detail] of [
      [{ backend: "torch" }, /^config\.json: backend is "torch"; it may be /],
      [
        { kind: "paint" },
        /^config\.json: kind is "paint"; it may be "inpaint", .* or "detect-text"$/,
      ],
      ["text", /^config\.json: it must be object/],
    ] as const) {
      assert.throws(() => kindOfWork(config, "config.json"), { code: "invalid", detail });
    }
  });
});
