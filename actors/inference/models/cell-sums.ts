// Pure. Sums of bytes over cells of two by two pixels, many cells at a time: a stripe of the picture, two
// rows high, times a matrix of zeros and ones. Processors multiply bytes into whole numbers several times
// as fast as they could even turn the picture into floats, and the sums are exact.
//
//     row 0   p p p p …  32 pixels ┐        a row of the left factor      │ 1 . . │
//     row 1   p p p p …            ┘  ─►  p p p p … p p p p …   times  │ 1 . . │  = sums of 16 cells
//                                                                         │ . 1 . │
import { attribute, type GraphBuilder, type Wire } from "./graph-builder.ts";

/** Pixels across a stripe: a picture's width must be a multiple. */
export const stripeWidth = 32;
const cellCount = stripeWidth / 2;

/**
 * From bytes [h, w, channels], h even and w a multiple of `stripeWidth`: float32 [h / 2 * w / 2, results],
 * where result r of a cell is the sum over its pixels of `weights[channel][r]` times the byte.
 */
export function cellSums(
  builder: GraphBuilder,
  bytes: Wire,
  weights: readonly (readonly number[])[],
): Wire {
  const channels = weights.length;
  const results = weights[0]?.length ?? 0;
  const width = builder.node("Shape", [bytes], attribute.int("start", 1), attribute.int("end", 2));
  const stripes = builder.node("Div", [width, builder.integers(stripeWidth)]);
  const pixels = builder.integers(stripeWidth * channels);
  const shape = [builder.integers(-1, 2), stripes, pixels];
  const rows = builder.node("Reshape", [
    bytes,
    builder.node("Concat", shape, attribute.int("axis", 0)),
  ]);
  const pairs = builder.node("Transpose", [rows], attribute.ints("perm", [0, 2, 1, 3]));
  const factor = builder.node("Reshape", [pairs, builder.integers(-1, 2 * stripeWidth * channels)]);
  const sums = builder.node("MatMulInteger", [factor, cellMatrix(builder, weights)]);
  const floats = builder.node("Cast", [sums], attribute.int("to", 1));
  return builder.node("Reshape", [floats, builder.integers(-1, results)]);
}

/** Of row, cell, pixel of the cell, channel (down) and cell, result (across): int8. */
function cellMatrix(builder: GraphBuilder, weights: readonly (readonly number[])[]): Wire {
  const channels = weights.length;
  const results = weights[0]?.length ?? 0;
  const same = Array.from({ length: cellCount ** 2 }, (_, at) =>
    at % cellCount === Math.floor(at / cellCount) ? 1 : 0,
  );
  const cells = builder.node("Reshape", [
    builder.integers(...same),
    builder.integers(1, cellCount, 1, 1, cellCount, 1),
  ]);
  const parts = builder.node("Reshape", [
    builder.integers(...weights.flat()),
    builder.integers(1, 1, 1, channels, 1, results),
  ]);
  const sizes = builder.integers(2, cellCount, 2, channels, cellCount, results);
  const all = builder.node("Expand", [builder.node("Mul", [cells, parts]), sizes]);
  const matrix = builder.node("Reshape", [
    all,
    builder.integers(2 * stripeWidth * channels, cellCount * results),
  ]);
  return builder.node("Cast", [matrix], attribute.int("to", 3));
}
