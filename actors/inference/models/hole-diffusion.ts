// Pure. Diffusion on the pixels of the holes alone: a list of them instead of planes, so that the time
// follows the holes and not the picture.
//
//   hole pixel   0    1    2   …   N-1      its row and column, from the plane of holes
//   near         4 pixels around each       as places in the plane (beyond its edge, the last pixel)
//   rank         4 places in the list       of those that are holes themselves
//   state        N x 3                      the colours so far
//   fixed        N x 3                      what the known ones of the four add, the same in each sweep
//
// A sweep: state = fixed + sum over the four of share * state[rank]. The four are the neighbours ahead
// and behind in the two directions in which the picture changes least: few, so that an edge is carried
// on sharply, and two, so that it may run between the directions.
import { directions } from "./edge-structure.ts";
import { attribute, type GraphBuilder, graphFunction, type Wire } from "./graph-builder.ts";
import type { OnnxFunction } from "./onnx-encoding.ts";

/** Directions that a pixel takes its colour from. */
const wayCount = 2;
/** Colour change, on a scale of 0..1, that a neighbour one pixel farther away must make up for. */
const distanceCost = 0.01;
/** How much of its last step a colour goes on with: as good as twice as many sweeps. */
const momentum = 0.5;

const int32 = attribute.int("to", 6);
const float32 = attribute.int("to", 1);

/** Colours [1, 3, h, w] with 0 in the holes, whatever stood there. Inputs: colour; hole [1, 1, h, w]. */
export function emptied(domain: string): OnnxFunction {
  return graphFunction({
    domain,
    name: "Empty",
    inputs: ["colour", "hole"],
    body(builder, colour, hole) {
      const own = placesOf(builder, hole, pixelsOf(builder, hole));
      const each = builder.node("Expand", [own, builder.integers(3, 1)]);
      const columns = builder.node("Expand", [builder.number(0), shapeOf(builder, each)]);
      return placed(builder, colour, { own, columns });
    },
  });
}

/**
 * The function that fills the holes of a level. Inputs: target [1, 3, …], the picture to put them into,
 * and corner, int32 [2], where in it the level begins; colour [1, 3, h, w], 0 in the holes; hole
 * [1, 1, h, w], true or false; coarse, the next level without holes, [1, 3, h / 2, w / 2]; change
 * [1, 8, h / scale, w / scale], how much the picture changes in each direction. All rounded up.
 */
export function holeDiffusion(shape: {
  readonly domain: string;
  readonly name: string;
  readonly sweepCount: number;
  /** Pixels of this level across one cell of `change`. */
  readonly scale: number;
}): OnnxFunction {
  const { domain, name, scale, sweepCount } = shape;
  return graphFunction({
    domain,
    name,
    inputs: ["target", "corner", "colour", "hole", "coarse", "change"],
    body(builder, target, corner, colour, hole, coarse, change) {
      const pixels = pixelsOf(builder, hole);
      const own = placesOf(builder, hole, pixels);
      const { shares, which } = evenWays(builder, changeAt(builder, change, { pixels, scale }));
      const near = nearPlaces(builder, hole, { pixels, which });
      const known = builder.node("Mul", [planesAt(builder, colour, near), shares]);
      const fixed = builder.node("Transpose", [sumOver(builder, known, 1)]);
      const rank = ranksAt(builder, hole, { own, near });
      const isKnown = builder.node("Less", [rank, int32Of(builder, 0)]);
      const open = thrice(builder, builder.node("Where", [isKnown, builder.number(0), shares]));
      // What is known has no share in the sum, so any place will do.
      const place = builder.node("Max", [rank, int32Of(builder, 0)]);
      const start = builder.node("Transpose", [enlargedAt(builder, coarse, pixels)]);
      const sweep = (state: Wire) => {
        const seen = builder.node("Mul", [builder.node("Gather", [state, place]), open]);
        return builder.node("Add", [sumOver(builder, seen, 0), fixed]);
      };
      const state = swept(builder, { start, sweep, count: sweepCount });
      const cut = builder.node("Clip", [state, builder.number(0), builder.number(1)]);
      const columns = builder.node("Transpose", [cut]);
      const shifted = (wire: Wire, index: number) =>
        builder.node("Add", [wire, builder.node("Gather", [corner, builder.integers(index)])]);
      const there = { y: shifted(pixels.y, 0), x: shifted(pixels.x, 1) };
      return placed(builder, target, { own: placesOf(builder, target, there), columns });
    },
  });
}

