// Recorded runs of the original server's wrapper (a stand-in model: 255 - image), where they are at
// hand: what the model was fed, and the picture that came out.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { holeBoxes } from "#actors/inference/inpaint/boxes.ts";
import { cropWindow } from "#actors/inference/inpaint/crop.ts";
import { cubicResized } from "#actors/inference/inpaint/cubic-resize.ts";
import { type InpaintOptions, inpaint, limitedSize } from "#actors/inference/inpaint/inpaint.ts";
import { padded } from "#actors/inference/inpaint/padding.ts";
import type { Box, Raster } from "#actors/inference/inpaint/raster.ts";

const folder = new URL("../../../../../shared/golden/wrapper/", import.meta.url);
const file = new URL("cases.json", folder);
const skip = existsSync(file) ? false : "no recorded runs beside the repository";

const Numbers = Type.Array(Type.Number());
const cases = Compile(
  Type.Object({
    cases: Type.Array(
      Type.Object({
        name: Type.String(),
        model: Type.Object({
          pad_mod: Type.Integer(),
          min_size: Type.Union([Type.Integer(), Type.Null()]),
          square: Type.Boolean(),
        }),
        config: Type.Object({
          hdStrategy: Type.Union([
            Type.Literal("Original"),
            Type.Literal("Crop"),
            Type.Literal("Resize"),
          ]),
          hdStrategyCropMargin: Type.Integer(),
          hdStrategyCropTrigerSize: Type.Integer(),
          hdStrategyResizeLimit: Type.Integer(),
        }),
        boxes_xyxy: Type.Array(Numbers),
        crops_ltrb: Type.Array(Numbers),
        forward_calls: Type.Array(
          Type.Object({
            image_shape: Numbers,
            mask_shape: Numbers,
            image_sha256: Type.String(),
            mask_sha256: Type.String(),
          }),
        ),
      }),
    ),
    primitives: Type.Array(
      Type.Object({
        op: Type.String(),
        src: Type.Unknown(),
        dst: Type.Optional(Numbers),
        out: Type.Optional(Type.Array(Numbers)),
        out_sha256: Type.Optional(Type.String()),
      }),
    ),
  }),
);

const golden = skip ? undefined : cases.Parse(JSON.parse(readFileSync(file, "utf8")));

test("what the model is fed, and what comes out, is as recorded", { skip }, async (t) => {
  assert.ok(golden && golden.cases.length > 0);
  for (const recorded of golden.cases) {
    await t.test(recorded.name, async () => {
      const image = await raster(`${recorded.name}.image.png`, 3);
      const mask = await raster(`${recorded.name}.mask.png`, 1);
      const { model, config } = recorded;
      const options: InpaintOptions = {
        strategy: config.hdStrategy,
        cropMargin: config.hdStrategyCropMargin,
        cropTriggerSize: config.hdStrategyCropTrigerSize,
        resizeLimit: config.hdStrategyResizeLimit,
      };
      const rule = {
        multiple: model.pad_mod,
        sizeMin: model.min_size ?? 0,
        isSquare: model.square,
      };
      const boxes = holeBoxes(mask);
      assert.deepEqual(boxes.map(asNumbers), recorded.boxes_xyxy);
      const windows = boxes.map((box) => asNumbers(cropWindow(box, options.cropMargin, image)));
      if (recorded.crops_ltrb.length > 0) assert.deepEqual(windows, recorded.crops_ltrb);
      const calls: unknown[] = [];
      const result = await inpaint(
        image,
        mask,
        {
          padding: rule,
          fill: async (fed, holes) => {
            calls.push({
              image_shape: [fed.height, fed.width, fed.channels],
              mask_shape: [holes.height, holes.width, holes.channels],
              image_sha256: digest(fed),
              mask_sha256: digest(holes),
            });
            return { ...fed, data: fed.data.map((value) => 255 - value) };
          },
        },
        options,
      );
      assert.deepEqual(calls, recorded.forward_calls);
      assertSame(result, await raster(`${recorded.name}.out.png`, 3));
    });
  }
});

test("bytes resize bit for bit as recorded", { skip }, async (t) => {
  const names = [
    ["cubic_200x150", "100x75"],
    ["cubic_64x48", "100x75"],
    ["cubic_7x5", "13x11"],
    ["cubic_333x77", "100x23"],
  ] as const;
  for (const [name, to] of names) {
    await t.test(`${name} to ${to}`, async () => {
      const wanted = await raster(`${name}_to_${to}.png`, 3);
      assert.deepEqual(cubicResized(await raster(`${name}.png`, 3), wanted), wanted);
    });
  }
});

test("the size at the limit is as recorded", { skip }, () => {
  const recorded = golden?.primitives.filter(({ op }) => op === "resize_max_size dims") ?? [];
  assert.ok(recorded.length > 0);
  for (const { src, dst } of recorded) {
    assert.ok(Array.isArray(src));
    const size = limitedSize({ width: Number(src[0]), height: Number(src[1]) }, 100);
    assert.deepEqual([size.width, size.height], dst);
  }
});

test("a picture is continued as recorded", { skip }, () => {
  const recorded = golden?.primitives.find(({ op }) => op.startsWith("pad symmetric 5x3"));
  assert.ok(recorded?.out);
  const rows = Array.from({ length: 15 }, (_, value) => value);
  const image: Raster = { width: 5, height: 3, channels: 1, data: Uint8Array.from(rows) };
  const { data } = padded(image, { width: 8, height: 8 });
  assert.deepEqual([...data], recorded.out.flat());
});

test("a mask shrinks as recorded", { skip }, async () => {
  const recorded = golden?.primitives.find(({ op }) => op === "mask resize_max_size cubic");
  const mask = await raster("resize_200x150_to100.mask.png", 1);
  assert.equal(digest(cubicResized(mask, limitedSize(mask, 100))), recorded?.out_sha256);
});

// Where enlarging overshoots, the recorded server wraps around and this one clamps.
function assertSame(result: Raster, wanted: Raster): void {
  assert.equal(result.data.length, wanted.data.length);
  for (const [index, value] of result.data.entries()) {
    const seen = wanted.data[index] ?? -1;
    const wrapped = (value === 255 && seen < 60) || (value === 0 && seen > 215);
    if (!wrapped) assert.equal(value, seen, `sample ${index}`);
  }
}

const asNumbers = ({ left, top, right, bottom }: Box) => [left, top, right, bottom];

const digest = ({ data }: Raster) => createHash("sha256").update(data).digest("hex");

async function raster(name: string, channels: 1 | 3): Promise<Raster> {
  const picture = sharp(fileURLToPath(new URL(name, folder)));
  const plain = channels === 1 ? picture.extractChannel(0) : picture.removeAlpha();
  const { data, info } = await plain.raw().toBuffer({ resolveWithObject: true });
  assert.equal(info.channels, channels);
  return { width: info.width, height: info.height, channels, data: new Uint8Array(data) };
}
