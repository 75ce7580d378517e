// The reference is Pillow's resampling (libImaging/Resample.c) written down anew: a kernel as wide as the
// picture shrinks, its weights brought to a sum of one, first along rows, then along columns, each rounded, with
// weights of 22 bits behind the point.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Raster } from "#actors/inference/inpaint/raster.ts";
import { smoothlyResized } from "#actors/inference/works/smooth-resize.ts";

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const kernels = {
  lanczos3: { support: 3, at: (x: number) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
  linear: { support: 1, at: (x: number) => Math.max(0, 1 - Math.abs(x)) },
};

function resampledRow(row: readonly number[], to: number, kernel: keyof typeof kernels): number[] {
  const scale = row.length / to;
  const filterScale = Math.max(1, scale);
  const { support, at } = kernels[kernel];
  return Array.from({ length: to }, (_, index) => {
    const center = (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support * filterScale + 0.5));
    const last = Math.min(row.length, Math.trunc(center + support * filterScale + 0.5));
    const weights = Array.from({ length: last - first }, (_, x) =>
      at((first + x - center + 0.5) / filterScale),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const sum = weights.reduce((before, weight, x) => {
      const share = (weight / total) * 2 ** 22;
      return before + Math.sign(share) * Math.round(Math.abs(share)) * (row[first + x] ?? 0);
    }, 2 ** 21);
    return Math.max(0, Math.min(255, Math.floor(sum / 2 ** 22)));
  });
}

function reference({ width, height, data }: Raster, to: number, kernel: keyof typeof kernels) {
  const rows = Array.from({ length: height }, (_, y) =>
    resampledRow([...data.subarray(y * width, (y + 1) * width)], to, kernel),
  );
  const columns = Array.from({ length: to }, (_, x) =>
    resampledRow(
      rows.map((row) => row[x] ?? 0),
      to,
      kernel,
    ),
  );
  return Array.from({ length: to * to }, (_, at) => columns[at % to]?.[Math.floor(at / to)] ?? 0);
}

/** Smooth, with an edge, like a photograph. */
const grey = (width: number, height: number): Raster => ({
  ...{ width, height, channels: 1 },
  data: Uint8Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [(at % width) / width, Math.floor(at / width) / height];
    const wave = 90 + 60 * Math.sin(9 * x) * Math.cos(7 * y);
    return Math.round(x + y > 1 ? wave + 80 : wave);
  }),
});

describe("a picture that is resized is as Pillow would have it", () => {
  for (const kernel of ["lanczos3", "linear"] as const) {
    for (const [width, height, to] of [
      [640, 480, 320],
      [1_000, 800, 100],
      [50, 40, 128],
    ] as const) {
      it(`${kernel}: ${width} by ${height} to ${to} by ${to}`, () => {
        const raster = grey(width, height);
        const { data, channels } = smoothlyResized(raster, { width: to, height: to }, kernel);
        assert.deepEqual([channels, data.length], [1, to * to]);
        const expected = reference(raster, to, kernel);
        const odd = expected.findIndex((value, at) => value !== data[at]);
        assert.equal(odd, -1, `${data[odd]}, not ${expected[odd]} at ${odd}`);
      });
    }
  }
});

it("colours are resized one by one, and what has the size stays as it is", () => {
  const data = Uint8Array.of(0, 50, 200, 100, 50, 0);
  const two = { width: 2, height: 1, channels: 3, data } as const;
  const one = smoothlyResized(two, { width: 1, height: 2 }, "linear");
  assert.deepEqual([...one.data], [50, 50, 100, 50, 50, 100]);
  assert.equal(smoothlyResized(two, { width: 2, height: 1 }, "lanczos3"), two);
  // The filter swings; what goes beyond black and white is clipped.
  const edge = { width: 4, height: 1, channels: 1, data: Uint8Array.of(0, 0, 255, 255) } as const;
  const wide = smoothlyResized(edge, { width: 8, height: 1 }, "lanczos3");
  assert.deepEqual([...wide.data.subarray(0, 2)], [10, 0]);
  assert.deepEqual([...wide.data.subarray(6)], [255, 245]);
});
