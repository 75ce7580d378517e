// Pure. The frames of a picture that is wiped over another one and back, with a coloured line at the edge:
//
//   1  after              50  before moves in from the right, over after
//   30 before             50  after moves in from the left, over before
//   30 after
//
// The order, the counts, the line and the pace, which is all but even, are those of Lama Cleaner's MakeGIF.
import type { Raster } from "../inpaint/raster.ts";

const wipeFrames = 50;
const pauseFrames = 30;
export const frameCount = 1 + 2 * (wipeFrames + pauseFrames);
export const frameDelayMs = 20;

const lineColour = [255, 203, 0] as const;
/** Pixels on each side of the edge's own column. */
const lineReach = 2;

/** How far the edge has come at that share of the time; both from 0 to 1. */
export function edgeAt(time: number): number {
  const rest = 1 - time;
  return 3 * rest * rest * time * 0.33 + 3 * rest * time * time * 0.66 + time ** 3;
}

/** All frames one below the other. Both pictures are RGB, of one size. */
export function wipedFrames(before: Raster, after: Raster): Uint8Array {
  const { width } = before;
  const frameBytes = before.data.length;
  const data = new Uint8Array(frameCount * frameBytes);
  let at = 0;
  const add = (paint: (frame: Uint8Array) => void): void => {
    paint(data.subarray(at * frameBytes, (at + 1) * frameBytes));
    at += 1;
  };
  const edgeOf = (step: number): number => Math.floor(edgeAt(step / wipeFrames) * width);
  add((frame) => frame.set(after.data));
  for (let index = 0; index < wipeFrames; index++) {
    const hasLine = index < wipeFrames - 1;
    add((frame) => paint(frame, { before, after, edge: edgeOf(wipeFrames - index), hasLine }));
  }
  for (let index = 0; index < pauseFrames; index++) add((frame) => frame.set(before.data));
  for (let index = 0; index < wipeFrames; index++) {
    const hasLine = index < wipeFrames - 1;
    add((frame) => paint(frame, { before, after, edge: edgeOf(index), hasLine }));
  }
  for (let index = 0; index < pauseFrames; index++) add((frame) => frame.set(after.data));
  return data;
}

interface Wipe {
  readonly before: Raster;
  readonly after: Raster;
  /** Columns from the left that show `after`. */
  readonly edge: number;
  readonly hasLine: boolean;
}

function paint(frame: Uint8Array, { before, after, edge, hasLine }: Wipe): void {
  const { width, height } = before;
  const left = Math.max(0, edge - lineReach);
  const right = Math.min(width, edge + lineReach + 1);
  for (let y = 0; y < height; y++) {
    const row = y * width * 3;
    const middle = row + edge * 3;
    frame.set(after.data.subarray(row, middle), row);
    frame.set(before.data.subarray(middle, row + width * 3), middle);
    if (!hasLine) continue;
    for (let x = left; x < right; x++) frame.set(lineColour, row + x * 3);
  }
}
