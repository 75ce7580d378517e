import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  clicksIn,
  clicksMax,
  painted,
  promptOf,
  shownPlanes,
  shownSize,
  widened,
} from "#actors/inference/works/click-prompt.ts";

const size = { width: 40, height: 20 };

describe("clicks", () => {
  it("are read from the JSON that the page sends", () => {
    assert.deepEqual(clicksIn("[[3,4,1],[39.5,20,0]]", size), [
      { x: 3, y: 4, isMeant: true },
      { x: 39.5, y: 20, isMeant: false },
    ]);
  });

  it("that are none are refused by name", () => {
    const many = JSON.stringify(Array(clicksMax + 1).fill([1, 1, 1]));
    for (const text of [undefined, 7, "", "[]", "{}", "[[1,2,1]", many]) {
      assert.throws(() => clicksIn(text, size), {
        code: "invalid",
        detail: /^clicks is .*send 1 to/,
      });
    }
    for (const text of ["[1]", "[[1,2]]", "[[1,2,2]]", "[[41,2,1]]", "[[1,-1,1]]", '[["1",2,1]]']) {
      assert.throws(() => clicksIn(text, size), {
        code: "invalid",
        detail: /^clicks has .*; send \[x, y, 1 or 0\] within 40 by 20$/,
      });
    }
  });

  it("are told as the network sees the picture, with an empty one behind", () => {
    const clicks = clicksIn("[[20,10,1],[30,5,0]]", size);
    assert.deepEqual(promptOf(clicks, size, 1_024), {
      places: Float32Array.of(512, 256, 768, 128, 0, 0),
      labels: Float32Array.of(1, 0, -1),
    });
  });
});

describe("what the encoder is shown", () => {
  it("is the picture at its longer side, rounded", () => {
    assert.deepEqual(shownSize({ width: 640, height: 427 }, 1_024), { width: 1_024, height: 683 });
    assert.deepEqual(shownSize({ width: 1, height: 4_000 }, 1_024), { width: 1, height: 1_024 });
  });

  it("is normalised in the upper left, with zeros beside", () => {
    const data = Uint8Array.from({ length: 4 * 2 * 3 }, (_, at) => [255, 100, 0][at % 3] ?? 0);
    const planes = shownPlanes({ width: 4, height: 2, channels: 3, data }, 4);
    const row = (plane: number, y: number) => [
      ...planes.subarray(plane * 16 + y * 4, plane * 16 + y * 4 + 4),
    ];
    const expected = [(255 - 123.675) / 58.395, (100 - 116.28) / 57.12, (0 - 103.53) / 57.375];
    for (const [plane, value] of expected.entries()) {
      for (const y of [0, 1]) assert.deepEqual(row(plane, y), Array(4).fill(Math.fround(value)));
      for (const y of [2, 3]) assert.deepEqual(row(plane, y), [0, 0, 0, 0]);
    }
  });
});

describe("the mask", () => {
  const marked = (...places: [x: number, y: number][]) => {
    const values = new Float32Array(size.width * size.height).fill(-1);
    for (const [x, y] of places) values[y * size.width + x] = 0.1;
    return widened(size, values);
  };
  const count = (mask: Uint8Array) => mask.filter((value) => value === 255).length;

  it("is widened by four pixels each way, and cut off at the sides", () => {
    const middle = marked([20, 10]);
    assert.equal(count(middle), 81);
    for (const [x, y, value] of [
      [16, 6, 255],
      [24, 14, 255],
      [15, 10, 0],
      [20, 15, 0],
    ] as const) {
      assert.equal(middle[y * size.width + x], value, `${x}, ${y}`);
    }
    assert.equal(count(marked([0, 0])), 25);
    assert.equal(count(marked([39, 19], [20, 10])), 25 + 81);
    assert.equal(count(marked([20, 10], [21, 10])), 90);
    assert.equal(count(widened(size, new Float32Array(800))), 0, "0 is not above 0");
  });

  it("has the colour of the page's brush", () => {
    const { rgb, alpha } = painted(Uint8Array.of(0, 255));
    assert.deepEqual([...rgb], [0, 0, 0, 255, 203, 0]);
    assert.deepEqual([...alpha], [0, 186]);
  });
});
