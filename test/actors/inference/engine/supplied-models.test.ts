// Models that users bring along, side by side in one engine: each is fed in its own way, and one
// that fails does no harm to the others.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { fourChannelFile, lamaFile, pipelineFile } from "../fillers/network-files.ts";
import {
  type EngineFixture,
  greyMask,
  picture,
  pixelsOfReply,
  refusal,
  repairedIn,
  request,
  startEngine,
  testFolder,
} from "./engine-fixture.ts";
import { writeModel } from "./onnx-file.ts";

const cv2 = fileURLToPath(new URL("../../../../actors/inference/models/cv2", import.meta.url));
const [width, height] = [90, 70];
const samples = Uint8Array.from({ length: width * height * 3 }, (_, at) => 40 + (at % 90));
const isHole = (pixel: number) => pixel % width > 30 && pixel % width < 50 && pixel > 20 * width;
const holes = Uint8Array.from({ length: width * height }, (_, at) => (isHole(at) ? 255 : 0));

describe("models of several forms in one engine", () => {
  let fixture: EngineFixture;
  let folder = "";
  before(async () => {
    folder = await testFolder();
    const carve = lamaFile({ batch: "batch", side: 512, light: 255 });
    const models = [
      { name: "lama", folder: await writeModel(folder, "lama", carve, {}) },
      { name: "lama-free", folder: await writeModel(folder, "lama-free", lamaFile(), {}) },
      { name: "four", folder: await writeModel(folder, "four", fourChannelFile(), {}) },
      { name: "migan", folder: await writeModel(folder, "migan", pipelineFile(), {}) },
      { name: "cv2", folder: cv2 },
    ];
    fixture = await startEngine({ models });
    await fixture.engine.ready;
  });
  after(async () => {
    await fixture.close();
    await rm(folder, { recursive: true, force: true });
  });

  const repaired = async (model: string, overrides: object = {}) => {
    const image = await picture(width, height, 3, samples).png().toBuffer();
    const asked = request(image, await greyMask(width, height, holes), { model, ...overrides });
    return (await pixelsOfReply(repairedIn(await fixture.engine.run(asked)))).data;
  };

  const filledWith: Record<string, (before: number) => number> = {
    lama: (before) => 255 - before,
    "lama-free": (before) => 255 - before,
    four: () => 255,
    migan: (before) => 255 - before,
  };
  for (const [model, filled] of Object.entries(filledWith)) {
    it(`${model} fills the holes and nothing else`, async () => {
      const data = await repaired(model);
      for (const [at, before] of samples.entries()) {
        const wanted = isHole(Math.floor(at / 3)) ? filled(before) : before;
        const distance = wanted - (data[at] ?? 0);
        assert.ok(distance === 0 || (distance === 1 && wanted !== before), `sample ${at}`);
      }
    });
  }

  it("cv2 fills the holes and nothing else, by the method asked", async () => {
    const [first, second] = [
      await repaired("cv2"),
      await repaired("cv2", { parameters: { cv2Flag: "INPAINT_TELEA", cv2Radius: 3 } }),
    ];
    for (const data of [first, second]) {
      assert.ok(samples.every((before, at) => isHole(Math.floor(at / 3)) || data[at] === before));
    }
    assert.notDeepEqual(first, second);
  });

  it("an option that a model cannot heed is refused, and the next request works", async () => {
    const wrong = { parameters: { cv2Flag: "INPAINT_FAST" } };
    const why = await refusal("invalid", repaired("cv2", wrong));
    assert.equal(
      why.detail,
      'model cv2: cv2Flag is "INPAINT_FAST"; send INPAINT_NS or INPAINT_TELEA',
    );
    const misspelt = { parameters: { hdStratgy: "Resize" } };
    const meant = await refusal("invalid", repaired("cv2", misspelt));
    assert.match(meant.detail, /there is no parameter hdStratgy; did you mean hdStrategy\?$/);
    await repaired("lama", wrong);
    await repaired("cv2");
    assert.deepEqual(fixture.exits, []);
  });
});

it("a model whose answer is not a number is not ready, and says so", async () => {
  const folder = await testFolder();
  const models = [
    {
      name: "lama",
      folder: await writeModel(folder, "lama", lamaFile({ flaw: Number.NaN }), {
        outputs: { output: { range: [0, 1] } },
      }),
    },
  ];
  const fixture = await startEngine({ models });
  const why = await refusal("model_failed", fixture.engine.ready);
  assert.match(why.detail, /^model lama: its output is not a number \(NaN\) at pixel 0 of 4096/);
  await fixture.close();
  await rm(folder, { recursive: true });
});
