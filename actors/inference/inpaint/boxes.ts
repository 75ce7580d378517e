// Pure. Finds the boxes around the separate holes of a mask.
//
// A hole is a set of pixels above 127 that touch at a side or a corner. A hole that lies wholly
// inside the ring of another has no box of its own, since the ring's box holds it:
//
//   ■■■■■      ■■■■■            The hole whose first pixel comes last when the mask is read row
//   ■   ■      ■   ■            by row has the first box.
//   ■ ■ ■      ■   ■   ■
//   ■   ■      ■
//   ■■■■■      ■■■■■■
//   one box    two boxes
//
// First everything outside is flooded from the frame. Then rows are read: the first pixel seen of a
// hole is one of its topmost, so the hole lies outside exactly when the pixel above it is flooded.
import { Failure } from "#protocols/failure.ts";
import type { Box, Raster } from "./raster.ts";

const unseen = 0;
const outside = 1;
const hole = 2;
const seenHole = 3;

const threshold = 127;

/** Each is a window of its own with the strategy Crop. More: the mask is refused. */
export const holeBoxesMax = 4_096;

/**
 * Boxes of all holes of a mask of one channel, in the order in which OpenCV lists contours. Fails with
 * `too_large` when there are more than `holeBoxesMax`.
 */
export function holeBoxes(mask: Raster): Box[] {
  const field = fieldOf(mask);
  floodOutside(field);
  const boxes: Box[] = [];
  for (let index = 0; index < field.states.length; index++) {
    if (field.states[index] !== hole) continue;
    const isOutside = field.states[index - field.width] === outside;
    const box = floodHole(field, index);
    if (!isOutside) continue;
    if (boxes.length === holeBoxesMax) throw tooManyHoles();
    boxes.push(box);
  }
  return boxes.reverse();
}

const tooManyHoles = (): Failure =>
  new Failure(
    "too_large",
    `the mask has more than ${holeBoxesMax} separate holes: use the strategy Original or Resize`,
  );

/** The mask's pixels within a frame of one pixel, which makes every neighbour exist. */
interface Field {
  readonly width: number;
  readonly states: Uint8Array;
}

function fieldOf({ width, height, data }: Raster): Field {
  const field = { width: width + 2, states: new Uint8Array((width + 2) * (height + 2)) };
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0, to = (y + 1) * field.width + 1; x < width; x++, from++, to++) {
      if ((data[from] ?? 0) > threshold) field.states[to] = hole;
    }
  }
  return field;
}

// Holes join at corners, so what is outside may not pass between two corners: sides only. By runs of pixels, from
// each to those above and below it. A run may go on from the end of a row to the start of the next: both are frame.
function floodOutside({ width, states }: Field): void {
  const seeds = [0];
  for (let seed = seeds.pop(); seed !== undefined; seed = seeds.pop()) {
    if (states[seed] !== unseen) continue;
    let [first, end] = [seed, seed + 1];
    while (states[first - 1] === unseen) first -= 1;
    while (states[end] === unseen) end += 1;
    states.fill(outside, first, end);
    pushUnseenRuns(states, { first: first - width, end: end - width }, seeds);
    pushUnseenRuns(states, { first: first + width, end: end + width }, seeds);
  }
}

/** The first pixel of each. */
function pushUnseenRuns(
  states: Uint8Array,
  { first, end }: { readonly first: number; readonly end: number },
  seeds: number[],
): void {
  const last = Math.min(end, states.length);
  let isInRun = false;
  for (let at = Math.max(0, first); at < last; at++) {
    const isUnseen = states[at] === unseen;
    if (isUnseen && !isInRun) seeds.push(at);
    isInRun = isUnseen;
  }
}

function floodHole({ width, states }: Field, first: number): Box {
  const steps = [-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1];
  let [left, right, bottom] = [width, 0, 0];
  states[first] = seenHole;
  for (let wave = [first]; wave.length > 0; ) {
    for (const at of wave) {
      const y = Math.floor(at / width);
      left = Math.min(left, at - y * width);
      right = Math.max(right, at - y * width);
      bottom = Math.max(bottom, y);
    }
    wave = spread(states, wave, steps);
  }
  // The frame shifts everything by one; right and bottom are the first outside.
  return { left: left - 1, top: Math.floor(first / width) - 1, right, bottom };
}

// By waves: what waits is never more than the rim of what is flooded.
function spread(states: Uint8Array, wave: readonly number[], steps: readonly number[]): number[] {
  const next: number[] = [];
  for (const at of wave) {
    for (const step of steps) {
      if (states[at + step] !== hole) continue;
      states[at + step] = seenHole;
      next.push(at + step);
    }
  }
  return next;
}
