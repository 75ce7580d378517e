// Recorded runs of the original server's wrapper (a stand-in model: 255 - image), where they are at
// hand: what the model was fed, and the picture that came out.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import sharp from "sharp";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { holeBoxes } from "#actors/inference/inpaint/boxes.ts";
import { cropWindow } from "#actors/inference/inpaint/crop.ts";
import { cubicResized } from "#actors/inference/inpaint/cubic-resize.ts";
import { type InpaintOptions, inpaint, limitedSize } from "#actors/inference/inpaint/inpaint.ts";
import { padded } from "#actors/inference/inpaint/padding.ts";
import type { Box, Raster } from "#actors/inference/inpaint/raster.ts";
import { linearByteResized } from "#actors/inference/works/linear-byte-resize.ts";
import { RecordedFolder } from "../recorded-folder.ts";

const folder = new RecordedFolder("wrapper");
const { skip } = folder;

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
        channel: Type.Optional(Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2)])),
        out: Type.Optional(Type.Array(Numbers)),
        out_sha256: Type.Optional(Type.String()),
      }),
    ),
  }),
);

const golden = skip ? undefined : cases.Parse(JSON.parse(folder.read("cases.json").toString()));
type Primitive = NonNullable<typeof golden>["primitives"][number];

/** Primitives that a test has looked at. */
const seen = new Set<Primitive>();

function primitives(isWanted: (op: string) => boolean): readonly Primitive[] {
  const found = golden?.primitives.filter(({ op }) => isWanted(op)) ?? [];
  assert.ok(found.length > 0);
  for (const primitive of found) seen.add(primitive);
  return found;
}

/** Width and height. */
function sizeIn(numbers: unknown) {
  assert.ok(Array.isArray(numbers));
  return { width: Number(numbers[0]), height: Number(numbers[1]) };
}

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

test("bytes resize by cubics bit for bit as recorded", { skip }, async (t) => {
  for (const { src, dst, out_sha256 } of primitives((op) => op === "INTER_CUBIC u8")) {
    const [from, to] = [sizeIn(src), sizeIn(dst)];
    const name = `cubic_${from.width}x${from.height}`;
    await t.test(`${name} to ${to.width}x${to.height}`, async () => {
      const resized = cubicResized(await raster(`${name}.png`, 3), to);
      assert.deepEqual(resized, await raster(`${name}_to_${to.width}x${to.height}.png`, 3));
      assert.equal(digest(resized), out_sha256);
    });
  }
});

test("bytes resize linearly bit for bit as recorded", { skip }, async (t) => {
  const linear = primitives((op) => op.startsWith("INTER_LINEAR u8"));
  assert.equal(linear.length, 4);
  for (const { src, dst, channel = 0, out_sha256 } of linear) {
    const [from, to] = [sizeIn(src), sizeIn(dst)];
    const name = `cubic_${from.width}x${from.height}`;
    await t.test(`${name} to ${to.width}x${to.height}`, async () => {
      const plane = await raster(`${name}.png`, 1, channel);
      assert.equal(digest(linearByteResized(plane, to)), out_sha256);
    });
  }
});

test("the size at the limit is as recorded", { skip }, () => {
  for (const { src, dst } of primitives((op) => op === "resize_max_size dims")) {
    const size = limitedSize(sizeIn(src), 100);
    assert.deepEqual([size.width, size.height], dst);
  }
});

test("a picture is continued as recorded", { skip }, () => {
  const [recorded] = primitives((op) => op.startsWith("pad symmetric 5x3"));
  assert.ok(recorded?.out);
  const rows = Array.from({ length: 15 }, (_, value) => value);
  const image: Raster = { width: 5, height: 3, channels: 1, data: Uint8Array.from(rows) };
  const { data } = padded(image, { width: 8, height: 8 });
  assert.deepEqual([...data], recorded.out.flat());
});

test("a mask shrinks as recorded", { skip }, async () => {
  const [recorded] = primitives((op) => op === "mask resize_max_size cubic");
  const mask = await raster("resize_200x150_to100.mask.png", 1);
  assert.equal(digest(cubicResized(mask, limitedSize(mask, 100))), recorded?.out_sha256);
});

test("nothing that was recorded is left out", { skip }, () => {
  assert.deepEqual(folder.unread(), []);
  assert.deepEqual(
    golden?.primitives.filter((primitive) => !seen.has(primitive)),
    [],
  );
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

const digest = ({ data }: Pick<Raster, "data">) => createHash("sha256").update(data).digest("hex");

async function raster(name: string, channels: 1 | 3, channel: 0 | 1 | 2 = 0): Promise<Raster> {
  const picture = sharp(folder.path(name));
  const plain = channels === 1 ? picture.extractChannel(channel) : picture.removeAlpha();
  const { data, info } = await plain.raw().toBuffer({ resolveWithObject: true });
  assert.equal(info.channels, channels);
  return { width: info.width, height: info.height, channels, data: new Uint8Array(data) };
}
