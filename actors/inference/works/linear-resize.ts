// Pure. Resizes one plane of numbers as OpenCV's INTER_LINEAR does, bit by bit: the two nearest samples each
// way, pixel centres aligned, edges repeated, no smoothing where it shrinks but for one case, and all in single
// precision. What it gives are fractions; bytes have a way of their own, in linear-byte-resize.ts.
import type { Size } from "../inpaint/padding.ts";

export interface Plane extends Size {
  readonly data: Float32Array;
}

export interface FinePlane extends Size {
  readonly data: Float32Array;
}

export function linearlyResized(plane: Plane, size: Size): FinePlane {
  const { width, height, data } = plane;
  if (width === 2 * size.width && height === 2 * size.height) return cellMeans(plane, size);
  const result = new Float32Array(size.width * size.height);
  const columns = taps(width, size.width).map((tap) => atEdge(tap, width - 1));
  let at = 0;
  for (const { first, second, share: down } of taps(height, size.height)) {
    const [top, bottom] = [first * width, second * width];
    for (const { first: left, second: right, share: across } of columns) {
      const above = mixed(data[top + left], data[top + right], across);
      const below = mixed(data[bottom + left], data[bottom + right], across);
      result[at++] = mixed(above, below, down);
    }
  }
  return { ...size, data: result };
}

const f = Math.fround;
const mixed = (a = 0, b = 0, share: number): number => f(f(a * f(1 - share)) + f(b * share));

/** What OpenCV does at half the size each way. */
function cellMeans({ width, data }: Plane, size: Size): FinePlane {
  const result = new Float32Array(size.width * size.height);
  for (let y = 0, at = 0; y < size.height; y++) {
    for (let x = 0, from = 2 * y * width; x < size.width; x++, from += 2) {
      const [a = 0, b = 0] = [data[from], data[from + 1]];
      const [c = 0, d = 0] = [data[from + width], data[from + width + 1]];
      result[at++] = f(f(f(f(a + b) + c) + d) / 4);
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
  const scale = 1 / (to / from);
  const inside = (index: number) => Math.min(from - 1, Math.max(0, index));
  return Array.from({ length: to }, (_, index) => {
    const place = f((index + 0.5) * scale - 0.5);
    const first = Math.floor(place);
    return { first: inside(first), second: inside(first + 1), share: f(place - first) };
  });
}

/** Along a row a sample that is repeated is taken once; of rows shares of both are added, and rounded. */
const atEdge = (tap: Tap, last: number): Tap =>
  tap.first === tap.second || tap.first === last ? { ...tap, share: 0 } : tap;
