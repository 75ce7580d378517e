// Pure. Pictures to planes and back: a raster has the channels of a pixel side by side, a network
// wants the whole red picture first, then the green, then the blue.
import { Failure } from "#protocols/failure.ts";
import type { Raster } from "../inpaint/raster.ts";

/** Each byte divided by 255, in single precision. */
const unitOf = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** Writes three planes of 0 to 1. */
export function writeUnitPlanes({ width, height, data }: Raster, planes: Float32Array): void {
  const size = width * height;
  for (let pixel = 0, from = 0; pixel < size; pixel++, from += 3) {
    planes[pixel] = unitOf[data[from] ?? 0] ?? 0;
    planes[pixel + size] = unitOf[data[from + 1] ?? 0] ?? 0;
    planes[pixel + 2 * size] = unitOf[data[from + 2] ?? 0] ?? 0;
  }
}

/** Three planes of bytes. */
export function bytePlanes({ width, height, data }: Raster): Uint8Array {
  const size = width * height;
  const planes = new Uint8Array(size * 3);
  for (let pixel = 0, from = 0; pixel < size; pixel++, from += 3) {
    planes[pixel] = data[from] ?? 0;
    planes[pixel + size] = data[from + 1] ?? 0;
    planes[pixel + 2 * size] = data[from + 2] ?? 0;
  }
  return planes;
}

/** A resized mask has grey edges; every pixel that is not black counts as a hole. */
export function writeMask<Plane extends Float32Array | Uint8Array>(
  mask: Raster,
  values: { readonly hole: number; readonly kept: number },
  plane: Plane,
): void {
  for (let pixel = 0; pixel < plane.length; pixel++) {
    plane[pixel] = mask.data[pixel] ? values.hole : values.kept;
  }
}

/** Planes of bytes to a picture. */
export function pixelsOfBytes(planes: Uint8Array): Uint8Array {
  const size = planes.length / 3;
  const pixels = new Uint8Array(planes.length);
  for (let pixel = 0, to = 0; pixel < size; pixel++, to += 3) {
    pixels[to] = planes[pixel] ?? 0;
    pixels[to + 1] = planes[pixel + size] ?? 0;
    pixels[to + 2] = planes[pixel + 2 * size] ?? 0;
  }
  return pixels;
}

/**
 * Planes of 0 to `light` to a picture: clipped and rounded down, in single precision. Fails with
 * `model_failed` when a sample is no number: clipping would paint it black. Infinities are clipped.
 */
export function pixelsOfFloats(planes: Float32Array, light: 1 | 255): Uint8Array {
  const size = planes.length / 3;
  const scale = 255 / light;
  const pixels = new Uint8Array(planes.length);
  let sum = 0;
  for (let pixel = 0, to = 0; pixel < size; pixel++, to += 3) {
    const red = planes[pixel] ?? 0;
    const green = planes[pixel + size] ?? 0;
    const blue = planes[pixel + 2 * size] ?? 0;
    pixels[to] = Math.max(0, Math.min(255, Math.fround(red * scale)));
    pixels[to + 1] = Math.max(0, Math.min(255, Math.fround(green * scale)));
    pixels[to + 2] = Math.max(0, Math.min(255, Math.fround(blue * scale)));
    sum += red + green + blue;
  }
  // A sum of numbers is no number only where infinities of both signs meet in it.
  if (!Number.isNaN(sum) || !planes.some(Number.isNaN)) return pixels;
  const at = planes.findIndex((value) => Number.isNaN(value)) % size;
  throw new Failure("model_failed", `its output is not a number (NaN) at pixel ${at} of ${size}`);
}
