import assert from "node:assert/strict";
import { test } from "node:test";
import type { Filler } from "#actors/inference/inpaint/filler.ts";
import { type InpaintOptions, inpaint } from "#actors/inference/inpaint/inpaint.ts";
import type { PadRule } from "#actors/inference/inpaint/padding.ts";
import type { Raster } from "#actors/inference/inpaint/raster.ts";

type Forward = (image: Raster, mask: Raster) => Promise<Raster>;

const padding: PadRule = { multiple: 8, sizeMin: 0, isSquare: false };

const filler = (fill: Forward, rule = padding): Pick<Filler, "padding" | "fill"> => ({
  padding: rule,
  fill,
});
const original: InpaintOptions = {
  strategy: "Original",
  cropMargin: 2,
  cropTriggerSize: 40,
  resizeLimit: 40,
};
const crop: InpaintOptions = { ...original, strategy: "Crop" };
const resize: InpaintOptions = { ...original, strategy: "Resize" };

const negative: Forward = async (image) => ({ ...image, data: image.data.map((v) => 255 - v) });

/** A forward that remembers what it was asked. */
function recorded(forward: Forward) {
  const calls: { readonly image: Raster; readonly mask: Raster }[] = [];
  const record: Forward = (image, mask) => {
    calls.push({ image, mask });
    return forward(image, mask);
  };
  return { calls, record };
}

function gradient(width: number, height: number): Raster {
  const data = new Uint8Array(width * height * 3);
  for (let index = 0; index < data.length; index++) data[index] = (index * 7) % 251;
  return { width, height, channels: 3, data };
}

/** Holes as left, top, right, bottom. */
function maskOf(width: number, height: number, ...holes: readonly number[][]): Raster {
  const data = new Uint8Array(width * height);
  for (const [left = 0, top = 0, right = 0, bottom = 0] of holes) {
    for (let y = top; y < bottom; y++) data.fill(255, y * width + left, y * width + right);
  }
  return { width, height, channels: 1, data };
}

function assertKept(image: Raster, mask: Raster, result: Raster): void {
  for (const [pixel, level] of mask.data.entries()) {
    if (level > 0) continue;
    const seen = result.data.subarray(pixel * 3, pixel * 3 + 3);
    assert.deepEqual(seen, image.data.subarray(pixel * 3, pixel * 3 + 3));
  }
}

test("Original feeds the padded whole once and changes holes only", async () => {
  const [image, mask] = [gradient(61, 45), maskOf(61, 45, [50, 30, 61, 45])];
  const before = image.data.slice();
  const { calls, record } = recorded(negative);
  const result = await inpaint(image, mask, filler(record), original);
  assert.deepEqual(
    calls.map(({ image: fed }) => [fed.width, fed.height]),
    [[64, 48]],
  );
  assertKept(image, mask, result);
  const at = (30 * 61 + 50) * 3;
  assert.equal(result.data[at], 255 - (image.data[at] ?? 0));
  assert.deepEqual(image.data, before);
});

test("a picture is cropped only above the trigger size", async () => {
  const { calls, record } = recorded(negative);
  await inpaint(gradient(40, 8), maskOf(40, 8, [3, 3, 5, 5]), filler(record), crop);
  await inpaint(gradient(41, 8), maskOf(41, 8, [3, 3, 5, 5]), filler(record), crop);
  assert.deepEqual(
    calls.map(({ image }) => image.width),
    [40, 8],
  );
});

test("Crop feeds one window for each hole, cut from the picture as it came", async () => {
  const [image, mask] = [gradient(60, 50), maskOf(60, 50, [10, 10, 14, 14], [15, 15, 19, 19])];
  const { calls, record } = recorded(negative);
  const result = await inpaint(image, mask, filler(record), crop);
  assert.equal(calls.length, 2);
  const [lower, upper] = calls;
  assert.equal(lower?.image.data[0], image.data[(13 * 60 + 13) * 3]);
  assert.equal(upper?.image.data[0], image.data[(8 * 60 + 8) * 3]);
  // The windows overlap: each mask holds the other hole's pixels that fall in its window.
  assert.equal(lower?.mask.data[0], 255);
  const whole = await inpaint(image, mask, filler(negative), original);
  assert.deepEqual(result.data, whole.data);
});

test("Crop without a hole asks nothing and gives a copy", async () => {
  const image = gradient(60, 50);
  const { calls, record } = recorded(negative);
  const result = await inpaint(image, maskOf(60, 50), filler(record), crop);
  assert.equal(calls.length, 0);
  assert.deepEqual(result, image);
  assert.notEqual(result.data, image.data);
});