function swept(
  builder: GraphBuilder,
  how: {
    readonly start: Wire;
    readonly sweep: (state: Wire) => Wire;
    readonly count: number;
  },
): Wire {
  let previous = how.start;
  let state = how.sweep(previous);
  for (let turn = 1; turn < how.count; turn++) {
    const step = builder.node("Sub", [state, previous]);
    previous = state;
    const onward = builder.node("Mul", [step, builder.number(momentum)]);
    state = builder.node("Add", [how.sweep(state), onward]);
  }
  return state;
}

interface Pixels {
  /** Rows and columns, int32 [a, N]. */
  readonly y: Wire;
  readonly x: Wire;
}

function pixelsOf(builder: GraphBuilder, hole: Wire): Pixels {
  const plane = builder.node("Squeeze", [hole, builder.integers(0, 1)]);
  const at = builder.node("Cast", [builder.node("NonZero", [plane])], int32);
  const row = (index: number) => builder.node("Gather", [at, builder.integers(index)]);
  return { y: row(0), x: row(1) };
}

function changeAt(
  builder: GraphBuilder,
  change: Wire,
  { pixels, scale }: { readonly pixels: Pixels; readonly scale: number },
): Wire {
  const cell = (wire: Wire) => builder.node("Div", [wire, int32Of(builder, scale)]);
  const places = placesOf(builder, change, { y: cell(pixels.y), x: cell(pixels.x) });
  return builder.node("Squeeze", [planesAt(builder, change, places), builder.integers(1)]);
}

/** The directions of least change [2, N], and the shares of their neighbours ahead and behind [4, N]. */
function evenWays(builder: GraphBuilder, change: Wire) {
  const distances = directions.map(({ dy, dx }) => distanceCost * Math.hypot(dy, dx));
  const cost = builder.node("Add", [change, floatColumn(builder, ...distances)]);
  const top = [attribute.int("axis", 0), attribute.int("largest", 0), attribute.int("sorted", 0)];
  const [least, which] = builder.pair("TopK", [cost, builder.integers(wayCount)], ...top);
  const squared = builder.node("Mul", [least, least]);
  const fifth = builder.node("Mul", [builder.node("Mul", [squared, squared]), least]);
  const attraction = builder.node("Reciprocal", [fifth]);
  const all = builder.node("ReduceSum", [attraction, builder.integers(0)]);
  const half = builder.node("Div", [builder.number(0.5), all]);
  const share = builder.node("Mul", [attraction, half]);
  return { shares: builder.node("Concat", [share, share], attribute.int("axis", 0)), which };
}

function nearPlaces(
  builder: GraphBuilder,
  plane: Wire,
  { pixels, which }: { readonly pixels: Pixels; readonly which: Wire },
): Wire {
  const moved = (from: Wire, steps: readonly number[]) => {
    const row = builder.node("Cast", [builder.integers(...steps)], int32);
    const step = builder.node("Gather", [row, which]);
    const [ahead, behind] = [builder.node("Add", [from, step]), builder.node("Sub", [from, step])];
    return builder.node("Concat", [ahead, behind], attribute.int("axis", 0));
  };
  const y = directions.map(({ dy }) => dy);
  const x = directions.map(({ dx }) => dx);
  return placesOf(builder, plane, { y: moved(pixels.y, y), x: moved(pixels.x, x) });
}

/** Rows and columns as places in the plane, kept inside it: [a, N]. */
function placesOf(builder: GraphBuilder, plane: Wire, { y, x }: Pixels): Wire {
  const height = lengthOf(builder, plane, 2);
  const width = lengthOf(builder, plane, 3);
  const inside = (wire: Wire, length: Wire) => {
    const last = builder.node("Sub", [length, int32Of(builder, 1)]);
    return builder.node("Clip", [wire, int32Of(builder, 0), last]);
  };
  const rows = builder.node("Mul", [inside(y, height), width]);
  return builder.node("Add", [rows, inside(x, width)]);
}

/** The values of planes [1, c, h, w] at places [a, N]: [c, a, N]. */
const planesAt = (builder: GraphBuilder, planes: Wire, places: Wire): Wire =>
  builder.node("Gather", [flat(builder, planes), places], attribute.int("axis", 1));

