import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { repairOptionsOf } from "#actors/inference/inpaint-parameters.ts";

const defaults = {
  strategy: "Crop",
  cropMargin: 196,
  cropTriggerSize: 800,
  resizeLimit: 2_048,
  cv2Radius: 4,
};

describe("the parameters of a task as options of a repair", () => {
  it("have the defaults of the original page", () => {
    assert.deepEqual(repairOptionsOf({}), defaults);
  });

  it("are taken as they are where they make sense", () => {
    assert.deepEqual(
      repairOptionsOf({
        hdStrategy: "Resize",
        hdStrategyCropMargin: 0,
        hdStrategyCropTrigerSize: 1,
        hdStrategyResizeLimit: 2,
        cv2Flag: "INPAINT_TELEA",
        cv2Radius: 100,
        sdSeed: 7,
      }),
      {
        strategy: "Resize",
        cropMargin: 0,
        cropTriggerSize: 1,
        resizeLimit: 2,
        cv2Flag: "INPAINT_TELEA",
        cv2Radius: 100,
      },
    );
  });

  it("are brought into range, and other words mean the whole image", () => {
    for (const hdStrategy of ["Original", "crop", "", "x"]) {
      assert.equal(repairOptionsOf({ hdStrategy }).strategy, "Original");
    }
    const odd = repairOptionsOf({
      hdStrategyCropMargin: -5,
      hdStrategyResizeLimit: 0,
      hdStrategyCropTrigerSize: Number.NaN,
      cv2Radius: -1,
    });
    assert.deepEqual(odd, { ...defaults, cropMargin: 0, resizeLimit: 1, cv2Radius: 1 });
    assert.equal(repairOptionsOf({ cv2Radius: 1e12 }).cv2Radius, 100);
    assert.equal(repairOptionsOf({ cv2Radius: "9" }).cv2Radius, 4);
  });

  it("leave a method of OpenCV to the model that heeds it, at a length that is told apart", () => {
    assert.equal(repairOptionsOf({ cv2Flag: "INPAINT_FAST" }).cv2Flag, "INPAINT_FAST");
    assert.equal(repairOptionsOf({ cv2Flag: "x".repeat(999) }).cv2Flag?.length, 64);
    assert.equal(repairOptionsOf({ cv2Flag: 1 }).cv2Flag, undefined);
  });
});
