// Pure. Resizes bytes as OpenCV's INTER_LANCZOS4 does, bit by bit: the eight nearest samples each way, weighted
// by a sinc that a wider one fades out, pixel centres aligned, edges repeated, no smoothing where it shrinks,
// and eleven-bit fixed-point weights. All sums are whole numbers; 22 bits are dropped at the end, rounded.
// (opencv modules/imgproc/src/resize.cpp)
import type { Size } from "../inpaint/padding.ts";
import type { Raster } from "../inpaint/raster.ts";
import { roundedToEven } from "./linear-byte-resize.ts";

const reach = 8;
/** Samples beyond an edge that are looked at. */
const rim = 4;
const weightScale = 2 ** 11;
const [bitsDropped, half] = [22, 2 ** 21];

/** To that very size, whatever the proportions. The raster itself when it has the size already. */
export function lanczosByteResized(raster: Raster, size: Size): Raster {
  const { width, height, channels } = raster;
  if (width === size.width && height === size.height) return raster;
  const rowLength = size.width * channels;
  const data = new Uint8ClampedArray(size.height * rowLength);
  const widened = widenedRows(raster, size.width);
  const { places, weights } = tapsOf(height, size.height);
  for (const [y, place] of places.entries()) {
    const rows = Array.from({ length: reach }, (_, tap) => {
      return widened(Math.min(height - 1, Math.max(0, place + tap)));
    });
    const result = data.subarray(y * rowLength, (y + 1) * rowLength);
    mixRows(rows, weights.subarray(y * reach, (y + 1) * reach), result);
  }
  return { ...size, channels, data: new Uint8Array(data.buffer) };
}

const none = new Int32Array();

// Hot: eight rows become one, each counting for its weight.
function mixRows(
  rows: readonly Int32Array[],
  weights: Int32Array,
  result: Uint8ClampedArray,
): void {
  const [a = none, b = none, c = none, d = none, e = none, f = none, g = none, h = none] = rows;
  const [p = 0, q = 0, r = 0, s = 0, t = 0, u = 0, v = 0, w = 0] = weights;
  for (let x = 0; x < result.length; x++) {
    const upper = (a[x] ?? 0) * p + (b[x] ?? 0) * q + (c[x] ?? 0) * r + (d[x] ?? 0) * s;
    const lower = (e[x] ?? 0) * t + (f[x] ?? 0) * u + (g[x] ?? 0) * v + (h[x] ?? 0) * w;
    result[x] = (upper + lower + half) >> bitsDropped;
  }
}

/** Rows of the source at their new width. They are asked for in rising order, eight at a time. */
function widenedRows(raster: Raster, width: number): (index: number) => Int32Array {
  const { channels } = raster;
  const columns = tapsOf(raster.width, width);
  const continued = new Uint8Array((raster.width + 2 * rim) * channels);
  const kept = Array.from({ length: reach }, () => ({
    index: -1,
    values: new Int32Array(width * channels),
  }));
  return (index) => {
    const slot = kept[index % reach] ?? { index: -1, values: none };
    if (slot.index === index) return slot.values;
    slot.index = index;
    continueRow(raster, index, continued);
    mixColumns(continued, { ...columns, channels }, slot.values);
    return slot.values;
  };
}

/** The row with its edges repeated, so that no sample is sought outside. */
function continueRow({ width, channels, data }: Raster, index: number, to: Uint8Array): void {
  const [from, end] = [index * width * channels, (index + 1) * width * channels];
  for (let pixel = 0; pixel < rim; pixel++) {
    to.set(data.subarray(from, from + channels), pixel * channels);
    to.set(data.subarray(end - channels, end), (rim + width + pixel) * channels);
  }
  to.set(data.subarray(from, end), rim * channels);
}

// Hot: eight samples of a row become one.
function mixColumns(
  row: Uint8Array,
  { places, weights, channels }: Taps & { readonly channels: number },
  result: Int32Array,
): void {
  for (let x = 0, to = 0, tap = 0; x < places.length; x++, tap += reach) {
    const first = ((places[x] ?? 0) + rim) * channels;
    for (let channel = 0; channel < channels; channel++) {
      let at = first + channel;
      let sum = 0;
      for (let index = tap; index < tap + reach; index++, at += channels) {
        sum += (row[at] ?? 0) * (weights[index] ?? 0);
      }
      result[to++] = sum;
    }
  }
}

interface Taps {
  /** Of the first of eight samples; it may lie up to `rim` outside. */
  readonly places: Int32Array;
  /** Eight a place; what each sample counts, of 2048. */
  readonly weights: Int32Array;
}

// Places are of single precision, as OpenCV's: the last bit decides ties.
function tapsOf(from: number, to: number): Taps {
  const scale = 1 / (to / from);
  const places = new Int32Array(to);
  const weights = new Int32Array(to * reach);
  for (let index = 0; index < to; index++) {
    const place = Math.fround((index + 0.5) * scale - 0.5);
    const floor = Math.floor(place);
    places[index] = floor - 3;
    weights.set(weightsAt(Math.fround(place - floor)), index * reach);
  }
  return { places, weights };
}

const diagonal = Math.SQRT1_2;
/** Sine and cosine of as many eighths of a turn, backwards. */
const eighths = [
  [1, 0],
  [-diagonal, -diagonal],
  [0, 1],
  [diagonal, -diagonal],
  [-1, 0],
  [diagonal, diagonal],
  [0, -1],
  [-diagonal, diagonal],
] as const;
/** Beside it all other weights are nothing: what a sample counts that lies in the very place. */
const everything = 1e30;

/** `share`, 0 to 1, is how far the place lies behind the fourth sample. */
function weightsAt(share: number): Int32Array {
  const behindFirst = Math.fround(share + 3);
  const start = (-behindFirst * Math.PI) / 4;
  const [sine, cosine] = [Math.sin(start), Math.cos(start)];
  const parts = Float32Array.from(eighths, ([ofSine, ofCosine], tap) => {
    const distance = behindFirst - tap;
    if (Math.abs(distance) < 1e-6) return everything;
    const angle = (-distance * Math.PI) / 4;
    return (ofSine * sine + ofCosine * cosine) / (angle * angle);
  });
  const inverse = Math.fround(1 / parts.reduce((sum, part) => Math.fround(sum + part), 0));
  return Int32Array.from(parts, (part) => roundedToEven(Math.fround(part * inverse) * weightScale));
}
