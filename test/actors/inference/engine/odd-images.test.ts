// Files that are odd or hostile: each is read for what it is, or refused in words that tell why, and
// the engine that met all of them still serves.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { limits } from "#protocols/limits.ts";
import { greyMask, noise, picture, pixelsOfReply, processorMs, refusal } from "./engine-fixture.ts";
import { pngFile } from "./png-file.ts";
import { samplesAt, useEngine } from "./shared-engine.ts";

const { fixture, repair, repairedPixels } = useEngine();

async function stillWorks(): Promise<void> {
  const image = await picture(2, 2, 3, new Uint8Array(12).fill(100)).png().toBuffer();
  const pixels = await pixelsOfReply(await repair(image, await greyMask(2, 2, 255)));
  assert.ok(Math.abs((pixels.data[0] ?? 0) - 155) <= 1);
  assert.deepEqual(fixture().exits, []);
}

const even = (width: number, height: number, colour: readonly number[]) =>
  picture(
    width,
    height,
    3,
    Uint8Array.from({ length: width * height * 3 }, (_, at) => colour[at % 3] ?? 0),
  );

/** Frames of one colour each. */
const animation = async (...colours: readonly (readonly number[])[]) =>
  sharp(await Promise.all(colours.map((colour) => even(4, 3, colour).png().toBuffer())), {
    join: { animated: true },
  });

describe("read for what they are", () => {
  const sizes = [
    [1, 1],
    [1, 300],
    [300, 1],
    [1, 30_000],
    [30_000, 1],
  ] as const;
  for (const [width, height] of sizes) {
    for (const format of ["png", "jpeg", "tiff"] as const) {
      it(`${width} by ${height} as ${format}`, async () => {
        const image = await even(width, height, [90, 90, 90]).toFormat(format).toBuffer();
        const pixels = await repairedPixels(image, await greyMask(width, height, 255));
        assert.deepEqual([pixels.width, pixels.height], [width, height]);
        for (const sample of pixels.data) assert.ok(Math.abs(sample - 165) <= 3, `${sample}`);
      });
    }
  }

  it("a grey JPEG, a progressive one, and one with a comment before its header", async () => {
    const grey = picture(8, 8, 1, new Uint8Array(64).fill(80));
    const plain = await grey.clone().jpeg().toBuffer();
    const progressive = await grey.clone().jpeg({ progressive: true }).toBuffer();
    const comment = Buffer.concat([Buffer.from("fffe0006", "hex"), Buffer.from("<svg")]);
    const commented = Buffer.concat([plain.subarray(0, 2), comment, plain.subarray(2)]);
    for (const image of [plain, progressive, commented]) {
      const pixels = await repairedPixels(image, await greyMask(8, 8, 0));
      for (const sample of samplesAt(pixels, 4, 4)) assert.ok(Math.abs(sample - 80) <= 1);
    }
  });

  it("a palette with half-transparent colours: the colours, without their alpha", async () => {
    const image = pngFile({
      width: 2,
      height: 1,
      depth: 8,
      colourType: 3,
      samples: Uint8Array.of(0, 1),
      chunks: [
        { name: "PLTE", data: Uint8Array.of(200, 100, 50, 9, 8, 7) },
        { name: "tRNS", data: Uint8Array.of(128, 3) },
      ],
    });
    const pixels = await repairedPixels(image, await greyMask(2, 1, 0));
    assert.deepEqual([...pixels.data], [200, 100, 50, 9, 8, 7]);
  });

  for (const format of ["gif", "webp"] as const) {
    it(`the first frame of an animated ${format}, as image and as mask`, async () => {
      const frames = await animation([200, 10, 30], [0, 0, 255], [1, 2, 3]);
      const options = format === "webp" ? { lossless: true } : {};
      const image = await frames.toFormat(format, options).toBuffer();
      assert.equal((await sharp(image).metadata()).pages, 3, "the test made an animation");
      const pixels = await repairedPixels(image, await greyMask(4, 3, 0));
      assert.deepEqual([pixels.width, pixels.height], [4, 3]);
      for (const [at, wanted] of [200, 10, 30].entries()) {
        assert.ok(Math.abs((samplesAt(pixels, 2, 1)[at] ?? 0) - wanted) <= 3);
      }
      const mask = await (await animation([255, 255, 255], [0, 0, 0]))
        .toFormat(format, options)
        .toBuffer();
      const [red] = samplesAt(await repairedPixels(image, mask), 2, 1);
      assert.ok(Math.abs((red ?? 0) - 55) <= 3, "the white first frame is the mask");
    });
  }

  it("masks of 16 bits, with alpha, with a palette, as JPEG, as TIFF", async () => {
    const image = await even(8, 8, [100, 100, 100]).png().toBuffer();
    const white = new Uint8Array(64).fill(255);
    const masks = [
      pngFile({
        width: 8,
        height: 8,
        depth: 16,
        colourType: 0,
        samples: new Uint8Array(128).fill(255),
      }),
      await picture(8, 8, 4, new Uint8Array(256).fill(255)).png().toBuffer(),
      await picture(8, 8, 1, white).png({ palette: true }).toBuffer(),
      await picture(8, 8, 1, white).jpeg().toBuffer(),
      await picture(8, 8, 1, white).tiff().toBuffer(),
    ];
    for (const [index, mask] of masks.entries()) {
      const [red] = samplesAt(await repairedPixels(image, mask), 7, 7);
      assert.ok(Math.abs((red ?? 0) - 155) <= 1, `mask ${index}`);
    }
  });

  it("an orientation that does not exist is none", async () => {
    const image = await even(6, 4, [5, 6, 7])
      .withExif({ IFD0: { Orientation: "9" } })
      .jpeg()
      .toBuffer();
    const reply = await repair(image, await greyMask(6, 4, 0));
    assert.deepEqual([reply.width, reply.height], [6, 4]);
  });
});

