// Pure. Resizes bytes as OpenCV's INTER_LINEAR does, bit by bit: the two nearest samples each way, pixel
// centres aligned, edges repeated, no smoothing where it shrinks but for one case, and eleven-bit
// fixed-point weights. Between rows OpenCV drops bits, so that a product fits into 16:
//
//   wide    = left * 2048 * (1 - x) + right * 2048 * x            along a row, whole numbers
//   product = (wide >> 4) * weight of its row >> 16
//   byte    = (product above + product below + 2) >> 2
//
// (opencv modules/imgproc/src/resize.cpp)
import type { Size } from "../inpaint/padding.ts";
import type { Raster } from "../inpaint/raster.ts";

/** To that very size, whatever the proportions. The raster itself when it has the size already. */
export function linearByteResized(raster: Raster, size: Size): Raster {
  const { width, height, channels } = raster;
  if (width === size.width && height === size.height) return raster;
  if (width === 2 * size.width && height === 2 * size.height) return cellMeans(raster, size);
  const rowLength = size.width * channels;
  const data = new Uint8Array(size.height * rowLength);
  const widened = widenedRows(raster, size.width);
  let at = 0;
  for (const { first, second, near, far } of tapsOf(height, size.height)) {
    const [above, below] = [widened(first), widened(second)];
    for (let x = 0; x < rowLength; x++) {
      const upper = (((above[x] ?? 0) >> 4) * near) >> 16;
      const lower = (((below[x] ?? 0) >> 4) * far) >> 16;
      data[at++] = (upper + lower + 2) >> 2;
    }
  }
  return { ...size, channels, data };
}

/** Half the size each way: what OpenCV does then is the mean of four, halves rounded up. */
function cellMeans({ width, channels, data }: Raster, size: Size): Raster {
  const row = width * channels;
  const result = new Uint8Array(size.width * size.height * channels);
  let at = 0;
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      let from = 2 * (y * row + x * channels);
      for (let channel = 0; channel < channels; channel++, from++) {
        const above = (data[from] ?? 0) + (data[from + channels] ?? 0);
        const below = (data[from + row] ?? 0) + (data[from + row + channels] ?? 0);
        result[at++] = (above + below + 2) >> 2;
      }
    }
  }
  return { ...size, channels, data: result };
}

/** Rows of the source at their new width. They are asked for in rising order, two at a time. */
function widenedRows(raster: Raster, width: number): (index: number) => Int32Array {
  const { channels, data } = raster;
  const columns = tapsOf(raster.width, width);
  const kept = [0, 1].map(() => ({ index: -1, values: new Int32Array(width * channels) }));
  return (index) => {
    const slot = kept[index % 2] ?? { index: -1, values: new Int32Array() };
    if (slot.index === index) return slot.values;
    slot.index = index;
    const row = index * raster.width * channels;
    let to = 0;
    for (const { first, second, near, far } of columns) {
      for (let channel = 0, at = row; channel < channels; channel++, at++) {
        const left = data[at + first * channels] ?? 0;
        const right = data[at + second * channels] ?? 0;
        slot.values[to++] = left * near + right * far;
      }
    }
    return slot.values;
  };
}

/** Where two samples lie, and what each counts, of 2048. */
interface Tap {
  readonly first: number;
  readonly second: number;
  readonly near: number;
  readonly far: number;
}

const weightScale = 2 ** 11;

// Places and shares are of single precision, as OpenCV's: the last bit decides ties.
function tapsOf(from: number, to: number): readonly Tap[] {
  const scale = 1 / (to / from);
  const inside = (index: number) => Math.min(from - 1, Math.max(0, index));
  return Array.from({ length: to }, (_, index) => {
    const place = Math.fround((index + 0.5) * scale - 0.5);
    const floor = Math.floor(place);
    const share = Math.fround(place - floor);
    return {
      first: inside(floor),
      second: inside(floor + 1),
      near: roundedToEven(Math.fround(1 - share) * weightScale),
      far: roundedToEven(share * weightScale),
    };
  });
}

/** To the nearest whole number; halves to the even one. */
export function roundedToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.floor(value + 0.5);
  return floor % 2 === 0 ? floor : floor + 1;
}
