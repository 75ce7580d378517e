import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { greyMask, noise, picture, pixelsOfReply } from "./engine-fixture.ts";
import { samplesAt, useEngine } from "./shared-engine.ts";

const { repair, repairedPixels } = useEngine();

describe("what is filled", () => {
  it("is what the mask shows lighter than 127, and all else stays bit for bit", async () => {
    const samples = noise(40 * 30 * 3);
    const values = noise(40 * 30);
    const image = await picture(40, 30, 3, samples).png().toBuffer();
    const { data } = await repairedPixels(image, await greyMask(40, 30, values));
    for (let at = 0; at < samples.length; at++) {
      const before = samples[at] ?? 0;
      const isFilled = (values[Math.floor(at / 3)] ?? 0) > 127;
      // The model computes in floats and its output is rounded down.
      const distance = (isFilled ? 255 - before : before) - (data[at] ?? 0);
      assert.ok(
        distance === 0 || (isFilled && distance === 1),
        `sample ${at} is off by ${distance}`,
      );
    }
  });

  const colours: [name: string, colour: number[], isFilled: boolean][] = [
    ["grey 127", [127, 127, 127, 255], false],
    ["grey 128", [128, 128, 128, 255], true],
    ["pure red", [255, 0, 0, 255], false],
    ["pure green", [0, 255, 0, 255], true],
    ["pure blue", [0, 0, 255, 255], false],
    ["brush yellow", [255, 204, 0, 187], true],
    ["white with alpha 1", [255, 255, 255, 1], true],
    ["white with alpha 0", [255, 255, 255, 0], true],
    ["black with alpha 0", [0, 0, 0, 0], false],
    // 116*19595 + 144*38470 + 72*7471 is just below 127.5; one more blue tips it.
    ["a colour just below the threshold", [116, 144, 72, 255], false],
    ["a colour just above the threshold", [116, 144, 73, 255], true],
  ];
  for (const [name, colour, isFilled] of colours) {
    it(`${isFilled ? "includes" : "leaves out"} ${name}`, async () => {
      const image = await picture(1, 1, 3, Uint8Array.of(10, 20, 30))
        .png()
        .toBuffer();
      const mask = await picture(1, 1, 4, Uint8Array.from(colour)).png().toBuffer();
      const [red] = samplesAt(await repairedPixels(image, mask), 0, 0);
      assert.equal((red ?? 0) > 200, isFilled);
    });
  }

  it("is everything for an opaque white brush on transparent white", async () => {
    const data = new Uint8Array(8 * 8 * 4).fill(255);
    for (let at = 3; at < data.length / 2; at += 4) data[at] = 0;
    const image = await picture(8, 8, 3, new Uint8Array(8 * 8 * 3).fill(10))
      .png()
      .toBuffer();
    const mask = await picture(8, 8, 4, data).png().toBuffer();
    const pixels = await repairedPixels(image, mask);
    assert.ok(pixels.data.every((sample) => sample >= 244));
  });

  it("is nothing for a black mask, and the model is left alone", async () => {
    const samples = noise(16 * 16 * 3);
    const image = await picture(16, 16, 3, samples).png().toBuffer();
    const reply = await repair(image, await greyMask(16, 16, 0));
    assert.deepEqual(reply.times.runs, [], "no model was asked");
    assert.deepEqual([...(await pixelsOfReply(reply)).data], [...samples]);
  });
});
