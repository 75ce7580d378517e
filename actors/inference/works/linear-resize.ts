// Pure. Resizes one plane of numbers between the points where OpenCV's INTER_LINEAR takes them: the two
// nearest samples each way, pixel centres aligned, edges repeated, and no smoothing where it shrinks. What it
// gives are fractions; bytes that must be OpenCV's own bit by bit are for linear-byte-resize.ts.
import type { Size } from "../inpaint/padding.ts";

export interface Plane extends Size {
  readonly data: Float32Array;
}

export interface FinePlane extends Size {
  readonly data: Float32Array;
}

export function linearlyResized({ width, height, data }: Plane, size: Size): FinePlane {
  const result = new Float32Array(size.width * size.height);
  const columns = taps(width, size.width);
  const rows = taps(height, size.height);
  let at = 0;
  for (const { first: top, second: bottom, share: down } of rows) {
    for (const { first: left, second: right, share: across } of columns) {
      const above = mixed(data[top * width + left], data[top * width + right], across);
      const below = mixed(data[bottom * width + left], data[bottom * width + right], across);
      result[at++] = mixed(above, below, down);
    }
  }
  return { ...size, data: result };
}

interface Tap {
  readonly first: number;
  readonly second: number;
  /** Of the second. */
  readonly share: number;
}

function taps(from: number, to: number): readonly Tap[] {
  const last = from - 1;
  return Array.from({ length: to }, (_, index) => {
    const place = Math.min(last, Math.max(0, ((index + 0.5) * from) / to - 0.5));
    const first = Math.floor(place);
    return { first, second: Math.min(last, first + 1), share: place - first };
  });
}

const mixed = (a = 0, b = 0, share: number): number => a + (b - a) * share;
