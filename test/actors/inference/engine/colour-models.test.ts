import assert from "node:assert/strict";
import { describe, it } from "node:test";
import sharp from "sharp";
import { greyMask, noise, picture, pixelsOfReply } from "./engine-fixture.ts";
import { pngFile } from "./png-file.ts";
import { samplesAt, useEngine } from "./shared-engine.ts";

const { repair, repairedPixels } = useEngine();

describe("colour models", () => {
  const one = new Uint8Array(1);

  it("RGBA: alpha is kept as it was, also where it is filled", async () => {
    const samples = Uint8Array.of(200, 100, 50, 77, 1, 2, 3, 0);
    const image = await picture(2, 1, 4, samples).png().toBuffer();
    const pixels = await repairedPixels(image, await greyMask(2, 1, Uint8Array.of(255, 0)));
    assert.equal(pixels.channels, 4);
    const [red, , , alpha] = samplesAt(pixels, 0, 0);
    assert.ok(Math.abs((red ?? 0) - 55) <= 1);
    assert.equal(alpha, 77);
    assert.deepEqual(samplesAt(pixels, 1, 0), [1, 2, 3, 0]);
  });

  const cases: [name: string, file: Buffer, seen: number[]][] = [
    [
      "grey+alpha loses alpha",
      pngFile({ width: 1, height: 1, depth: 8, colourType: 4, samples: Uint8Array.of(120, 9) }),
      [120, 120, 120],
    ],
    [
      "a palette with transparency loses it and keeps the colour",
      pngFile({
        width: 1,
        height: 1,
        depth: 8,
        colourType: 3,
        samples: one,
        chunks: [
          { name: "PLTE", data: Uint8Array.of(200, 100, 50) },
          { name: "tRNS", data: Uint8Array.of(0) },
        ],
      }),
      [200, 100, 50],
    ],
    [
      "RGB with a colour key keeps the colour",
      pngFile({
        width: 1,
        height: 1,
        depth: 8,
        colourType: 2,
        samples: Uint8Array.of(1, 2, 3),
        chunks: [{ name: "tRNS", data: Uint8Array.of(0, 1, 0, 2, 0, 3) }],
      }),
      [1, 2, 3],
    ],
    [
      "1-bit white is white",
      pngFile({ width: 1, height: 1, depth: 1, colourType: 0, samples: Uint8Array.of(0x80) }),
      [255, 255, 255],
    ],
    [
      "16-bit grey is clipped, not scaled",
      pngFile({ width: 1, height: 1, depth: 16, colourType: 0, samples: Uint8Array.of(1, 0) }),
      [255, 255, 255],
    ],
    [
      "16-bit grey below 256 is taken as it is",
      pngFile({ width: 1, height: 1, depth: 16, colourType: 0, samples: Uint8Array.of(0, 77) }),
      [77, 77, 77],
    ],
    [
      "16-bit RGB gives its high bytes",
      pngFile({
        width: 1,
        height: 1,
        depth: 16,
        colourType: 2,
        samples: Uint8Array.of(0x12, 0xff, 0x80, 0x7f, 1, 0),
      }),
      [0x12, 0x80, 1],
    ],
    [
      "16-bit RGBA keeps alpha",
      pngFile({
        width: 1,
        height: 1,
        depth: 16,
        colourType: 6,
        samples: Uint8Array.of(0x12, 0xff, 0x80, 0x7f, 1, 0, 0x40, 0xff),
      }),
      [0x12, 0x80, 1, 0x40],
    ],
  ];
  for (const [name, file, seen] of cases) {
    it(name, async () => {
      assert.deepEqual(samplesAt(await repairedPixels(file, await greyMask(1, 1, 0)), 0, 0), seen);
    });
  }

  it("CMYK becomes RGB without a profile", async () => {
    const file = Buffer.from(cmykJpeg, "base64");
    const seen = samplesAt(await repairedPixels(file, await greyMask(8, 8, 0)), 4, 4);
    for (const [at, expected] of [207, 198, 190].entries()) {
      assert.ok(Math.abs((seen[at] ?? 0) - expected) <= 2, `${seen}`);
    }
  });

  it("an embedded profile is neither applied nor kept", async () => {
    const samples = noise(8 * 8 * 3);
    const image = await picture(8, 8, 3, samples).withIccProfile("p3").png().toBuffer();
    // As stored, before any conversion.
    const plain = await sharp(image, { ignoreIcc: true }).raw().toBuffer();
    const reply = await repair(image, await greyMask(8, 8, 0));
    assert.equal((await sharp(reply.bytes).metadata()).icc, undefined);
    assert.deepEqual([...(await pixelsOfReply(reply)).data], [...plain]);
  });
});

/** 8 x 8 pixels of the inks 10, 20, 30, 40. */
const cmykJpeg =
  "/9j/7gAOQWRvYmUAZAAAAAAC/9sAQwABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB" +
  "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB/9sAQwEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB" +
  "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB/8AAFAgACAAIBAERAAIRAQMRAQQRAP/EABQAAQAAAAAA" +
  "AAAAAAAAAAAAAAr/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAABv/EABQRAQAA" +
  "AAAAAAAAAAAAAAAAAAD/2gAOBAEAAhEDEQQAAD8AEecB5XD/2Q==";
