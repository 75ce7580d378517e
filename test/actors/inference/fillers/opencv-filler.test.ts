// Recorded answers of the original server's model `cv2`, where they are at hand, and what holds of
// OpenCV without them.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { decodeImage, decodeMask } from "#actors/inference/engine/decode.ts";
import { opencvFiller } from "#actors/inference/fillers/opencv-filler.ts";
import { inpaint } from "#actors/inference/inpaint/inpaint.ts";
import type { Raster } from "#actors/inference/inpaint/raster.ts";
import { RecordedFolder } from "../recorded-folder.ts";

const folder = new RecordedFolder("cv2");
const images = new RecordedFolder("images");
const { skip } = folder;

const recordings = Compile(
  Type.Array(
    Type.Object({
      file: Type.String(),
      image: Type.String(),
      mask: Type.String(),
      cv2Flag: Type.Union([Type.Literal("INPAINT_NS"), Type.Literal("INPAINT_TELEA")]),
      cv2Radius: Type.Integer(),
      hdStrategy: Type.Union([
        Type.Literal("Original"),
        Type.Literal("Crop"),
        Type.Literal("Resize"),
      ]),
      pixels_sha256: Type.String(),
    }),
  ),
);

const filler = await opencvFiller();
const digest = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

describe("every answer is bit for bit as recorded", { skip }, () => {
  const recorded = skip ? [] : recordings.Parse(JSON.parse(folder.read("index.json").toString()));
  it("has recordings of both methods and all strategies", () => {
    const kinds = recorded.map(({ cv2Flag, hdStrategy }) => `${cv2Flag} ${hdStrategy}`);
    assert.equal(new Set(kinds).size, 6);
  });
  for (const { file, image, mask, cv2Flag, cv2Radius, hdStrategy, pixels_sha256 } of recorded) {
    it(`${cv2Flag} ${hdStrategy}`, async () => {
      const picture = await decodeImage(images.read(image), "image");
      const { holes, ...size } = await decodeMask(images.read(mask));
      const { data } = await inpaint(
        { width: picture.width, height: picture.height, channels: 3, data: picture.rgb },
        { ...size, channels: 1, data: holes },
        filler,
        // The recordings were made with limits that bring each strategy into play at 512 pixels.
        {
          strategy: hdStrategy,
          cropMargin: 32,
          cropTriggerSize: 100,
          resizeLimit: 200,
          cv2Flag,
          cv2Radius,
        },
      );
      assert.equal(digest(data), pixels_sha256);
      const { rgb } = await decodeImage(folder.read(file), "answer");
      assert.ok(Buffer.from(data).equals(rgb), "the file holds other pixels");
    });
  }
  it("leaves nothing out", () => {
    assert.deepEqual(folder.unread(), []);
  });
});

const side = 64;
const image: Raster = {
  width: side,
  height: side,
  channels: 3,
  data: Uint8Array.from({ length: side * side * 3 }, (_, at) => (at * 31) % 251),
};

function maskWith(hole: (x: number, y: number) => boolean): Raster {
  const data = Uint8Array.from({ length: side * side }, (_, at) =>
    hole(at % side, Math.floor(at / side)) ? 255 : 0,
  );
  return { width: side, height: side, channels: 1, data };
}

const middle = maskWith((x, y) => x > 20 && x < 40 && y > 20 && y < 40);

describe("OpenCV", () => {
  it("fills by Navier-Stokes with radius 4 when nothing is asked", async () => {
    const asked = { cv2Flag: "INPAINT_NS", cv2Radius: 4 } as const;
    assert.deepEqual(await filler.fill(image, middle, {}), await filler.fill(image, middle, asked));
  });

  it("heeds method and radius, and takes a radius out of range as the nearest in it", async () => {
    const filled = (cv2Radius: number, cv2Flag: "INPAINT_NS" | "INPAINT_TELEA" = "INPAINT_NS") =>
      filler.fill(image, middle, { cv2Radius, cv2Flag });
    assert.notDeepEqual(await filled(4), await filled(9));
    assert.notDeepEqual(await filled(4), await filled(4, "INPAINT_TELEA"));
    assert.deepEqual(await filled(-3), await filled(1));
    assert.deepEqual(await filled(1e9), await filled(100));
  });

  it("refuses a method that it does not know", async () => {
    await assert.rejects(filler.fill(image, middle, { cv2Flag: "INPAINT_FAST" }), {
      code: "invalid",
      detail: 'cv2Flag is "INPAINT_FAST"; send INPAINT_NS or INPAINT_TELEA',
    });
  });

  it("answers when all is a hole, and when the picture is a single pixel", async () => {
    const filled = await filler.fill(
      image,
      maskWith(() => true),
      {},
    );
    assert.deepEqual([filled.width, filled.height, filled.data.length], [64, 64, 64 * 64 * 3]);
    const pixel = { width: 1, height: 1 } as const;
    const one = await filler.fill(
      { ...pixel, channels: 3, data: Uint8Array.of(1, 2, 3) },
      { ...pixel, channels: 1, data: Uint8Array.of(255) },
      {},
    );
    assert.equal(one.data.length, 3);
  });

  it("leaves the process as it was: nothing listens for failures that nobody awaits", async () => {
    const count = () =>
      process.listenerCount("unhandledRejection") + process.listenerCount("uncaughtException");
    const before = count();
    await opencvFiller();
    assert.equal(count(), before);
  });

  it("keeps nothing of thousands of runs", async () => {
    const large = { width: 160, height: 160 } as const;
    const grey: Raster = { ...large, channels: 3, data: new Uint8Array(160 * 160 * 3).fill(90) };
    const spot: Raster = { ...large, channels: 1, data: new Uint8Array(160 * 160) };
    spot.data.fill(255, 8_000, 8_020);
    for (let run = 0; run < 1_000; run++) await filler.fill(grey, spot, {});
    const before = process.memoryUsage().rss;
    for (let run = 0; run < 3_000; run++) await filler.fill(grey, spot, {});
    const grownMiB = (process.memoryUsage().rss - before) / 2 ** 20;
    // One matrix kept of each run would be 73 to 219 MiB; what is left is the collector's play.
    assert.ok(grownMiB < 36, `grew by ${grownMiB} MiB`);
  });
});
