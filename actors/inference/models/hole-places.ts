// Pure. Where the holes of a mask are. Looking at every pixel by itself is slow, so blocks of them are summed
// first, all in one product, and only blocks that hold a hole are looked into.
import { attribute, type GraphBuilder, type Wire } from "./graph-builder.ts";

/** Pixels in a block. */
const blockSize = 64;
const int32 = attribute.int("to", 6);
const int64 = attribute.int("to", 7);

/** The holes of a plane, row by row. */
export interface HolePlaces {
  /** Counted row by row, int32 [N]. */
  readonly places: Wire;
  /** Rows and columns, int32 [N]. */
  readonly y: Wire;
  readonly x: Wire;
}

/** Of a mask, bytes [h, w], above 0 a hole, at most 2^31 pixels. */
export function holePlaces(builder: GraphBuilder, mask: Wire): HolePlaces {
  const blocks = blocksOf(builder, mask);
  const ones = builder.node("Expand", [builder.integer(1), builder.integers(blockSize, 1)]);
  const weights = builder.node("Cast", [ones], attribute.int("to", 3));
  const sums = builder.node("MatMulInteger", [blocks, weights]);
  const holed = nonZero(builder, sums);
  const places = nonZero(builder, builder.node("Gather", [blocks, holed]));
  // A place among the holed blocks, moved on by the blocks left out before it.
  const at = builder.node("Cast", [places], int32);
  const block = builder.node("Div", [at, int32Of(builder, blockSize)]);
  const ids = builder.node("Cast", [holed], int32);
  const ranks = builder.node("Range", [
    int32Of(builder, 0),
    sideOf(builder, ids, 0),
    int32Of(builder, 1),
  ]);
  const leftOut = builder.node("Sub", [ids, ranks]);
  const moves = builder.node("Mul", [leftOut, int32Of(builder, blockSize)]);
  const moved = builder.node("Add", [at, builder.node("GatherElements", [moves, block])]);
  return pixelsOf(builder, moved, sideOf(builder, mask, 1));
}

/** Of places, int32 [N], in a plane whose rows are `width` (int32) long. */
export function pixelsOf(builder: GraphBuilder, places: Wire, width: Wire): HolePlaces {
  const y = builder.node("Div", [places, width]);
  return { places, y, x: builder.node("Sub", [places, builder.node("Mul", [y, width])]) };
}

/** Where a plane is not 0, row by row: int64 [N]. */
export function nonZero(builder: GraphBuilder, plane: Wire): Wire {
  const line = builder.node("Reshape", [plane, builder.integers(-1)]);
  return builder.node("Squeeze", [builder.node("NonZero", [line]), builder.integers(0)]);
}

/**
 * The rows and columns from the first to the last hole, and around them half of what these span and
 * `margin` more: where they begin, a multiple of `cell`, and end, perhaps beyond the plane; int64 [2] each.
 */
export function spanOf(
  builder: GraphBuilder,
  { y, x }: Pick<HolePlaces, "y" | "x">,
  { margin, cell }: { readonly margin: number; readonly cell: number },
): { readonly from: Wire; readonly to: Wire } {
  const ends = (extreme: "ReduceMin" | "ReduceMax") => {
    const both = [y, x].map((wire) => {
      const end = builder.node(extreme, [orZero(builder, wire)]);
      return builder.node("Cast", [end], int64);
    });
    return builder.node("Concat", both, attribute.int("axis", 0));
  };
  const [first, last] = [ends("ReduceMin"), ends("ReduceMax")];
  const half = builder.node("Div", [builder.node("Sub", [last, first]), builder.integer(2)]);
  const around = builder.node("Add", [half, builder.integer(margin)]);
  const start = builder.node("Max", [builder.node("Sub", [first, around]), builder.integer(0)]);
  const cells = builder.node("Div", [start, builder.integer(cell)]);
  const beyond = builder.node("Add", [around, builder.integer(1)]);
  return {
    from: builder.node("Mul", [cells, builder.integer(cell)]),
    to: builder.node("Add", [last, beyond]),
  };
}

/** With its first element once more, or with 0 where it has none: there is always something to compare. */
function orZero(builder: GraphBuilder, wire: Wire): Wire {
  const axis = attribute.int("axis", 0);
  const head = (of: Wire) => builder.node("Slice", [of, builder.integers(0), builder.integers(1)]);
  const zero = builder.node("Cast", [builder.integers(0)], int32);
  const spare = head(builder.node("Concat", [head(wire), zero], axis));
  return builder.node("Concat", [wire, spare], axis);
}

/** Bytes [M, blockSize], the last block filled up with 0. */
function blocksOf(builder: GraphBuilder, mask: Wire): Wire {
  const line = builder.node("Reshape", [mask, builder.integers(-1)]);
  const size = builder.node("Shape", [line]);
  const missing = builder.node("Mod", [
    builder.node("Sub", [builder.integer(0), size]),
    builder.integers(blockSize),
  ]);
  const pads = builder.node("Concat", [builder.integers(0), missing], attribute.int("axis", 0));
  return builder.node("Reshape", [
    builder.node("Pad", [line, pads]),
    builder.integers(-1, blockSize),
  ]);
}

/** A side of a tensor: int32. */
export function sideOf(builder: GraphBuilder, wire: Wire, axis: number): Wire {
  const range = [attribute.int("start", axis), attribute.int("end", axis + 1)];
  const side = builder.node("Squeeze", [builder.node("Shape", [wire], ...range)]);
  return builder.node("Cast", [side], int32);
}

export const int32Of = (builder: GraphBuilder, value: number): Wire =>
  builder.node("Cast", [builder.integer(value)], int32);
