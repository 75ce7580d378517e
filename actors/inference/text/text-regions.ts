// Pure. The separate regions of a probability map: sets of points at or above a threshold that touch at a
// side or a corner. Of each only the outline is kept, as the reach of its rows, which is all that a box
// around it needs.
import { Failure } from "#protocols/failure.ts";
import type { Point, Size } from "./polygon-spans.ts";

export interface ProbabilityMap extends Size {
  /** Row by row, 0 to 1. */
  readonly data: Float32Array;
}

/** As many as a repair takes holes. */
export const regionsMax = 4_096;

/** Corners of the first and the last pixel of each row of a region: its convex hull is theirs. */
export type RegionOutline = readonly Point[];

/** In the order of their first pixels, read row by row. Fails with `too_large` above `regionsMax`. */
export function textRegions(map: ProbabilityMap, threshold: number): readonly RegionOutline[] {
  const { width, height, data } = map;
  // A frame of one point makes every neighbour exist.
  const stride = width + 2;
  const states = new Uint8Array(stride * (height + 2));
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0, to = (y + 1) * stride + 1; x < width; x++, from++, to++) {
      if ((data[from] ?? 0) >= threshold) states[to] = 1;
    }
  }
  const outlines: RegionOutline[] = [];
  for (let at = states.indexOf(1); at >= 0; at = states.indexOf(1, at)) {
    if (outlines.length === regionsMax) throw tooMany(threshold);
    outlines.push(outlineOf(flood(states, stride, at), stride));
  }
  return outlines;
}

const tooMany = (threshold: number): Failure =>
  new Failure(
    "too_large",
    `more than ${regionsMax} places look like text at the threshold ${threshold}: raise it, or lower limitSide`,
  );

/** Indices of the region's points, which are taken out of the states. */
function flood(states: Uint8Array, stride: number, first: number): readonly number[] {
  const steps = [-stride - 1, -stride, -stride + 1, -1, 1, stride - 1, stride, stride + 1];
  const points = [first];
  states[first] = 0;
  for (let next = 0; next < points.length; next++) {
    const at = points[next] ?? 0;
    for (const step of steps) {
      if (states[at + step] !== 1) continue;
      states[at + step] = 0;
      points.push(at + step);
    }
  }
  return points;
}

function outlineOf(points: readonly number[], stride: number): RegionOutline {
  const rows = new Map<number, { left: number; right: number }>();
  for (const at of points) {
    const y = Math.floor(at / stride) - 1;
    const x = (at % stride) - 1;
    const row = rows.get(y);
    if (row === undefined) rows.set(y, { left: x, right: x });
    else {
      row.left = Math.min(row.left, x);
      row.right = Math.max(row.right, x);
    }
  }
  return [...rows].flatMap(([y, { left, right }]) => [
    { x: left, y },
    { x: left, y: y + 1 },
    { x: right + 1, y },
    { x: right + 1, y: y + 1 },
  ]);
}
