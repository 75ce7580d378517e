import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { repairOptionsOf } from "#actors/inference/inpaint-parameters.ts";
import { Failure } from "#protocols/failure.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";

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

  it("are brought into range", () => {
    const odd = repairOptionsOf({
      hdStrategyCropMargin: -5,
      hdStrategyResizeLimit: 0,
      cv2Radius: -1,
    });
    assert.deepEqual(odd, { ...defaults, cropMargin: 0, resizeLimit: 1, cv2Radius: 1 });
    assert.equal(repairOptionsOf({ cv2Radius: 1e12 }).cv2Radius, 100);
  });

  it("are refused by name and value where they are of another type, or no strategy", () => {
    const wrong: readonly (readonly [TaskParameters, RegExp])[] = [
      [{ hdStrategy: "crop" }, /^hdStrategy is "crop"; send Crop, Resize or Original$/],
      [{ hdStrategy: 5 }, /^hdStrategy is 5;/],
      [{ hdStrategyCropMargin: "10" }, /^hdStrategyCropMargin is "10"; send a number$/],
      [{ hdStrategyResizeLimit: true }, /^hdStrategyResizeLimit is true;/],
      [{ hdStrategyCropTrigerSize: Number.NaN }, /^hdStrategyCropTrigerSize is null;/],
      [{ cv2Radius: "x" }, /^cv2Radius is "x";/],
      [{ cv2Flag: 7 }, /^cv2Flag is 7; send the name of a method$/],
    ];
    for (const [parameters, text] of wrong) {
      assert.throws(
        () => repairOptionsOf(parameters),
        (why) => why instanceof Failure && why.code === "invalid" && text.test(why.detail),
      );
    }
  });

  it("leave a method of OpenCV to the model that heeds it, at a length that is told apart", () => {
    assert.equal(repairOptionsOf({ cv2Flag: "INPAINT_FAST" }).cv2Flag, "INPAINT_FAST");
    assert.equal(repairOptionsOf({ cv2Flag: "x".repeat(999) }).cv2Flag?.length, 64);
  });
});