test("Resize shrinks the longer side to the limit and keeps what is outside the holes", async () => {
  const [image, mask] = [gradient(60, 50), maskOf(60, 50, [20, 20, 40, 40])];
  const { calls, record } = recorded(negative);
  const result = await inpaint(image, mask, filler(record, { ...padding, multiple: 1 }), resize);
  assert.deepEqual(
    calls.map(({ image: fed }) => [fed.width, fed.height]),
    [[40, 33]],
  );
  assertKept(image, mask, result);
  const { length } = await inpaint(gradient(40, 2), maskOf(40, 2), filler(negative), resize).then(
    ({ data }) => data,
  );
  assert.equal(length, 240);
});

test("a side never shrinks to nothing", async () => {
  const result = await inpaint(
    gradient(600, 1),
    maskOf(600, 1, [5, 0, 9, 1]),
    filler(negative),
    resize,
  );
  assert.equal(result.data.length, 1800);
});

test("overshoot is clamped and does not wrap around", async () => {
  const image: Raster = { width: 80, height: 80, channels: 3, data: new Uint8Array(19_200) };
  for (let x = 0; x < 80; x++) {
    for (let y = 0; y < 80; y++)
      image.data.fill(x < 40 ? 0 : 255, (y * 80 + x) * 3, (y * 80 + x + 1) * 3);
  }
  const mask = maskOf(80, 80, [0, 0, 80, 80]);
  const result = await inpaint(
    image,
    mask,
    filler(async (fed) => fed),
    resize,
  );
  for (let y = 0; y < 80; y++) {
    for (let x = 0; x < 80; x++) {
      const value = result.data[(y * 80 + x) * 3] ?? 0;
      assert.ok(x < 38 ? value < 40 : x > 41 ? value > 215 : true, `${x} ${y}: ${value}`);
    }
  }
});

test("a grey mask mixes the model's pixel and the picture's", async () => {
  const image: Raster = { width: 2, height: 1, channels: 3, data: new Uint8Array(6).fill(100) };
  const mask: Raster = { width: 2, height: 1, channels: 1, data: Uint8Array.of(51, 0) };
  const result = await inpaint(
    image,
    mask,
    filler(async (fed) => ({ ...fed, data: fed.data.map(() => 200) })),
    original,
  );
  assert.deepEqual([...result.data], [120, 120, 120, 100, 100, 100]);
});

test("pictures, masks and options that cannot be used are refused before the model is asked", async () => {
  const [image, mask] = [gradient(4, 4), maskOf(4, 4)];
  const { calls, record } = recorded(negative);
  const refused = [
    ["size_mismatch", gradient(4, 5), mask, original],
    ["bad_image", { ...image, data: new Uint8Array(3) }, mask, original],
    ["bad_image", { ...image, width: 0 }, mask, original],
    ["bad_image", { ...image, channels: 4 }, mask, original],
    ["bad_image", image, image, original],
    ["invalid", image, mask, { ...original, cropMargin: -1 }],
    ["invalid", image, mask, { ...original, resizeLimit: 0 }],
    ["invalid", image, mask, { ...original, cropTriggerSize: 0.5 }],
  ] as const;
  for (const [code, picture, holes, options] of refused) {
    await assert.rejects(inpaint(picture, holes, filler(record), options), { code });
  }
  const none = { ...padding, multiple: 0 };
  await assert.rejects(inpaint(image, mask, filler(record, none), original), { code: "invalid" });
  assert.equal(calls.length, 0);
});

test("a mask whose holes get lost on the way is not filled", async () => {
  const image = gradient(400, 4);
  const mask = maskOf(400, 4, [0, 0, 1, 1]);
  const { calls, record } = recorded(negative);
  const result = await inpaint(image, mask, filler(record), { ...resize, resizeLimit: 4 });
  assert.equal(calls.length, 0);
  assertKept(image, mask, result);
});

test("options reach the filler", async () => {
  const image = gradient(4, 4);
  const asked: unknown[] = [];
  const noting: Pick<Filler, "padding" | "fill"> = {
    padding,
    fill: async (fed, _, { cv2Flag, cv2Radius }) => {
      asked.push([cv2Flag, cv2Radius]);
      return fed;
    },
  };
  const options: InpaintOptions = { ...original, cv2Flag: "INPAINT_TELEA", cv2Radius: 7 };
  await inpaint(image, maskOf(4, 4, [0, 0, 1, 1]), noting, options);
  assert.deepEqual(asked, [["INPAINT_TELEA", 7]]);
});

test("an answer of another size is the model's failure", async () => {
  const [image, mask] = [gradient(4, 4), maskOf(4, 4, [0, 0, 1, 1])];
  for (const forward of [
    async () => gradient(4, 4),
    async (fed: Raster) => ({ ...fed, data: fed.data.subarray(1) }),
  ]) {
    const filled = inpaint(image, mask, filler(forward), original);
    await assert.rejects(filled, { code: "model_failed" });
  }
});

test("a failure of the model comes through unchanged", async () => {
  const cause = new Error("out of memory");
  const filled = inpaint(
    gradient(4, 4),
    maskOf(4, 4, [0, 0, 1, 1]),
    filler(() => Promise.reject(cause)),
    original,
  );
  await assert.rejects(filled, cause);
});
