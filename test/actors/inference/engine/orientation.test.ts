import assert from "node:assert/strict";
import { describe, it } from "node:test";
import sharp from "sharp";
import { greyMask, noise, picture, pixelsOfReply } from "./engine-fixture.ts";
import { samplesAt, useEngine } from "./shared-engine.ts";

const { repair } = useEngine();

describe("orientation", () => {
  const width = 6;
  const height = 4;
  /** Where the pixel that is seen at x, y is stored. */
  const stored: Record<number, (x: number, y: number) => [number, number]> = {
    1: (x, y) => [x, y],
    2: (x, y) => [width - 1 - x, y],
    3: (x, y) => [width - 1 - x, height - 1 - y],
    4: (x, y) => [x, height - 1 - y],
    5: (x, y) => [y, x],
    6: (x, y) => [y, height - 1 - x],
    7: (x, y) => [width - 1 - y, height - 1 - x],
    8: (x, y) => [width - 1 - y, x],
  };
  for (const [orientation, place] of Object.entries(stored)) {
    const [seenWidth, seenHeight] = Number(orientation) < 5 ? [width, height] : [height, width];

    it(`${orientation}: image and mask are turned upright, and EXIF says so`, async () => {
      const samples = noise(width * height * 3).map((sample) => sample >> 1);
      const values = noise(width * height);
      const turned = { orientation: Number(orientation) };
      const image = await picture(width, height, 3, samples).withMetadata(turned).png().toBuffer();
      const mask = await picture(width, height, 1, values).withMetadata(turned).png().toBuffer();
      const reply = await repair(image, mask);
      assert.equal((await sharp(reply.bytes).metadata()).orientation, 1);
      const pixels = await pixelsOfReply(reply);
      assert.deepEqual([pixels.width, pixels.height], [seenWidth, seenHeight]);
      for (let y = 0; y < seenHeight; y++) {
        for (let x = 0; x < seenWidth; x++) {
          const [fromX, fromY] = place(x, y);
          const from = fromY * width + fromX;
          const [red] = samplesAt(pixels, x, y);
          if ((values[from] ?? 0) > 127) assert.ok((red ?? 0) >= 127, `${x},${y} is not filled`);
          else assert.equal(red, samples[from * 3], `${x},${y}`);
        }
      }
    });

    it(`${orientation}: a mask drawn upright fits a JPEG that is stored turned`, async () => {
      const image = await picture(48, 32, 3, new Uint8Array(48 * 32 * 3).fill(10))
        .withExif({ IFD0: { ImageDescription: "hello", Orientation: orientation } })
        .withMetadata({ orientation: Number(orientation) })
        .jpeg()
        .toBuffer();
      const [upWidth, upHeight] = Number(orientation) < 5 ? [48, 32] : [32, 48];
      const reply = await repair(image, await greyMask(upWidth, upHeight, 255));
      assert.deepEqual([reply.width, reply.height], [upWidth, upHeight]);
      const facts = await sharp(reply.bytes).metadata();
      assert.equal(facts.orientation, 1);
      assert.equal(facts.exif?.includes("hello"), true, "the rest of EXIF is kept");
    });
  }
});
