// Pure. Resizes a picture by the filters of Pillow: `lanczos3` is its LANCZOS, `linear` its BILINEAR. The
// filter is as wide as the picture shrinks, so that nothing is skipped; first along the rows, then along
// the columns, each rounded to bytes, with Pillow's fixed-point weights. (Pillow, libImaging/Resample.c)
import type { Size } from "../inpaint/padding.ts";
import type { Raster } from "../inpaint/raster.ts";

export type SmoothKernel = "lanczos3" | "linear";

const kernels = {
  lanczos3: { reach: 3, weight: (x: number) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
  linear: { reach: 1, weight: (x: number) => Math.max(0, 1 - Math.abs(x)) },
} as const;

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** To that very size, whatever the proportions. The raster itself when it has the size already. */
export function smoothlyResized(raster: Raster, size: Size, kernel: SmoothKernel): Raster {
  const { width, height, channels } = raster;
  const wide = width === size.width ? raster : alongRows(raster, size.width, kernel);
  if (height === size.height) return wide;
  const rowBytes = size.width * channels;
  const data = new Uint8Array(size.height * rowBytes);
  const sums = new Float64Array(rowBytes);
  for (const [y, { first, weights }] of taps(height, size.height, kernel).entries()) {
    sums.fill(half);
    for (const [index, weight] of weights.entries()) {
      const from = (first + index) * rowBytes;
      for (let at = 0; at < rowBytes; at++) {
        sums[at] = (sums[at] ?? 0) + weight * (wide.data[from + at] ?? 0);
      }
    }
    const to = y * rowBytes;
    for (let at = 0; at < rowBytes; at++) data[to + at] = byteOf(sums[at] ?? 0);
  }
  return { ...size, channels, data };
}

function alongRows(raster: Raster, width: number, kernel: SmoothKernel): Raster {
  const { height, channels } = raster;
  const data = new Uint8Array(width * height * channels);
  const columns = taps(raster.width, width, kernel);
  const rowBytes = raster.width * channels;
  for (let y = 0, to = 0; y < height; y++) {
    const row = raster.data.subarray(y * rowBytes, (y + 1) * rowBytes);
    for (const { first, weights } of columns) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = half;
        for (let index = 0, from = first * channels + channel; index < weights.length; index++) {
          sum += (weights[index] ?? 0) * (row[from] ?? 0);
          from += channels;
        }
        data[to++] = byteOf(sum);
      }
    }
  }
  return { width, height, channels, data };
}

/** What weighs as much as one; all sums are whole numbers. */
const one = 2 ** 22;
const half = one / 2;

/** Of a sum that begins with a half. */
const byteOf = (sum: number): number => Math.max(0, Math.min(255, Math.floor(sum / one)));

interface Tap {
  readonly first: number;
  /** Of the samples from there on; their sum is `one`, but for rounding. */
  readonly weights: Float64Array;
}

function taps(from: number, to: number, kernel: SmoothKernel): readonly Tap[] {
  const { reach, weight } = kernels[kernel];
  const scale = from / to;
  const stretch = Math.max(1, scale);
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach * stretch + 0.5));
    const last = Math.min(from, Math.floor(centre + reach * stretch + 0.5));
    const weights = Float64Array.from({ length: Math.max(1, last - first) }, (_, at) =>
      weight((first + at - centre + 0.5) / stretch),
    );
    const sum = weights.reduce((total, part) => total + part, 0);
    return { first, weights: weights.map((part) => rounded((part / sum) * one)) };
  });
}

/** Halves away from zero. */
const rounded = (value: number): number => Math.trunc(value + (value < 0 ? -0.5 : 0.5));
