// Pure. Resizing as OpenCV's INTER_CUBIC does it: the four nearest samples each way, weighted by the
// cubic with a = -0.75, pixel centres aligned, edges repeated, and no smoothing when it shrinks.
// The cubic overshoots at edges; the result is clamped to 0 to 255. Bytes go through OpenCV's
// eleven-bit fixed-point weights, so that they come out the same bit by bit. (opencv
// modules/imgproc/src/resize.cpp)
import type { Size } from "./padding.ts";
import type { FineRaster, Raster } from "./raster.ts";

/** Rounds to the nearest byte. */
export function cubicResized(raster: Raster, size: Size): Raster {
  const { channels } = raster;
  const rowSize = size.width * channels;
  const data = new Uint8Array(rowSize * size.height);
  const vectorEnd = rowSize - (rowSize % vectorLength);
  let at = 0;
  for (const row of resampledRows(raster, size, fixedPoint)) {
    for (let x = 0; x < rowSize; x++, at++) {
      const value = (row[x] ?? 0) / weightScale ** 2;
      data[at] = clamped(x < vectorEnd ? roundedToEven(value) : Math.floor(value + 0.5));
    }
  }
  return { ...size, channels, data };
}

/** Keeps fractions up to the end, and drops them there. */
export function fineCubicResized(raster: FineRaster, size: Size): Raster {
  const { channels } = raster;
  const data = new Uint8Array(size.width * size.height * channels);
  let at = 0;
  for (const row of resampledRows(raster, size, (weight) => weight)) {
    for (let x = 0; x < row.length; x++, at++) data[at] = clamped(row[x] ?? 0);
  }
  return { ...size, channels, data };
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

const clamped = (value: number): number => Math.min(255, Math.max(0, value));

// Gives the same array for each row. Rows of the result need rising rows of the source, four at a
// time, so only four widened rows are kept.
function* resampledRows(
  raster: Raster | FineRaster,
  size: Size,
  weigh: (weight: number) => number,
): Generator<Float64Array> {
  const { channels, width, height, data } = raster;
  const columns = tapsOf(width, size.width, { stride: channels, weigh });
  const kept = Array.from({ length: 4 }, () => ({
    index: -1,
    values: new Float64Array(size.width * channels),
  }));
  const widened = (index: number): Float64Array => {
    const slot = kept[index % 4] ?? { index: -1, values: new Float64Array() };
    if (slot.index === index) return slot.values;
    slot.index = index;
    widen(data, columns, { from: index * width * channels, channels, to: slot.values });
    return slot.values;
  };
  const result = new Float64Array(size.width * channels);
  for (const { offsets, weights } of tapsOf(height, size.height, { stride: 1, weigh })) {
    const [a, b, c, d] = offsets.map(widened);
    const [p, q, r, s] = weights;
    for (let x = 0; x < result.length; x++) {
      result[x] = (a?.[x] ?? 0) * p + (b?.[x] ?? 0) * q + (c?.[x] ?? 0) * r + (d?.[x] ?? 0) * s;
    }
    yield result;
  }
}

function widen(
  data: Uint8Array | Float64Array,
  columns: readonly Tap[],
  row: { readonly from: number; readonly channels: number; readonly to: Float64Array },
): void {
  let to = 0;
  for (const { offsets, weights } of columns) {
    for (let channel = 0, at = row.from; channel < row.channels; channel++, at++, to++) {
      row.to[to] =
        (data[at + offsets[0]] ?? 0) * weights[0] +
        (data[at + offsets[1]] ?? 0) * weights[1] +
        (data[at + offsets[2]] ?? 0) * weights[2] +
        (data[at + offsets[3]] ?? 0) * weights[3];
    }
  }
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
