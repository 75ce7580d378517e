import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type EngineFixture,
  greyMask,
  picture,
  pixelsOfReply,
  repairedIn,
  request,
  startEngine,
} from "./engine-fixture.ts";

const builtIn = fileURLToPath(
  new URL("../../../../actors/inference/models/diffuse", import.meta.url),
);
const width = 160;
const height = 120;

/** Dark on the left, light on the right. */
const slope = Uint8Array.from({ length: width * height * 3 }, (_, at) =>
  Math.round(20 + (200 * (Math.floor(at / 3) % width)) / width),
);
const isHole = (x: number, y: number) => x >= 60 && x < 100 && y >= 40 && y < 80;
const holes = Uint8Array.from({ length: width * height }, (_, at) =>
  isHole(at % width, Math.floor(at / width)) ? 255 : 0,
);

/** The slope with a white blot where the hole is. */
const blotted = slope.map((sample, at) => (holes[Math.floor(at / 3)] ? 255 : sample));

describe("the built-in model in the engine", () => {
  let fixture: EngineFixture;
  before(async () => {
    fixture = await startEngine({ models: [{ name: "diffuse", folder: builtIn }] });
    await fixture.engine.ready;
  });
  after(() => fixture.close());

  const strategies = {
    Original: {},
    Crop: { hdStrategy: "Crop", hdStrategyCropTrigerSize: 100, hdStrategyCropMargin: 20 },
    Resize: { hdStrategy: "Resize", hdStrategyResizeLimit: 100 },
  };
  for (const [strategy, chosen] of Object.entries(strategies)) {
    it(`${strategy}: continues the picture into the hole and keeps the rest bit for bit`, async () => {
      const image = await picture(width, height, 3, blotted).png().toBuffer();
      const mask = await greyMask(width, height, holes);
      const asked = request(image, mask, { model: "diffuse", parameters: chosen });
      const { data } = await pixelsOfReply(repairedIn(await fixture.engine.run(asked)));
      for (const [at, expected] of slope.entries()) {
        const distance = Math.abs((data[at] ?? 0) - expected);
        const distanceMax = holes[Math.floor(at / 3)] ? 40 : 0;
        assert.ok(distance <= distanceMax, `sample ${at} is off by ${distance}`);
      }
    });
  }
});

it("the strategy decides what the model is shown", async () => {
  const fixture = await startEngine();
  try {
    const stripes = Uint8Array.from({ length: width * height * 3 }, (_, at) =>
      Math.floor(at / 3) % 2 === 0 ? 255 : 0,
    );
    const image = await picture(width, height, 3, stripes).png().toBuffer();
    const mask = await greyMask(width, height, 255);
    const whole = repairedIn(await fixture.engine.run(request(image, mask)));
    const parameters = { hdStrategy: "Resize", hdStrategyResizeLimit: 40 };
    const small = repairedIn(await fixture.engine.run(request(image, mask, { parameters })));
    const values = async (reply: typeof whole) => new Set((await pixelsOfReply(reply)).data);
    assert.deepEqual([...(await values(whole))].sort(), [0, 255]);
    assert.notDeepEqual([...(await values(small))].sort(), [0, 255]);
  } finally {
    await fixture.close();
  }
});
