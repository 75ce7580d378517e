import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkNames } from "#actors/inference/works/parameter-names.ts";
import { fileIn, numberIn, outputQualityIn } from "#actors/inference/works/work-input.ts";

describe("what was asked", () => {
  it("has its files by name, and says which there are", () => {
    const bytes = Uint8Array.of(1);
    assert.equal(fileIn({ files: [{ name: "image", bytes }] }, "image"), bytes);
    assert.throws(() => fileIn({ files: [] }, "image"), {
      code: "invalid",
      detail: "there is no input named image (there are: none); submit the task with one",
    });
  });

  it("has its numbers in range, and names the key of one that is not", () => {
    const terms = { min: 1, max: 4 };
    for (const upscale of [1, 1.5, 4])
      assert.equal(numberIn({ upscale }, "upscale", terms), upscale);
    for (const upscale of [0.9, 4.1, "2", true, null, Number.NaN]) {
      assert.throws(() => numberIn({ upscale }, "upscale", terms), {
        code: "invalid",
        detail: /^upscale is .*; send a number from 1 to 4$/,
      });
    }
    assert.throws(() => numberIn({}, "upscale", terms), { detail: /^upscale is missing; / });
    assert.equal(numberIn({}, "upscale", { ...terms, fallback: 3 }), 3);
    const whole = { ...terms, isWhole: true } as const;
    assert.throws(() => numberIn({ upscale: 1.5 }, "upscale", whole), { detail: /a whole number/ });
  });

  it("is told of a name that is none, and of the one that may be meant", () => {
    const known = ["hdStrategy", "cv2Radius"];
    checkNames({ hdStrategy: "Crop" }, known);
    for (const [name, remedy] of [
      ["hdStratgy", "did you mean hdStrategy?"],
      ["colour", "leave it out"],
    ] as const) {
      assert.throws(() => checkNames({ cv2Radius: 4, [name]: 1 }, known), {
        code: "invalid",
        detail: `there is no parameter ${name}; ${remedy}`,
      });
    }
  });

  it("is written with a quality of 95 where nothing is said", () => {
    assert.equal(outputQualityIn({}), 95);
    assert.throws(() => outputQualityIn({ outputQuality: 0 }), { code: "invalid" });
  });
});