describe("refused, and the next request works", () => {
  const texts: [name: string, text: string][] = [
    ["a text", "just a text, saved as photo.png"],
    ["a page of HTML", "<!doctype html><img src=x>"],
    ["an SVG behind an XML head", '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'],
    ["JSON", '{"image":"data:image/png;base64,AAAA"}'],
    ["a PDF", "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF"],
    ["a bitmap of Windows", `BM${"\0".repeat(60)}`],
    ["a portable pixmap", "P6 1 1 255\nabc"],
    ["a ZIP archive", "PK\x03\x04\x14\0\0\0"],
  ];
  for (const [name, text] of texts) {
    it(`${name}, as image and as mask`, async () => {
      const file = Buffer.from(text, "latin1");
      const image = await even(2, 2, [1, 2, 3]).png().toBuffer();
      const [first, second] = [
        await refusal("bad_image", repair(file, await greyMask(2, 2, 255))),
        await refusal("bad_image", repair(image, file)),
      ];
      assert.match(first.detail, /^the image .* is no image of a known format: send JPEG, PNG/);
      assert.match(second.detail, /^the mask .* is no image of a known format/);
      await stillWorks();
    });
  }

  it("headers that promise more pixels than are allowed, in every format", async () => {
    const mask = await greyMask(2, 2, 255);
    const before = await processorMs(fixture().engine.pid);
    for (const [format, file] of await bombs()) {
      const why = await refusal("bad_image", repair(file, mask));
      assert.match(why.detail, /^the image cannot be read as /, format);
      await stillWorks();
    }
    const usedMs = (await processorMs(fixture().engine.pid)) - before;
    assert.ok(usedMs < 500, `used ${usedMs} ms`);
  });

  it("a PNG with sixteen texts of 64 MiB each in its chunks", async () => {
    const text = deflateSync(Buffer.alloc(64 * 2 ** 20), { level: 9 });
    const data = Buffer.concat([Buffer.from("Comment\0\0", "latin1"), text]);
    const chunks = Array.from({ length: 16 }, () => ({ name: "zTXt", data }));
    const one = { width: 1, height: 1, depth: 8, colourType: 0 } as const;
    const file = pngFile({ ...one, samples: Uint8Array.of(7), chunks });
    const before = await processorMs(fixture().engine.pid);
    await repair(file, await greyMask(1, 1, 0)).catch(() => undefined);
    const usedMs = (await processorMs(fixture().engine.pid)) - before;
    assert.ok(usedMs < 1_000, `used ${usedMs} ms`);
    await stillWorks();
  });

  it("a PNG with a wrong checksum, without pixels, with a palette that is missing", async () => {
    const one = { width: 4, height: 4, depth: 8, samples: new Uint8Array(16) } as const;
    const good = pngFile({ ...one, colourType: 0 });
    const flipped = Buffer.from(good);
    const crcAt = flipped.length - 13;
    flipped[crcAt] = (flipped[crcAt] ?? 0) ^ 0xff;
    const withoutPixels = Buffer.concat([good.subarray(0, 33), good.subarray(-12)]);
    const withoutPalette = pngFile({ ...one, colourType: 3 });
    for (const file of [flipped, withoutPixels, withoutPalette]) {
      await refusal("bad_image", repair(file, await greyMask(4, 4, 0)));
    }
    await stillWorks();
  });

  it("five hundred pictures with bytes turned over: answers or refusals, never an end", async () => {
    const mask = await greyMask(24, 18, 255);
    const files = await Promise.all(
      (["jpeg", "png", "gif", "webp", "tiff"] as const).map((format) =>
        picture(24, 18, 3, noise(24 * 18 * 3))
          .toFormat(format)
          .toBuffer(),
      ),
    );
    const chance = noise(4_096);
    for (let run = 0; run < 500; run++) {
      const file = Buffer.from(files[run % files.length] ?? []);
      for (let flip = 0; flip < 3; flip++) {
        const [high = 0, low = 0] = chance.subarray((run * 7 + flip * 2) % 4_000);
        const at = 12 + (((high << 8) | low) % (file.length - 12));
        file[at] = (file[at] ?? 0) ^ (1 << (run % 8));
      }
      await repair(file, mask).catch((cause: { readonly code?: string }) => {
        assert.ok(cause.code === "bad_image" || cause.code === "size_mismatch", String(cause));
      });
    }
    await stillWorks();
  });
});

