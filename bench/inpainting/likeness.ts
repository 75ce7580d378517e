// How near an inpainted picture is to the photograph, over the pixels of the holes alone: what was known
// is the same in all, and would only hide the difference. Pure.
import type { Picture } from "./picture.ts";

/** Peak signal to noise ratio over all three colours, in decibels. */
export function decibels(picture: Picture, mask: Uint8Array, filled: Uint8Array): number {
  let squares = 0;
  let count = 0;
  for (const [pixel, level] of mask.entries()) {
    if (level === 0) continue;
    for (let at = pixel * 3; at < pixel * 3 + 3; at++) {
      squares += ((filled[at] ?? 0) - (picture.data[at] ?? 0)) ** 2;
      count++;
    }
  }
  return 10 * Math.log10(255 ** 2 / (squares / count));
}

// The window and the constants of Wang et al., Image quality assessment, 2004.
const windowRadius = 5;
const windowSide = 2 * windowRadius + 1;
const windowSigma = 1.5;
const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];

/** Structural similarity of the brightness, 1 for equal: the mean of windows around hole pixels. */
export function similarity(picture: Picture, mask: Uint8Array, filled: Uint8Array): number {
  const pair = { ...picture, wanted: brightness(picture.data), found: brightness(filled) };
  let sum = 0;
  let count = 0;
  for (const [pixel, level] of mask.entries()) {
    if (level === 0) continue;
    sum += windowSimilarity(pair, pixel);
    count++;
  }
  return sum / count;
}

function brightness(data: Uint8Array): Float64Array {
  const plane = new Float64Array(data.length / 3);
  for (let at = 0, from = 0; at < plane.length; at++, from += 3) {
    const [red = 0, green = 0, blue = 0] = [data[from], data[from + 1], data[from + 2]];
    plane[at] = 0.299 * red + 0.587 * green + 0.114 * blue;
  }
  return plane;
}

interface Pair {
  readonly width: number;
  readonly height: number;
  readonly wanted: Float64Array;
  readonly found: Float64Array;
}

/** Weighted by the Gaussian window; beyond the picture's edge the edge goes on. */
function windowSimilarity({ width, height, wanted, found }: Pair, pixel: number): number {
  const [left, top] = [(pixel % width) - windowRadius, Math.floor(pixel / width) - windowRadius];
  let [ma, mb, maa, mbb, mab] = [0, 0, 0, 0, 0];
  for (let down = 0; down < windowSide; down++) {
    const row = Math.min(height - 1, Math.max(0, top + down)) * width;
    for (let right = 0; right < windowSide; right++) {
      const at = row + Math.min(width - 1, Math.max(0, left + right));
      const weight = (weights[down] ?? 0) * (weights[right] ?? 0);
      const [a, b] = [wanted[at] ?? 0, found[at] ?? 0];
      ma += weight * a;
      mb += weight * b;
      maa += weight * a * a;
      mbb += weight * b * b;
      mab += weight * a * b;
    }
  }
  const luminance = (2 * ma * mb + c1) / (ma * ma + mb * mb + c1);
  const structure = (2 * (mab - ma * mb) + c2) / (maa - ma * ma + mbb - mb * mb + c2);
  return luminance * structure;
}

const bell = Array.from({ length: windowSide }, (_, at) =>
  Math.exp(-((at - windowRadius) ** 2) / (2 * windowSigma ** 2)),
);
const bellSum = bell.reduce((sum, value) => sum + value, 0);
const weights = bell.map((value) => value / bellSum);
