// Pure. A rectangle that may be turned, and the smallest one around points: one of its sides lies on a side
// of their convex hull (Freeman and Shapira, 1975), so each of these is tried.
import type { Point } from "./polygon-spans.ts";

export interface TurnedBox {
  readonly centre: Point;
  /** Along the direction. */
  readonly length: number;
  /** Across it. */
  readonly breadth: number;
  /** Of unit length. */
  readonly direction: Point;
}

/** Around at least one point. */
export function smallestBox(points: readonly Point[]): TurnedBox {
  const hull = convexHull(points);
  let best: TurnedBox | undefined;
  let from = hull.at(-1);
  for (const to of hull) {
    const direction = from === undefined ? undefined : directionOf(from, to);
    from = to;
    if (direction === undefined) continue;
    const box = boxAlong(hull, direction);
    if (best === undefined || box.length * box.breadth < best.length * best.breadth) best = box;
  }
  return best ?? boxAlong(hull, { x: 1, y: 0 });
}

/** The same box with each of its sides moved outwards. */
export const grown = (box: TurnedBox, by: number): TurnedBox => ({
  ...box,
  length: box.length + 2 * by,
  breadth: box.breadth + 2 * by,
});

/** Clockwise on the screen, from the one that is nearest to the left top. */
export function cornersOf({ centre, length, breadth, direction }: TurnedBox): readonly Point[] {
  const along = { x: (direction.x * length) / 2, y: (direction.y * length) / 2 };
  const across = { x: (-direction.y * breadth) / 2, y: (direction.x * breadth) / 2 };
  const corners = [
    { x: centre.x - along.x - across.x, y: centre.y - along.y - across.y },
    { x: centre.x + along.x - across.x, y: centre.y + along.y - across.y },
    { x: centre.x + along.x + across.x, y: centre.y + along.y + across.y },
    { x: centre.x - along.x + across.x, y: centre.y - along.y + across.y },
  ];
  const sums = corners.map(({ x, y }) => x + y);
  const first = sums.indexOf(Math.min(...sums));
  return [...corners.slice(first), ...corners.slice(0, first)];
}

/** Andrew's monotone chain, 1979. */
export function convexHull(points: readonly Point[]): readonly Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const lower = chainOf(sorted);
  const upper = chainOf(sorted.reverse());
  return [...lower.slice(0, -1), ...upper.slice(0, -1)];
}

function chainOf(sorted: readonly Point[]): readonly Point[] {
  const chain: Point[] = [];
  for (const point of sorted) {
    for (;;) {
      const [before, last] = chain.slice(-2);
      if (before === undefined || last === undefined || turn(before, last, point) > 0) break;
      chain.pop();
    }
    chain.push(point);
  }
  return chain.length === 1 ? [...chain, ...chain] : chain;
}

/** Above 0: the way from `a` over `b` to `c` turns to the right on the screen. */
const turn = (a: Point, b: Point, c: Point): number =>
  (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);

function directionOf(from: Point, to: Point): Point | undefined {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  return length === 0 ? undefined : { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
}

function boxAlong(hull: readonly Point[], direction: Point): TurnedBox {
  const along = reach(hull, direction);
  const across = reach(hull, { x: -direction.y, y: direction.x });
  const [u, v] = [(along.least + along.most) / 2, (across.least + across.most) / 2];
  return {
    centre: { x: u * direction.x - v * direction.y, y: u * direction.y + v * direction.x },
    length: along.most - along.least,
    breadth: across.most - across.least,
    direction,
  };
}

function reach(points: readonly Point[], axis: Point): { least: number; most: number } {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { x, y } of points) {
    const at = x * axis.x + y * axis.y;
    least = Math.min(least, at);
    most = Math.max(most, at);
  }
  return { least, most };
}
