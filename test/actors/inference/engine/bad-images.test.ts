import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { limits } from "#protocols/limits.ts";
import {
  greyMask,
  noise,
  picture,
  pixelsOfReply,
  processorMs,
  refusal,
  request,
} from "./engine-fixture.ts";
import { pngFile } from "./png-file.ts";
import { useEngine } from "./shared-engine.ts";

const { fixture, repair } = useEngine();

/** The same engine still serves. */
async function stillWorks(): Promise<void> {
  const image = await picture(2, 2, 3, new Uint8Array(12).fill(100)).png().toBuffer();
  const pixels = await pixelsOfReply(await repair(image, await greyMask(2, 2, 255)));
  assert.ok(Math.abs((pixels.data[0] ?? 0) - 155) <= 1);
  assert.deepEqual(fixture().exits, []);
}

describe("a file that cannot be used is refused, and the next request works", () => {
  it("100 megapixels in a small PNG, as image and as mask, in a fraction of a second", async () => {
    const side = 10_000;
    const samples = new Uint8Array(side * side);
    const bomb = pngFile({ width: side, height: side, depth: 8, colourType: 0, samples });
    assert.ok(bomb.length < 200_000);
    const mask = await greyMask(2, 2, 255);
    const image = await picture(2, 2, 3, new Uint8Array(12)).png().toBuffer();
    // Of its processor: what else the machine has to do is no fault of the engine.
    const before = await processorMs(fixture().engine.pid);
    const why = await refusal("bad_image", repair(bomb, mask));
    await refusal("bad_image", repair(image, bomb));
    const usedMs = (await processorMs(fixture().engine.pid)) - before;
    assert.ok(usedMs < 100, `used ${usedMs} ms`);
    assert.match(why.detail, /^the image cannot be read as png: .*pixel limit of 50000000/);
    await stillWorks();
  });

  for (const format of ["jpeg", "png", "gif", "webp", "tiff", "avif"] as const) {
    it(`a ${format} cut off anywhere`, async () => {
      const file = await picture(64, 48, 3, noise(64 * 48 * 3))
        .toFormat(format)
        .toBuffer();
      const mask = await greyMask(64, 48, 255);
      for (const share of [0.05, 0.3, 0.6, 0.9]) {
        const cut = file.subarray(0, Math.floor(file.length * share));
        const why = await refusal("bad_image", repair(cut, mask));
        assert.match(why.detail, /^the image /);
      }
      await stillWorks();
    });
  }

  const rubbish: [name: string, file: Uint8Array, detail: RegExp][] = [
    ["no bytes at all", new Uint8Array(0), /^the image is empty/],
    ["one byte", Uint8Array.of(0xff), /no image of a known format/],
    ["noise", noise(5_000), /no image of a known format/],
    ["a PNG signature before noise", withStart("89504e470d0a1a0a"), /cannot be read as png/],
    ["a JPEG signature before noise", withStart("ffd8ffe0"), /cannot be read as jpeg/],
    ["a TIFF signature before noise", withStart("49492a00"), /cannot be read as tiff/],
    [
      "an SVG",
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      /known/,
    ],
    ["a PDF", Buffer.from("%PDF-1.4\n%%EOF"), /known/],
    ["a HEIC", Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1"), /known/],
  ];
  for (const [name, file, detail] of rubbish) {
    it(name, async () => {
      const why = await refusal("bad_image", repair(file, await greyMask(2, 2, 255)));
      assert.match(why.detail, detail);
      await stillWorks();
    });
  }

  it("an SVG behind a signature that is let through", async () => {
    const svg = Buffer.from('GIF89a<svg xmlns="http://www.w3.org/2000/svg"/>');
    await refusal("bad_image", repair(svg, await greyMask(2, 2, 255)));
  });

  it("a mask of another size, in the words that clients know", async () => {
    const image = await picture(64, 48, 3, new Uint8Array(64 * 48 * 3))
      .png()
      .toBuffer();
    const why = await refusal("size_mismatch", repair(image, await greyMask(32, 31, 255)));
    assert.equal(why.detail, "Mask shape(31, 32) not queal to Image shape(48, 64)");
    await stillWorks();
  });

  it("a mask as stored, when EXIF turns the image", async () => {
    const image = await picture(64, 48, 3, new Uint8Array(64 * 48 * 3))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const why = await refusal("size_mismatch", repair(image, await greyMask(64, 48, 255)));
    assert.equal(why.detail, "Mask shape(48, 64) not queal to Image shape(64, 48)");
  });
});

describe("a request that does not fit is refused before it is sent", () => {
  const file = new Uint8Array(1);

  it("a file above the limit", async () => {
    const tooLarge = new Uint8Array(limits.imageBytesMax + 1);
    const why = await refusal("too_large", repair(file, tooLarge));
    assert.match(why.detail, /^the mask has 33554433 bytes, at most 33554432/);
  });

  it("a model that the engine does not have", async () => {
    const asked = fixture().engine.run(request(file, file, { model: "lama" }));
    assert.match((await refusal("not_found", asked)).detail, /no model lama, only negative/);
  });

  it("a quality out of range", async () => {
    for (const outputQuality of [0, 101, 95.5, "95", Number.NaN]) {
      const asked = request(file, file, { parameters: { outputQuality } });
      const why = await refusal("invalid", fixture().engine.run(asked));
      assert.match(why.detail, /outputQuality/);
    }
  });

  it("a file too few, or more files and parameters than a task may have", async () => {
    const [image] = request(file, file).files;
    assert.ok(image);
    const { engine } = fixture();
    const without = await refusal("invalid", engine.run(request(file, file, { files: [image] })));
    assert.match(without.detail, /no input named mask \(there are: image\)/);
    const files = Array.from({ length: 9 }, () => image);
    await refusal("invalid", engine.run(request(file, file, { files })));
    const half = new Uint8Array(limits.imageBytesMax);
    const large = [0, 1, 2].map((index) => ({ name: `${index}`, bytes: half }));
    await refusal("too_large", engine.run(request(file, file, { files: large })));
    const texts = Array.from({ length: 70 }, (_, index) => [`key${index}`, "x".repeat(16_000)]);
    const parameters = Object.fromEntries(texts);
    await refusal("invalid", engine.run(request(file, file, { parameters })));
    await stillWorks();
  });
});

function withStart(hex: string): Uint8Array {
  return Buffer.concat([Buffer.from(hex, "hex"), noise(2_000)]);
}
