import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tilesOf } from "#actors/inference/works/tile-plan.ts";

describe("the tiles of a picture", () => {
  it("are one where it fits, without a rim", () => {
    const whole = { left: 0, right: 30, top: 0, bottom: 20 };
    const tiles = tilesOf({ width: 30, height: 20 }, { side: 30, rim: 10 });
    assert.deepEqual(tiles, [{ tile: whole, window: whole }]);
  });

  it("touch, cover every pixel once, and are shown with their rim inside of the picture", () => {
    for (const [width, height, side, rim] of [
      [31, 20, 30, 10],
      [100, 77, 16, 3],
      [5, 5, 1, 0],
      [64, 64, 32, 40],
    ] as const) {
      const covered = new Uint8Array(width * height);
      for (const { tile, window } of tilesOf({ width, height }, { side, rim })) {
        for (let y = tile.top; y < tile.bottom; y++) {
          for (let x = tile.left; x < tile.right; x++) {
            covered[y * width + x] = (covered[y * width + x] ?? 0) + 1;
          }
        }
        assert.equal(window.left, Math.max(0, tile.left - rim));
        assert.equal(window.top, Math.max(0, tile.top - rim));
        assert.equal(window.right, Math.min(width, tile.right + rim));
        assert.equal(window.bottom, Math.min(height, tile.bottom + rim));
      }
      assert.ok(covered.every((count) => count === 1));
    }
  });
});
