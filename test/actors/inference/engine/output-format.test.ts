import assert from "node:assert/strict";
import { describe, it } from "node:test";
import sharp from "sharp";
import { greyMask, noise, picture, pixelsOfReply, repairedIn, request } from "./engine-fixture.ts";
import { useEngine } from "./shared-engine.ts";

const { fixture, repair, repairedPixels } = useEngine();

describe("the format of the answer", () => {
  const formats = ["jpeg", "png", "gif", "webp", "tiff"] as const;
  for (const format of formats) {
    it(`${format} is answered in ${format}`, async () => {
      const image = await picture(64, 48, 3, new Uint8Array(64 * 48 * 3).fill(60))
        .toFormat(format)
        .toBuffer();
      const reply = await repair(image, await greyMask(64, 48, 255));
      assert.equal(reply.contentType, `image/${format}`);
      assert.equal((await sharp(reply.bytes).metadata()).format, format);
      const pixels = await pixelsOfReply(reply);
      assert.ok(Math.abs((pixels.data[0] ?? 0) - 195) <= 3, `${pixels.data[0]}`);
    });
  }

  it("AVIF is answered in JPEG, without alpha", async () => {
    const image = await picture(16, 16, 4, new Uint8Array(1024).fill(60)).avif().toBuffer();
    const reply = await repair(image, await greyMask(16, 16, 255));
    assert.equal(reply.contentType, "image/jpeg");
    assert.equal((await pixelsOfReply(reply)).channels, 3);
  });

  it("nothing to fill hands back the same file when asked to, and refuses a word it does not know", async () => {
    const image = await picture(32, 16, 3, noise(32 * 16 * 3))
      .jpeg({ quality: 60 })
      .toBuffer();
    const run = async (file: Uint8Array, mask: number, withoutHoles: string) => {
      const holes = await greyMask(32, 16, mask);
      const asked = request(file, holes, { parameters: { withoutHoles } });
      return repairedIn(await fixture().engine.run(asked));
    };
    const same = await run(image, 0, "same-file");
    assert.deepEqual(Buffer.from(same.bytes), image);
    assert.deepEqual([same.contentType, same.width, same.height], ["image/jpeg", 32, 16]);
    assert.notDeepEqual(Buffer.from((await run(image, 0, "encoded")).bytes), image);
    assert.notDeepEqual(Buffer.from((await run(image, 255, "same-file")).bytes), image);
    const avif = await picture(32, 16, 3, noise(32 * 16 * 3))
      .avif()
      .toBuffer();
    assert.equal((await run(avif, 0, "same-file")).contentType, "image/jpeg");
    await assert.rejects(run(image, 0, "whole"), /withoutHoles is "whole"; send encoded or same/);
  });

  for (const format of ["webp", "tiff"] as const) {
    it(`${format} keeps alpha`, async () => {
      const samples = new Uint8Array(16 * 16 * 4).fill(60);
      const settings = format === "tiff" ? { compression: "deflate" as const } : {};
      const image = await picture(16, 16, 4, samples).toFormat(format, settings).toBuffer();
      const pixels = await repairedPixels(image, await greyMask(16, 16, 0));
      assert.equal(pixels.channels, 4);
      assert.equal(pixels.data[3], 60);
    });
  }

  it("WebP keeps EXIF with and without alpha", async () => {
    for (const channels of [3, 4] as const) {
      const image = await picture(16, 8, channels, noise(16 * 8 * channels))
        .withExif({ IFD0: { ImageDescription: "hello" } })
        .withMetadata({ orientation: 6 })
        .webp()
        .toBuffer();
      const facts = await sharp((await repair(image, await greyMask(8, 16, 255))).bytes).metadata();
      assert.deepEqual([facts.width, facts.height, facts.orientation], [8, 16, 1]);
      assert.equal(facts.exif?.includes("hello"), true);
    }
  });

  it("JPEG has 4:2:0 chroma and the quality asked for", async () => {
    const image = await picture(64, 48, 3, noise(64 * 48 * 3))
      .jpeg()
      .toBuffer();
    const mask = await greyMask(64, 48, 0);
    const repairedAt = async (outputQuality: number) => {
      const asked = request(image, mask, { parameters: { outputQuality } });
      return repairedIn(await fixture().engine.run(asked));
    };
    const fine = await repairedAt(95);
    const coarse = await repairedAt(10);
    assert.equal((await sharp(fine.bytes).metadata()).chromaSubsampling, "4:2:0");
    assert.ok(coarse.bytes.length < fine.bytes.length / 2);
    const tables = Buffer.from(fine.bytes).indexOf(Buffer.from([0xff, 0xdb]));
    assert.deepEqual([...fine.bytes.subarray(tables + 5, tables + 8)], [2, 1, 1]);
  });

  it("GIF and TIFF come back bit for bit where nothing is filled", async () => {
    const samples = noise(32 * 32 * 3).map((sample) => (sample & 0xc0) | 0x20);
    for (const format of ["gif", "tiff"] as const) {
      const settings = format === "gif" ? { dither: 0 } : { compression: "deflate" as const };
      const image = await picture(32, 32, 3, samples).toFormat(format, settings).toBuffer();
      const before = await sharp(image).removeAlpha().raw().toBuffer();
      const { bytes } = await repair(image, await greyMask(32, 32, 0));
      const after = await sharp(bytes).removeAlpha().raw().toBuffer();
      assert.equal(Buffer.compare(after, before), 0, format);
    }
  });

  for (const [width, height] of [
    [1, 1],
    [1, 300],
    [300, 1],
  ] as const) {
    it(`${width} x ${height} is repaired`, async () => {
      const image = await picture(width, height, 3, noise(width * height * 3))
        .png()
        .toBuffer();
      const pixels = await repairedPixels(image, await greyMask(width, height, 255));
      assert.deepEqual([pixels.width, pixels.height], [width, height]);
    });
  }
});
