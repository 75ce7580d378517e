import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import sharp from "sharp";
import { pixelsOf } from "#actors/queue/decisions/image-size.ts";

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#808080" } });

test("the size of each format that engines read is read from its file", async () => {
  for (const [width, height] of [
    [1, 1],
    [640, 480],
    [300, 2_000],
  ] as const) {
    const files = [
      picture(width, height).png(),
      picture(width, height).jpeg(),
      picture(width, height).jpeg({ progressive: true }),
      picture(width, height).withMetadata({ density: 300 }).jpeg(),
      picture(width, height).webp(),
      picture(width, height).webp({ lossless: true }),
      picture(width, height).ensureAlpha(0.5).webp(),
      picture(width, height).gif(),
      picture(width, height).tiff(),
      picture(width, height).tiff({ compression: "lzw" }),
      picture(width, height).tiff({ pyramid: true, tile: true }),
      picture(width, height).avif({ effort: 0 }),
    ];
    for (const file of files) assert.equal(pixelsOf(await file.toBuffer()), width * height);
  }
});

test("a file that ends anywhere has a size or none, and is never a reason to fail", async () => {
  for (const file of [
    await picture(64, 32).png().toBuffer(),
    await picture(64, 32).jpeg().toBuffer(),
    await picture(64, 32).webp({ lossless: true }).toBuffer(),
    await picture(64, 32).gif().toBuffer(),
    await picture(64, 32).tiff({ compression: "lzw" }).toBuffer(),
    await picture(64, 32).avif({ effort: 0 }).toBuffer(),
  ]) {
    for (let length = 0; length <= file.byteLength; length += 1) {
      assert.ok([undefined, 64 * 32].includes(pixelsOf(file.subarray(0, length))), `${length}`);
    }
  }
});

test("other files, sizes of nothing and rings of segments have none", () => {
  assert.equal(pixelsOf(new Uint8Array(0)), undefined);
  assert.equal(pixelsOf(Buffer.from("BM and what follows it, for long")), undefined);
  assert.equal(pixelsOf(Buffer.from("II*\0\xff\xff\xff\xff", "latin1")), undefined);
  assert.equal(
    pixelsOf(Buffer.from("\0\0\0\x10ftypavif\0\0\0\0\0\0\0\0meta", "latin1")),
    undefined,
  );
  const empty = Buffer.alloc(24);
  empty.write("\x89PNG\r\n\x1a\n", "latin1");
  assert.equal(pixelsOf(empty), undefined);
  assert.equal(pixelsOf(Buffer.from([0xff, 0xd8, ...Array(64).fill(0xff)])), undefined);
  assert.equal(
    pixelsOf(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xe0, 0, 0, 1, 1, 1])),
    undefined,
  );
});

test("a file of any bytes behind a known head is never a reason to fail", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("GIF89a", "II*\0", "MM\0*", "\0\0\0\x0cftypavif", "\xff\xd8", "RIFF1234WEBP"),
      fc.uint8Array({ maxLength: 300 }),
      (head, rest) => {
        const size = pixelsOf(Buffer.concat([Buffer.from(head, "latin1"), rest]));
        assert.ok(size === undefined || size > 0);
      },
    ),
  );
});