/** Where the places stand in the list of holes, -1 for those that are known. */
function ranksAt(
  builder: GraphBuilder,
  plane: Wire,
  { own, near }: { readonly own: Wire; readonly near: Wire },
): Wire {
  const list = builder.node("Squeeze", [own, builder.integers(0)]);
  const count = builder.node("Size", [list]);
  const [zero, one] = [builder.integer(0), builder.integer(1)];
  const ranks = builder.node("Cast", [builder.node("Range", [zero, count, one])], int32);
  const size = builder.node("Unsqueeze", [builder.node("Size", [plane]), builder.integers(0)]);
  const none = builder.node("Expand", [int32Of(builder, -1), size]);
  const table = builder.node("ScatterElements", [none, list, ranks]);
  return builder.node("Gather", [table, near]);
}

/** The coarser level, enlarged by linear interpolation, at the hole pixels alone: [3, N]. */
function enlargedAt(builder: GraphBuilder, coarse: Wire, { y, x }: Pixels): Wire {
  // Between the cells of (y - 1) / 2 and (y + 1) / 2; the nearer one has three quarters.
  const [rowEnds, columnEnds] = [
    [-1, -1, 1, 1],
    [-1, 1, -1, 1],
  ] as const;
  const cells = (wire: Wire, ends: readonly number[]) => {
    const steps = builder.node("Cast", [column(builder, ...ends)], int32);
    return builder.node("Div", [builder.node("Add", [wire, steps]), int32Of(builder, 2)]);
  };
  const weights = (wire: Wire, ends: readonly number[]) => {
    const odd = builder.node("Cast", [builder.node("Mod", [wire, int32Of(builder, 2)])], float32);
    const slopes = floatColumn(builder, ...ends.map((end) => -end / 2));
    const bases = floatColumn(builder, ...ends.map((end) => 0.5 + end / 4));
    return builder.node("Add", [builder.node("Mul", [odd, slopes]), bases]);
  };
  const places = placesOf(builder, coarse, { y: cells(y, rowEnds), x: cells(x, columnEnds) });
  const four = builder.node("Mul", [weights(y, rowEnds), weights(x, columnEnds)]);
  return sumOver(builder, builder.node("Mul", [planesAt(builder, coarse, places), four]), 1);
}

/** The picture with columns [3, N] at their places [1, N]. */
function placed(
  builder: GraphBuilder,
  picture: Wire,
  { own, columns }: { readonly own: Wire; readonly columns: Wire },
): Wire {
  const each = builder.node("Expand", [own, shapeOf(builder, columns)]);
  const axis = attribute.int("axis", 1);
  const filled = builder.node("ScatterElements", [flat(builder, picture), each, columns], axis);
  return builder.node("Reshape", [filled, shapeOf(builder, picture)]);
}

/** [4, N] as [4, N, 3], a share for each colour. */
function thrice(builder: GraphBuilder, shares: Wire): Wire {
  const one = builder.node("Unsqueeze", [shares, builder.integers(2)]);
  return builder.node("Concat", [one, one, one], attribute.int("axis", 2));
}

const flat = (builder: GraphBuilder, planes: Wire): Wire =>
  builder.node("Flatten", [planes], attribute.int("axis", 2));

const sumOver = (builder: GraphBuilder, wire: Wire, axis: number): Wire =>
  builder.node("ReduceSum", [wire, builder.integers(axis)], attribute.int("keepdims", 0));

const shapeOf = (builder: GraphBuilder, wire: Wire): Wire => builder.node("Shape", [wire]);

function lengthOf(builder: GraphBuilder, wire: Wire, axis: number): Wire {
  const range = [attribute.int("start", axis), attribute.int("end", axis + 1)];
  const length = builder.node("Squeeze", [builder.node("Shape", [wire], ...range)]);
  return builder.node("Cast", [length], int32);
}

const int32Of = (builder: GraphBuilder, value: number): Wire =>
  builder.node("Cast", [builder.integer(value)], int32);

const column = (builder: GraphBuilder, ...values: number[]): Wire =>
  builder.node("Unsqueeze", [builder.integers(...values), builder.integers(1)]);

const floatColumn = (builder: GraphBuilder, ...values: number[]): Wire =>
  builder.node("Unsqueeze", [builder.numbers(...values), builder.integers(1)]);
