// Pure. A picture in memory: bytes, row by row, the channels of a pixel side by side.
import { Failure } from "#protocols/failure.ts";

export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
}

/** A raster on the way between two steps: not yet rounded, and perhaps outside 0 to 255. */
export interface FineRaster extends Omit<Raster, "data"> {
  readonly data: Float64Array;
}

/** Left and top are inside, right and bottom are the first outside. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Fails with `bad_image` when size, channels and data of a raster do not fit together. */
export function checkRaster(name: string, raster: Raster, channels: Raster["channels"]): void {
  const { width, height, data } = raster;
  if (!isSide(width) || !isSide(height)) {
    const seen = `${width} by ${height}`;
    throw new Failure("bad_image", `${name} is ${seen}; give it at least one pixel each way`);
  }
  if (raster.channels !== channels) {
    const seen = `${raster.channels} channels`;
    throw new Failure("bad_image", `${name} has ${seen}; convert it to ${channels}`);
  }
  const size = width * height * channels;
  if (data.length === size) return;
  const seen = `${data.length} bytes`;
  throw new Failure("bad_image", `${name} has ${seen}; ${width} by ${height} needs ${size}`);
}

export function cropped(raster: Raster, box: Box): Raster {
  const { channels } = raster;
  const width = box.right - box.left;
  const height = box.bottom - box.top;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const from = ((box.top + y) * raster.width + box.left) * channels;
    const row = raster.data.subarray(from, from + width * channels);
    data.set(row, y * width * channels);
  }
  return { width, height, channels, data };
}

/** Overwrites the part of `target` under `patch`, whose left top corner lies on that of `box`. */
export function paste(target: Raster, patch: Raster, box: Pick<Box, "left" | "top">): void {
  const rowSize = patch.width * patch.channels;
  for (let y = 0; y < patch.height; y++) {
    const row = patch.data.subarray(y * rowSize, (y + 1) * rowSize);
    target.data.set(row, ((box.top + y) * target.width + box.left) * target.channels);
  }
}

const isSide = (value: number): boolean => Number.isSafeInteger(value) && value > 0;
