// Pure. Takes a face out of a picture, turned, moved and sized so that its landmarks lie where networks for
// faces expect them, and lays it back as far as a mask says.
import type { Box, Raster } from "../inpaint/raster.ts";
import type { Point } from "./face-detection.ts";

/** Of an aligned face, both ways. */
export const faceSide = 512;

/** How much of each pixel of an aligned face is seen, 0 to 1; `faceSide` by `faceSide`. */
export type FaceMask = Float32Array;

/** Eyes, nose and mouth of an aligned face, as in FFHQ. */
const wanted: readonly Point[] = [
  { x: 192.98138, y: 239.94708 },
  { x: 318.90277, y: 240.1936 },
  { x: 256.63416, y: 314.01935 },
  { x: 201.26117, y: 371.41043 },
  { x: 313.08905, y: 371.15118 },
];

/** Turns and sizes by (a, b), then moves: x becomes a·x - b·y + right, y becomes b·x + a·y + down. */
export interface Alignment {
  readonly a: number;
  readonly b: number;
  readonly right: number;
  readonly down: number;
}

/** From the picture to the aligned face, with the least squares of distances between landmarks. */
export function alignmentOf(landmarks: readonly Point[]): Alignment {
  const [from, to] = [centreOf(landmarks), centreOf(wanted)];
  let [along, across, spread] = [0, 0, 0];
  for (const [index, { x, y }] of landmarks.entries()) {
    const target = wanted[index] ?? to;
    const [dx, dy, tx, ty] = [x - from.x, y - from.y, target.x - to.x, target.y - to.y];
    along += dx * tx + dy * ty;
    across += dx * ty - dy * tx;
    spread += dx * dx + dy * dy;
  }
  const [a, b] = [along / spread, across / spread];
  return { a, b, right: to.x - a * from.x + b * from.y, down: to.y - b * from.x - a * from.y };
}

const centreOf = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
});

const moved = ({ a, b, right, down }: Alignment, { x, y }: Point): Point => ({
  x: a * x - b * y + right,
  y: b * x + a * y + down,
});

function inverse({ a, b, right, down }: Alignment): Alignment {
  const scale = a * a + b * b;
  const [c, d] = [a / scale, -b / scale];
  return { a: c, b: d, right: d * down - c * right, down: -d * right - c * down };
}

/** Beside the picture. */
const besides = [135, 133, 132] as const;

/** `faceSide` by `faceSide` of an RGB picture. */
export function alignedFace(picture: Raster, alignment: Alignment): Raster {
  const back = inverse(alignment);
  const data = new Uint8Array(faceSide * faceSide * 3);
  for (let y = 0, at = 0; y < faceSide; y++) {
    for (let x = 0; x < faceSide; x++, at += 3) {
      const place = moved(back, { x, y });
      for (let channel = 0; channel < 3; channel++) {
        data[at + channel] = Math.round(sampleAt(picture, place, channel));
      }
    }
  }
  return { width: faceSide, height: faceSide, channels: 3, data };
}

/** Those outside are grey. */
const sampleAt = ({ width, height, data }: Raster, place: Point, channel: number): number =>
  between(place, (column, row) =>
    column < 0 || row < 0 || column >= width || row >= height
      ? (besides[channel] ?? 0)
      : (data[(row * width + column) * 3 + channel] ?? 0),
  );

/** Of four neighbours, each for as much as the place is near it. */
function between({ x, y }: Point, at: (column: number, row: number) => number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [across, down] = [x - left, y - top];
  const above = at(left, top) * (1 - across) + at(left + 1, top) * across;
  const below = at(left, top + 1) * (1 - across) + at(left + 1, top + 1) * across;
  return above * (1 - down) + below * down;
}

/** Lays a face of `faceSide` over the picture that it was taken from, in place. */
export function layFace(
  picture: Raster,
  { face, mask, alignment }: Readonly<{ face: Raster; mask: FaceMask; alignment: Alignment }>,
): void {
  const { width, data } = picture;
  const box = boxOf(picture, inverse(alignment));
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      const place = moved(alignment, { x, y });
      const share = shareAt(mask, place);
      if (share === 0) continue;
      const at = (y * width + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const old = data[at + channel] ?? 0;
        data[at + channel] = Math.round(old + (sampleAt(face, place, channel) - old) * share);
      }
    }
  }
}

/** Nothing outside. */
const shareAt = (mask: FaceMask, place: Point): number =>
  between(place, (column, row) =>
    column < 0 || row < 0 || column >= faceSide || row >= faceSide
      ? 0
      : (mask[row * faceSide + column] ?? 0),
  );

/** Around where the corners of an aligned face lie in the picture. */
function boxOf({ width, height }: Raster, back: Alignment): Box {
  const corners = [0, faceSide].flatMap((x) => [0, faceSide].map((y) => moved(back, { x, y })));
  const xs = corners.map(({ x }) => x);
  const ys = corners.map(({ y }) => y);
  return {
    left: Math.max(0, Math.floor(Math.min(...xs))),
    right: Math.min(width, Math.ceil(Math.max(...xs)) + 1),
    top: Math.max(0, Math.floor(Math.min(...ys))),
    bottom: Math.min(height, Math.ceil(Math.max(...ys)) + 1),
  };
}
