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
  const data = new Uint8Array(size.width * size.height * channels);
  let at = 0;
  for (const row of resampledRows(raster, size, { weigh: fixedPoint, mix: mixBytes })) {
    for (let x = 0; x < row.length; x++, at++) data[at] = clamped(row[x] ?? 0);
  }
  return { ...size, channels, data };
}

/** Keeps fractions up to the end, and drops them there. */
export function fineCubicResized(raster: FineRaster, size: Size): Raster {
  const { channels } = raster;
  const data = new Uint8Array(size.width * size.height * channels);
  let at = 0;
  const weigh = (weight: number): number => weight;
  for (const row of resampledRows(raster, size, { weigh, mix: mixFloats })) {
    for (let x = 0; x < row.length; x++, at++) data[at] = clamped(row[x] ?? 0);
  }
  return { ...size, channels, data };
}

/** Four rows become one, each counting for its weight. */
type Mix = (rows: readonly Float64Array[], weights: Tap["weights"], result: Float64Array) => void;

const mixFloats: Mix = ([a, b, c, d], [p, q, r, s], result) => {
  for (let x = 0; x < result.length; x++) {
    result[x] = (a?.[x] ?? 0) * p + (b?.[x] ?? 0) * q + (c?.[x] ?? 0) * r + (d?.[x] ?? 0) * s;
  }
};

const weightScale = 2 ** 11;
const vectorLength = 8;

// OpenCV mixes eight bytes at a time in single precision and rounds halves to even; what is left of
// a row it mixes in whole numbers and rounds halves up.
const mixBytes: Mix = (rows, weights, result) => {
  const f = Math.fround;
  const [a, b, c, d] = rows;
  const [p, q, r, s] = weights;
  const [u, v, w, z] = weights.map((weight) => weight / weightScale ** 2);
  const vectorEnd = result.length - (result.length % vectorLength);
  for (let x = 0; x < vectorEnd; x++) {
    const last = f((d?.[x] ?? 0) * (z ?? 0));
    const lower = f(f((c?.[x] ?? 0) * (w ?? 0)) + last);
    const inner = f(f((b?.[x] ?? 0) * (v ?? 0)) + lower);
    result[x] = roundedToEven(f(f((a?.[x] ?? 0) * (u ?? 0)) + inner));
  }
  for (let x = vectorEnd; x < result.length; x++) {
    const sum = (a?.[x] ?? 0) * p + (b?.[x] ?? 0) * q + (c?.[x] ?? 0) * r + (d?.[x] ?? 0) * s;
    result[x] = Math.floor(sum / weightScale ** 2 + 0.5);
  }
};

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
  { weigh, mix }: { readonly weigh: (weight: number) => number; readonly mix: Mix },
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
    mix(offsets.map(widened), weights, result);
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
