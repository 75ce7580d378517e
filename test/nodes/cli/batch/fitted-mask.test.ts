// Masks of another size are stretched to the picture's by the nearest pixel.
import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { fittedMask } from "#nodes/cli/batch/fitted-mask.ts";
import { pngFile } from "../../../actors/inference/engine/png-file.ts";

const blank = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "gray" } });

/** Left half black, right half white. */
const halves = (width: number, height: number): Promise<Buffer> => {
  const row = Array.from({ length: width }, (_, x) => (x < width / 2 ? 0 : 255));
  const pixels = Buffer.from(Array.from({ length: height }, () => row).flat());
  return sharp(pixels, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
};

test("a mask that fits stays as it is, byte by byte", async () => {
  const mask = await halves(8, 4);
  assert.equal(await fittedMask(await blank(8, 4).png().toBuffer(), mask), mask);
});

test("one of another size becomes black and white of the picture's, without grey between", async () => {
  for (const [width, height] of [
    [16, 4],
    [4, 2],
    [10, 7],
    [1, 1],
  ] as const) {
    const mask = await fittedMask(await blank(width, height).png().toBuffer(), await halves(8, 4));
    const { data, info } = await sharp(mask)
      .grayscale()
      .raw()
      .toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height], [width, height]);
    assert.deepEqual(
      [...new Set(data)].filter((value) => value !== 0 && value !== 255),
      [],
    );
  }
});

test("a picture that lies on its side counts as it is seen", async () => {
  const lying = await blank(4, 8).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const mask = await halves(8, 4);
  assert.equal(await fittedMask(lying, mask), mask);
});

test("many are fitted beside one another, and none misses its decoder", async () => {
  const picture = await blank(64, 64).png().toBuffer();
  const mask = await halves(32, 32);
  const streams = Array.from({ length: 16 }, async () => {
    for (let round = 0; round < 20; round++) await fittedMask(picture, mask);
  });
  await Promise.all(streams);
});

test("what is no picture is refused by what it was to be", async () => {
  const good = await blank(2, 2).png().toBuffer();
  const text = Buffer.from("text");
  await assert.rejects(fittedMask(text, good), /bad_image.*the image .* is no image of a known/);
  await assert.rejects(fittedMask(good, text), /bad_image.*the mask .* is no image of a known/);
});

test("an SVG is given to no decoder, whatever stands before it", async () => {
  const good = await blank(2, 2).png().toBuffer();
  const drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>';
  for (const text of [drawing, `<?xml version="1.0"?>${drawing}`, `<!-- a -->\n${drawing}`]) {
    await assert.rejects(fittedMask(good, Buffer.from(text)), /bad_image.*the mask .* is no image/);
    await assert.rejects(fittedMask(Buffer.from(text), good), /bad_image.*the image .* is no/);
    // Beneath that the decoder is shut, too.
    await assert.rejects(sharp(Buffer.from(text)).metadata(), /unsupported image format/);
  }
});

test("a picture of more pixels than the cluster takes is not decoded", async () => {
  const good = await blank(2, 2).png().toBuffer();
  const [side, samples] = [30_000, new Uint8Array(30_000)];
  const large = pngFile({ width: side, height: side, depth: 8, colourType: 0, samples });
  await assert.rejects(
    fittedMask(large, good),
    /bad_image.*the image cannot be read as png.*pixel/,
  );
});
