// Pure. Resizing as OpenCV's INTER_CUBIC does it: the four nearest samples each way, weighted by the
// cubic with a = -0.75, pixel centres aligned, edges repeated, and no smoothing when it shrinks.
// Bytes go through OpenCV's eleven-bit fixed-point weights, so that results are the same bit by bit;
// fine rasters keep their fractions and may overshoot. (opencv modules/imgproc/src/resize.cpp)
import type { Size } from "./padding.ts";
import type { FineRaster, Raster } from "./raster.ts";

/** Bytes: rounded to the nearest and clamped. */
export function cubicResized(raster: Raster, size: Size): Raster {
  const { channels } = raster;
  const sums = resampled({ ...raster, data: Float64Array.from(raster.data) }, size, fixedPoint);
  const data = new Uint8Array(sums.length);
  const rowSize = size.width * channels;
  const vectorEnd = rowSize - (rowSize % vectorLength);
  for (let row = 0; row < data.length; row += rowSize) {
    for (let x = 0; x < rowSize; x++) {
      const value = (sums[row + x] ?? 0) / weightScale ** 2;
      const level = x < vectorEnd ? roundedToEven(value) : Math.floor(value + 0.5);
      data[row + x] = Math.min(255, Math.max(0, level));
    }
  }
  return { ...size, channels, data };
}

/** Fractions: neither rounded nor clamped. */
export function fineCubicResized(raster: FineRaster, size: Size): FineRaster {
  return { ...size, channels: raster.channels, data: resampled(raster, size, (weight) => weight) };
}

const weightScale = 2 ** 11;
// OpenCV rounds eight bytes at a time by the processor, halves to even; the rest of a row halves up.
const vectorLength = 8;

function roundedToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.floor(value + 0.5);
  return floor % 2 === 0 ? floor : floor + 1;
}

const fixedPoint = (weight: number): number => roundedToEven(weight * weightScale);

function resampled(raster: FineRaster, size: Size, weigh: (weight: number) => number) {
  const { channels } = raster;
  const columns = tapsOf(raster.width, size.width, { stride: channels, weigh });
  const rowSize = size.width * channels;
  const wide = new Float64Array(rowSize * raster.height);
  for (let y = 0, at = 0; y < raster.height; y++) {
    const row = y * raster.width * channels;
    for (const tap of columns) {
      for (let channel = 0; channel < channels; channel++, at++) {
        wide[at] = weighted(raster.data, tap, row + channel);
      }
    }
  }
  const result = new Float64Array(rowSize * size.height);
  const rows = tapsOf(raster.height, size.height, { stride: rowSize, weigh });
  for (const [y, tap] of rows.entries()) {
    for (let x = 0; x < rowSize; x++) result[y * rowSize + x] = weighted(wide, tap, x);
  }
  return result;
}

/** Where four samples lie, and what each counts. */
interface Tap {
  readonly offsets: readonly [number, number, number, number];
  readonly weights: readonly [number, number, number, number];
}

function tapsOf(
  from: number,
  to: number,
  { stride, weigh }: { readonly stride: number; readonly weigh: (weight: number) => number },
): Tap[] {
  const scale = 1 / (to / from);
  const offset = (index: number) => Math.min(from - 1, Math.max(0, index)) * stride;
  return Array.from({ length: to }, (_, index) => {
    const position = Math.fround((index + 0.5) * scale - 0.5);
    const first = Math.floor(position);
    const [a, b, c, d] = cubicWeights(Math.fround(position - first));
    return {
      offsets: [offset(first - 1), offset(first), offset(first + 1), offset(first + 2)],
      weights: [weigh(a), weigh(b), weigh(c), weigh(d)],
    };
  });
}

// In single precision, operation by operation: the last bit of a weight decides ties.
function cubicWeights(x: number): Tap["weights"] {
  const f = Math.fround;
  const a = -0.75;
  const y = f(1 + x);
  const outer = f(f(f(f(f(f(f(a * y) + 3.75) * y) - 6) * y)) + 3);
  const inner = (t: number) => f(f(f(f(f(1.25 * t) - 2.25) * t) * t) + 1);
  const [near, next] = [inner(x), inner(f(1 - x))];
  return [outer, near, next, f(f(f(1 - outer) - near) - next)];
}

function weighted(data: Float64Array, { offsets, weights }: Tap, at: number): number {
  return (
    (data[at + offsets[0]] ?? 0) * weights[0] +
    (data[at + offsets[1]] ?? 0) * weights[1] +
    (data[at + offsets[2]] ?? 0) * weights[2] +
    (data[at + offsets[3]] ?? 0) * weights[3]
  );
}
