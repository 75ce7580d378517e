// Pure. A picture in the middle of a larger one, in its own proportions, with black beside it; and back.
import type { Size } from "../inpaint/padding.ts";
import type { Raster } from "../inpaint/raster.ts";
import { type FinePlane, linearlyResized } from "./linear-resize.ts";

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

/** An RGB picture of that size with the picture in the frame, resized linearly and rounded. */
export function letterboxed(picture: Raster, frame: Frame, size: Size): Raster {
  const data = new Uint8Array(size.width * size.height * 3);
  const { width, height } = picture;
  for (let channel = 0; channel < 3; channel++) {
    const plane = new Uint8Array(width * height);
    for (let pixel = 0; pixel < plane.length; pixel++) {
      plane[pixel] = picture.data[pixel * 3 + channel] ?? 0;
    }
    const resized = linearlyResized({ width, height, data: plane }, frame).data;
    let from = 0;
    for (let y = frame.top; y < frame.top + frame.height; y++) {
      for (let x = frame.left; x < frame.left + frame.width; x++) {
        data[(y * size.width + x) * 3 + channel] = Math.round(resized[from++] ?? 0);
      }
    }
  }
  return { ...size, channels: 3, data };
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
