// What is said of pictures that cannot be read: the decoder's own words, where there are any.
import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { decodeImage } from "#actors/inference/engine/decode.ts";
import { noise, picture, refusal } from "./engine-fixture.ts";

test("each of many cut-off pictures that are read at a time is told to be one", async () => {
  const whole = await picture(64, 48, 3, noise(64 * 48 * 3))
    .jpeg()
    .toBuffer();
  const cut = whole.subarray(0, whole.byteLength / 2);
  const said = await Promise.all(
    Array.from(
      { length: 60 },
      async () => (await refusal("bad_image", decodeImage(cut, "image"))).detail,
    ),
  );
  const words =
    /^the image cannot be read as jpeg: [^\n]*(VipsJpeg: [^\n]+|damaged or cut off); save/;
  for (const text of said) assert.match(text, words);
});

test("a picture whose beginning makes no sense is told without an empty reason", async () => {
  const whole = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  whole.fill(0, 16, 24);
  const { detail } = await refusal("bad_image", decodeImage(whole, "image"));
  assert.match(detail, /^the image cannot be read as png: .*[^:]; save it anew and send that$/);
});
