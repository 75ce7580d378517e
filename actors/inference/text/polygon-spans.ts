// Pure. The pixels that a convex polygon touches, row by row:
//
//        ╱╲            row 2:  from 3 to 6
//      ╱    ╲          row 3:  from 1 to 8
//     ╲    ╱           …
//       ╲╱
//
// Within a row the polygon lies between the leftmost and the rightmost of its edges' parts there.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pixels `from` up to, not including, `to` of the row `y`. */
export type VisitSpan = (y: number, from: number, to: number) => void;

/** Visits the spans within the picture from top to bottom; none is empty. */
export function visitSpans(polygon: readonly Point[], size: Size, visit: VisitSpan): void {
  let [top, bottom] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { y } of polygon) {
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  const end = Math.min(size.height, Math.ceil(bottom));
  for (let y = Math.max(0, Math.floor(top)); y < end; y++) {
    const [left, right] = reachWithin(polygon, y, y + 1);
    const from = Math.max(0, Math.floor(left));
    const to = Math.min(size.width, Math.ceil(right));
    if (from < to) visit(y, from, to);
  }
}

function reachWithin(
  polygon: readonly Point[],
  upper: number,
  lower: number,
): readonly [left: number, right: number] {
  let [left, right] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let from = polygon.at(-1);
  for (const to of polygon) {
    if (from !== undefined && Math.max(from.y, to.y) >= upper && Math.min(from.y, to.y) <= lower) {
      for (const y of [upper, lower]) {
        const x = crossing(from, to, y);
        left = Math.min(left, x);
        right = Math.max(right, x);
      }
    }
    from = to;
  }
  return [left, right];
}

/** Where the edge meets the height, or its end that is nearest to it; of a level edge, its start. */
function crossing(from: Point, to: Point, y: number): number {
  const rise = to.y - from.y;
  if (rise === 0) return from.x;
  const share = Math.min(1, Math.max(0, (y - from.y) / rise));
  return from.x + share * (to.x - from.x);
}
