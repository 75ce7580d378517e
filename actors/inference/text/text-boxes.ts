// Pure. From a detector's probability map to boxes around text, in the picture's own coordinates, after
// "Real-time Scene Text Detection with Differentiable Binarization" (Liao et al., 2020): such a network
// marks the core of a line, which its training has shrunk, so a box around the core is grown again.
//
//   map ──► cores above the threshold ──► smallest turned box ──► sure enough? ──► grown ──► box
import type { TextDetection } from "#protocols/tasks/text-detection.ts";
import { type Point, type Size, visitSpans } from "./polygon-spans.ts";
import { type ProbabilityMap, textRegions } from "./text-regions.ts";
import { cornersOf, grown, smallestBox, type TurnedBox } from "./turned-box.ts";

export interface TextBox {
  readonly box: TurnedBox;
  /** Mean probability in the core, 0 to 1. */
  readonly score: number;
}

/** Points of the map: a narrower core is noise, and a narrower box no text. */
const coreBreadthMin = 3;
const boxBreadthMin = 5;

/** The map lies over the whole picture, whatever its own size. Fails with `too_large`. */
export function textBoxes(
  map: ProbabilityMap,
  picture: Size,
  { threshold, boxThreshold, unclipRatio }: TextDetection,
): readonly TextBox[] {
  const scale = { x: picture.width / map.width, y: picture.height / map.height };
  const point = Math.min(scale.x, scale.y);
  return textRegions(map, threshold).flatMap((outline) => {
    const core = smallestBox(outline.map(({ x, y }) => ({ x: x * scale.x, y: y * scale.y })));
    if (shorterSide(core) < coreBreadthMin * point) return [];
    const corners = cornersOf(core).map(({ x, y }) => ({ x: x / scale.x, y: y / scale.y }));
    const score = meanWithin(map, corners);
    if (!(score >= boxThreshold)) return [];
    const box = unclipped(core, unclipRatio);
    return shorterSide(box) < boxBreadthMin * point ? [] : [{ box, score }];
  });
}

export const shorterSide = ({ length, breadth }: TurnedBox): number => Math.min(length, breadth);

function unclipped(core: TurnedBox, ratio: number): TurnedBox {
  const { length, breadth } = core;
  return grown(core, (length * breadth * ratio) / (2 * (length + breadth)));
}

function meanWithin(map: ProbabilityMap, polygon: readonly Point[]): number {
  let [sum, count] = [0, 0];
  visitSpans(polygon, map, (y, from, to) => {
    for (let at = y * map.width + from; at < y * map.width + to; at++) sum += map.data[at] ?? 0;
    count += to - from;
  });
  return count === 0 ? 0 : sum / count;
}
