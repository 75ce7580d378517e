import assert from "node:assert/strict";
import { test } from "node:test";
import { padded, paddedPixelsMax, paddedSize } from "#actors/inference/inpaint/padding.ts";
import { Failure } from "#protocols/failure.ts";
import { drawn, rowsOf } from "./grey-raster.ts";

const loose = { multiple: 1, sizeMin: 0, isSquare: false };

test("sides grow to the next multiple, to the least size and to a square, and no further", () => {
  const table = [
    [
      { width: 64, height: 48 },
      { ...loose, multiple: 8 },
      { width: 64, height: 48 },
    ],
    [
      { width: 61, height: 45 },
      { ...loose, multiple: 8 },
      { width: 64, height: 48 },
    ],
    [{ width: 1, height: 1 }, loose, { width: 1, height: 1 }],
    [
      { width: 65, height: 8 },
      { ...loose, multiple: 8, isSquare: true },
      { width: 72, height: 72 },
    ],
    [
      { width: 9, height: 700 },
      { ...loose, sizeMin: 512 },
      { width: 512, height: 700 },
    ],
    [
      { width: 9, height: 9 },
      { ...loose, multiple: 8, sizeMin: 20 },
      { width: 24, height: 24 },
    ],
  ] as const;
  for (const [size, rule, wanted] of table) assert.deepEqual(paddedSize(size, rule), wanted);
});

test("a rule that no size can meet is refused", () => {
  const size = { width: 4, height: 4 };
  for (const rule of [
    { ...loose, multiple: 0 },
    { ...loose, multiple: 1.5 },
    { ...loose, sizeMin: -1 },
    { ...loose, sizeMin: Number.NaN },
  ]) {
    assert.throws(() => paddedSize(size, rule), { code: "invalid" });
  }
});

test("the picture goes on as its own mirror image, to the right and downwards", () => {
  const result = padded(drawn("01234", "56789"), { width: 8, height: 5 });
  assert.deepEqual(rowsOf(result), [
    [0, 1, 2, 3, 4, 4, 3, 2],
    [5, 6, 7, 8, 9, 9, 8, 7],
    [5, 6, 7, 8, 9, 9, 8, 7],
    [0, 1, 2, 3, 4, 4, 3, 2],
    [0, 1, 2, 3, 4, 4, 3, 2],
  ]);
});

test("padding longer than the picture mirrors it again and again", () => {
  assert.deepEqual(rowsOf(padded(drawn("12"), { width: 9, height: 1 })), [
    [1, 2, 2, 1, 1, 2, 2, 1, 1],
  ]);
  assert.deepEqual(rowsOf(padded(drawn("7"), { width: 3, height: 2 })), [
    [7, 7, 7],
    [7, 7, 7],
  ]);
});

test("the channels of a pixel stay together", () => {
  const image = {
    width: 2,
    height: 1,
    channels: 3,
    data: Uint8Array.of(1, 2, 3, 4, 5, 6),
  } as const;
  const result = padded(image, { width: 3, height: 1 });
  assert.deepEqual([...result.data], [1, 2, 3, 4, 5, 6, 4, 5, 6]);
});

test("a picture of the right size is not copied", () => {
  const image = drawn("12");
  assert.equal(padded(image, { width: 2, height: 1 }), image);
});

test("a strip that would be too large as a square is refused before it is made", () => {
  const square = { ...loose, isSquare: true };
  const side = Math.sqrt(paddedPixelsMax);
  assert.deepEqual(paddedSize({ width: 1, height: side }, square), { width: side, height: side });
  assert.throws(
    () => paddedSize({ width: 1, height: side + 1 }, square),
    (cause) => cause instanceof Failure && cause.code === "too_large" && /1 by/.test(cause.detail),
  );
  assert.equal(paddedSize({ width: 1, height: side + 1 }, loose).width, 1);
});
