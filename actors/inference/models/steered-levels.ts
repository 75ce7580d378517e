// Pure. The levels of half and of a quarter of the picture's size, in which edges are carried on. They stand for a
// picture that is a little larger, continued by its edge, so that rows and columns come out even.
import { cellSums, stripeWidth } from "./cell-sums.ts";
import { halved } from "./edge-structure.ts";
import { attribute, type GraphBuilder, type Wire } from "./graph-builder.ts";

/** Pixels of the picture across a cell of the ways. */
export const cellSide = 8;
const tiny = 1e-6;

/** A level of the pyramid: colours [h, w, 3], 0 where unknown, and how much is known [1, 1, h, w]. */
export interface Level {
  readonly colours: Wire;
  readonly known: Wire;
}

/** Of a picture, bytes [h, w, 3], black in its holes, and what is known of it, bytes [h, w], 1 or 0. */
export function steeredLevels(
  builder: GraphBuilder,
  picture: Wire,
  known: Wire,
): readonly [Level, Level] {
  const wide = widened(builder, picture, 3);
  const wideKnown = widened(builder, known, 2);
  const sums = cellSums(builder, wide, [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
  const counts = cellSums(builder, wideKnown, [[1, 1, 1]]);
  const size = (divisor: number) => {
    const sides = builder.node("Shape", [wide], attribute.int("start", 0), attribute.int("end", 2));
    return builder.node("Div", [sides, builder.integers(divisor)]);
  };
  const plane = cellSums(builder, wideKnown, [[1]]);
  const shape = builder.node("Concat", [builder.integers(1, 1), size(2)], attribute.int("axis", 0));
  const one = {
    colours: coloursOf(builder, { sums, counts, size: size(2) }),
    known: builder.node("Reshape", [plane, shape]),
  };
  const means = (rows: Wire) => quarterMeans(builder, rows, size(2));
  const two = {
    colours: coloursOf(builder, { sums: means(sums), counts: means(counts), size: size(4) }),
    known: halved(builder, one.known),
  };
  return [one, two];
}

/** Continued by its edge to whole stripes, and rows of cells, of the steered levels. */
function widened(builder: GraphBuilder, plane: Wire, axes: 2 | 3): Wire {
  const sides = builder.node("Shape", [plane], attribute.int("start", 0), attribute.int("end", 2));
  const missing = builder.node("Mod", [
    builder.node("Sub", [builder.integer(0), sides]),
    builder.integers(cellSide, stripeWidth),
  ]);
  const none = axes === 2 ? builder.integers(0, 0) : builder.integers(0, 0, 0);
  const ends = axes === 2 ? [none, missing] : [none, missing, builder.integers(0)];
  const pads = builder.node("Concat", ends, attribute.int("axis", 0));
  return builder.node("Pad", [plane, pads], attribute.string("mode", "edge"));
}

function coloursOf(
  builder: GraphBuilder,
  of: { readonly sums: Wire; readonly counts: Wire; readonly size: Wire },
): Wire {
  const least = builder.node("Add", [of.counts, builder.number(tiny)]);
  const rows = builder.node("Div", [of.sums, least]);
  const shape = builder.node("Concat", [of.size, builder.integers(3)], attribute.int("axis", 0));
  return builder.node("Reshape", [rows, shape]);
}

/** The mean of each cell of two by two: rows [h * w, 3] to [h / 2 * w / 2, 3]; h and w, `size`, are even. */
function quarterMeans(builder: GraphBuilder, rows: Wire, size: Wire): Wire {
  const length = builder.node("Mul", [
    builder.node("Gather", [size, builder.integers(1)]),
    builder.integers(3),
  ]);
  const shape = builder.node("Concat", [builder.integers(-1, 2), length], attribute.int("axis", 0));
  const lines = builder.node("Reshape", [rows, shape]);
  const down = builder.node(
    "ReduceSum",
    [lines, builder.integers(1)],
    attribute.int("keepdims", 0),
  );
  const pairs = builder.node("Reshape", [down, builder.integers(-1, 6)]);
  const unit = Array.from({ length: 18 }, (_, at) =>
    Math.floor(at / 3) % 3 === at % 3 ? 0.25 : 0,
  );
  const matrix = builder.node("Reshape", [builder.numbers(...unit), builder.integers(6, 3)]);
  return builder.node("MatMul", [pairs, matrix]);
}
