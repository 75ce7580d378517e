import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import sharp from "sharp";
import type { Raster } from "#actors/inference/inpaint/raster.ts";
import { smoothlyResized } from "#actors/inference/works/smooth-resize.ts";
import { openWork, pngOf, type WorkAtHand } from "./work-files.ts";

const config = { kind: "make-gif", backend: "built-in" };

describe("a comparison as a GIF", () => {
  let work: WorkAtHand;
  before(async () => {
    work = await openWork(config, { "built-in.json": Buffer.from("{}") });
  });
  after(() => work.close());

  it("has 161 frames of 20 ms for ever, 600 pixels at its longer side, and shows both", async () => {
    const image = await pngOf(
      { width: 90, height: 31 },
      (_, __, channel) => [200, 30, 60][channel] ?? 0,
    );
    // Of another size: it is brought to that of the image.
    const clean = await pngOf(
      { width: 45, height: 20 },
      (_, __, channel) => [20, 130, 90][channel] ?? 0,
    );
    const { files, figures } = await work.ask({ image, clean });
    const [file] = files;
    assert.ok(file);
    assert.deepEqual([files.length, file.name, file.contentType], [1, "image", "image/gif"]);
    assert.deepEqual(figures, { width: 600, height: 206, format: "gif", frames: 161 });
    const facts = await sharp(file.bytes, { pages: -1 }).metadata();
    assert.deepEqual([facts.pages, facts.loop, facts.width, facts.pageHeight], [161, 0, 600, 206]);
    assert.deepEqual(new Set(facts.delay), new Set([20]));
    const palette = { image: [200, 30, 60], clean: [20, 130, 90], line: [255, 203, 0] };
    // The middle row; a palette may be a level or two off.
    const colours = async (page: number): Promise<readonly string[]> => {
      const raw = await sharp(file.bytes, { page }).removeAlpha().raw().toBuffer();
      return Array.from({ length: 600 }, (_, x) => {
        const from = (103 * 600 + x) * 3;
        const isLike = (colour: readonly number[]) =>
          colour.every((value, at) => Math.abs(value - (raw[from + at] ?? 0)) <= 2);
        const found = Object.entries(palette).find(([, colour]) => isLike(colour));
        return found?.[0] ?? [...raw.subarray(from, from + 3)].join();
      });
    };
    const [ofImage, ofClean, line] = ["image", "clean", "line"];
    assert.deepEqual(new Set(await colours(0)), new Set([ofClean]));
    assert.deepEqual(new Set(await colours(60)), new Set([ofImage]));
    assert.deepEqual(new Set(await colours(160)), new Set([ofClean]));
    for (const page of [26, 106]) {
      const row = await colours(page);
      // floor(0.49625 * 600) is 297.

      assert.deepEqual([row[294], row[300]], [ofClean, ofImage]);
      assert.deepEqual(row.slice(295, 300), Array(5).fill(line));
    }
  });

  it("has a second picture of another size brought to that of the first one before both are fitted", async () => {
    const grey = (width: number, height: number): Raster => ({
      ...{ width, height, channels: 3 },
      data: Uint8Array.from({ length: width * height * 3 }, (_, at) => {
        const pixel = Math.floor(at / 3);
        return (pixel * pixel * 31) % 256;
      }),
    });
    const file = ({ width, height, data }: Raster) =>
      sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
    const [image, clean] = [grey(20, 11), grey(7, 5)];
    const { files } = await work.ask({ image: await file(image), clean: await file(clean) });
    const alike = smoothlyResized(clean, { width: 20, height: 11 }, "linear");
    const expected = smoothlyResized(alike, { width: 600, height: 330 }, "linear");
    const first = await sharp(files[0]?.bytes, { page: 0 }).removeAlpha().raw().toBuffer();
    const farthest = ({ data }: Raster) =>
      data.reduce((most, value, at) => Math.max(most, Math.abs(value - (first[at] ?? 0))), 0);
    assert.ok(
      farthest(expected) <= 3,
      `a palette may be a few levels off, not ${farthest(expected)}`,
    );
    const atOnce = smoothlyResized(clean, { width: 600, height: 330 }, "linear");
    assert.ok(farthest(atOnce) > 30, "and at once it would be another picture");
  });

  it("is upright where EXIF says so, and enlarges what is small", async () => {
    const image = await sharp(await pngOf({ width: 4, height: 8 }, () => 90))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { figures } = await work.ask({ image, clean: image });
    assert.deepEqual([figures.width, figures.height], [600, 300]);
  });

  it("refuses parameters, as it reads none", async () => {
    const image = await pngOf({ width: 2, height: 2 }, () => 0);
    await assert.rejects(work.ask({ image, clean: image }, { frames: 12 }), {
      code: "invalid",
      detail: "there is no parameter frames; leave it out",
    });
  });

  it("names the file that is missing or cannot be read", async () => {
    const image = await pngOf({ width: 2, height: 2 }, () => 0);
    await assert.rejects(work.ask({ image }), { code: "invalid", detail: /no input named clean/ });
    const rubbish = Buffer.from("rubbish");
    await assert.rejects(work.ask({ image, clean: rubbish }), {
      code: "bad_image",
      detail: /^the clean image /,
    });
  });
});

it("a GIF is made by this program, and a configuration that says otherwise is refused", async () => {
  await assert.rejects(openWork({ kind: "make-gif" }, { "model.onnx": Buffer.from("x") }), {
    code: "model_failed",
    detail: /config\.json: \/backend must be built-in/,
  });
});