/** Small files of formats whose header alone tells the size. */
async function bombs(): Promise<[format: string, file: Buffer][]> {
  const side = 60_000;
  assert.ok(side * side > limits.imagePixelsMax);
  const small = even(16, 16, [1, 2, 3]);
  const jpeg = await small.clone().jpeg().toBuffer();
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  jpeg.writeUInt16BE(side, frame + 5);
  jpeg.writeUInt16BE(side, frame + 7);
  const gif = await small.clone().gif().toBuffer();
  // The screen, and the one frame behind its comma.
  for (const at of [6, gif.indexOf(Buffer.from(",\0\0\0\0", "latin1")) + 5]) {
    gif.writeUInt16LE(side, at);
    gif.writeUInt16LE(side, at + 2);
  }
  const tiff = await small.clone().tiff().toBuffer();
  const directory = tiff.readUInt32LE(4);
  const directoryEnd = directory + 2 + tiff.readUInt16LE(directory) * 12;
  for (let entry = directory + 2; entry < directoryEnd; entry += 12) {
    const tag = tiff.readUInt16LE(entry);
    if (tag !== 256 && tag !== 257) continue;
    tiff.writeUInt16LE(4, entry + 2);
    tiff.writeUInt32LE(side, entry + 8);
  }
  // Lossless WebP: 14 bits each for width and height, less one.
  const webp = await small.clone().webp({ lossless: true }).toBuffer();
  const flags = webp.readUInt32LE(21) & 0xf0000000;
  webp.writeUInt32LE((flags | (16_382 << 14) | 16_382) >>> 0, 21);
  return [
    ["jpeg", jpeg],
    ["gif", gif],
    ["tiff", tiff],
    ["webp", webp],
  ];
}
