// Pure. A picture in the middle of a larger one, in its own proportions, with black beside it; and back.
import type { Size } from "../inpaint/padding.ts";
import { paste, type Raster } from "../inpaint/raster.ts";
import { linearByteResized } from "./linear-byte-resize.ts";
import type { FinePlane } from "./linear-resize.ts";

export interface Frame extends Size {
  readonly left: number;
  readonly top: number;
}

/** Where a picture comes to lie: as large as it fits, fractions dropped. */
export function boxIn(picture: Size, size: Size): Frame {
  const share = Math.min(size.width / picture.width, size.height / picture.height);
  const fitted = (length: number, most: number) =>
    Math.max(1, Math.min(most, Math.floor(length * share + 1e-9)));
  const width = fitted(picture.width, size.width);
  const height = fitted(picture.height, size.height);
  const middle = (outer: number, inner: number) => Math.floor((outer - inner) / 2);
  return { width, height, left: middle(size.width, width), top: middle(size.height, height) };
}

/** An RGB picture of that size with the picture in the frame, resized as OpenCV resizes bytes. */
export function letterboxed(picture: Raster, frame: Frame, size: Size): Raster {
  const data = new Uint8Array(size.width * size.height * 3);
  const boxed: Raster = { width: size.width, height: size.height, channels: 3, data };
  paste(boxed, linearByteResized(picture, frame), frame);
  return boxed;
}

/** What lies under the frame. */
export function planeUnder(plane: FinePlane, { left, top, width, height }: Frame): FinePlane {
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * plane.width + left;
    data.set(plane.data.subarray(from, from + width), y * width);
  }
  return { width, height, data };
}
