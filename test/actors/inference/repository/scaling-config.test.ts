import assert from "node:assert/strict";
import { it } from "node:test";
import { settingsOf } from "#actors/inference/repository/model-settings.ts";
import { Failure } from "#protocols/failure.ts";

const settings = (config: object) => settingsOf(config, "config.json");

it("without a word there is one engine, and always one", () => {
  const { instances, scaling, preservesOrder } = settings({});
  assert.deepEqual([instances, scaling, preservesOrder], [1, null, false]);
});

it("scaling says between how many, and leaves the rest to be as usual", () => {
  const { instances, scaling } = settings({ batching: { itemsMax: 4 }, scaling: { max: 3 } });
  assert.equal(instances, 1);
  assert.deepEqual(scaling, {
    ...{ min: 1, max: 3, itemsEach: 5, waitMsMax: 5_000 },
    ...{ upAfterMs: 5_000, downAfterMs: 300_000, zeroAfterMs: 900_000 },
  });
  assert.equal(settings({ scaling: { min: 0, max: 3 } }).instances, 1, "it is loaded once");
  assert.equal(settings({ scaling: { min: 2, max: 3 } }).instances, 2);
});

for (const [config, reason] of [
  [{ scaling: { min: 3, max: 2 } }, /config\.json: scaling\.min is 3, more than max/],
  [{ instances: 2, scaling: { max: 2 } }, /config\.json: instances and scaling are both there/],
  [{ scaling: { max: 9 } }, /config\.json: scaling\.max is 9 /],
  [{ scaling: { max: 2, often: 1 } }, /config\.json: unknown key "often" in scaling /],
] as const) {
  it(`${JSON.stringify(config)} is refused by name`, () => {
    assert.throws(
      () => settings(config),
      (why) => why instanceof Failure && why.code === "invalid" && reason.test(why.detail),
    );
  });
}
