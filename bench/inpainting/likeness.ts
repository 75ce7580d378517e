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
const windowSigma = 1.5;
const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];

/** Structural similarity of the brightness, 1 for equal: the mean of windows around hole pixels. */
export function similarity(picture: Picture, mask: Uint8Array, filled: Uint8Array): number {
  const [a, b] = [brightness(picture.data), brightness(filled)];
  const means = [
    a,
    b,
    a.map((value) => value * value),
    b.map((value) => value * value),
    a.map((value, at) => value * (b[at] ?? 0)),
  ].map((plane) => smoothed(plane, picture));
  let sum = 0;
  let count = 0;
  for (const [pixel, level] of mask.entries()) {
    if (level === 0) continue;
    const [ma = 0, mb = 0, maa = 0, mbb = 0, mab = 0] = means.map((plane) => plane[pixel] ?? 0);
    const luminance = (2 * ma * mb + c1) / (ma * ma + mb * mb + c1);
    const structure = (2 * (mab - ma * mb) + c2) / (maa - ma * ma + mbb - mb * mb + c2);
    sum += luminance * structure;
    count++;
  }
  return sum / count;
}

function brightness(data: Uint8Array): Float64Array {
  const plane = new Float64Array(data.length / 3);
  for (let at = 0; at < plane.length; at++) {
    const [red = 0, green = 0, blue = 0] = data.subarray(at * 3, at * 3 + 3);
    plane[at] = 0.299 * red + 0.587 * green + 0.114 * blue;
  }
  return plane;
}

/** By the Gaussian window; beyond the picture's edge the edge goes on. */
function smoothed(plane: Float64Array, { width, height }: Picture): Float64Array {
  const across = alongLines(plane, { lines: height, length: width, step: 1, lineStep: width });
  return alongLines(across, { lines: width, length: height, step: width, lineStep: 1 });
}

function alongLines(
  plane: Float64Array,
  grid: {
    readonly lines: number;
    readonly length: number;
    readonly step: number;
    readonly lineStep: number;
  },
): Float64Array {
  const { lines, length, step, lineStep } = grid;
  const result = new Float64Array(plane.length);
  for (let line = 0; line < lines; line++) {
    for (let at = 0; at < length; at++) {
      let sum = 0;
      for (let tap = -windowRadius; tap <= windowRadius; tap++) {
        const place = Math.min(length - 1, Math.max(0, at + tap));
        sum += (plane[line * lineStep + place * step] ?? 0) * (weights[tap + windowRadius] ?? 0);
      }
      result[line * lineStep + at * step] = sum;
    }
  }
  return result;
}

const bell = Array.from({ length: 2 * windowRadius + 1 }, (_, at) =>
  Math.exp(-((at - windowRadius) ** 2) / (2 * windowSigma ** 2)),
);
const bellSum = bell.reduce((sum, value) => sum + value, 0);
const weights = bell.map((value) => value / bellSum);
