// Pure. How much a level of the picture changes in each of eight directions: little along an edge or a
// line, much across it.
//
//     . . 0 . .      the steps ahead; a change is the difference in brightness between one
//     5 3 1 2 4      step ahead of a pixel and one behind it, and counts only where both
//     . 7 . 6 .      are known
//
// All of it is one convolution, whose channels are made so that a Relu does the rest. For a direction,
// `s` being the difference and `k` how many of the two pixels are known:
//
//   Relu(s + 4 k - 8)       the rise, and 0 unless both are known (a difference is at most 1)
//   Relu(-s + 4 k - 8)      the fall; rise and fall together are the change
//   Relu(k - 1)             1 where both are known
import { attribute, type GraphBuilder, graphFunction, type Wire } from "./graph-builder.ts";
import type { OnnxFunction } from "./onnx-encoding.ts";

/** Steps ahead, in rows and columns. */
export const directions = [
  { dy: 0, dx: 1 },
  { dy: 1, dx: 0 },
  { dy: 1, dx: 1 },
  { dy: 1, dx: -1 },
  { dy: 1, dx: 2 },
  { dy: 1, dx: -2 },
  { dy: 2, dx: 1 },
  { dy: 2, dx: -1 },
] as const;
type Direction = (typeof directions)[number];

/** Steps at most, in rows and columns. */
export const reach = 2;
const kernelSide = 2 * reach + 1;
/** Share of a neighbourhood that must be measurable to be believed in full. */
const evidenceEnough = 1 / 16;
const tiny = 1e-6;

/**
 * The function that measures a level. Inputs: bright [1, 1, h, w], 0..255, 0 in the holes; known, the same
 * shape, 1 or 0. Result: [1, 16, h / 4, w / 4], rounded up: the mean change in each direction, what is unknown
 * counting as none, and twice the share of what could be measured.
 */
export function edgeEvidence(domain: string): OnnxFunction {
  return graphFunction({
    domain,
    name: "Evidence",
    inputs: ["bright", "known"],
    body(builder, bright, known) {
      const scaled = builder.node("Mul", [bright, builder.number(1 / 255)]);
      const pair = builder.node("Concat", [scaled, known], attribute.int("axis", 1));
      // Every other row and column is enough: the mean over a cell is then one of four.
      const steps = builder.node(
        "Conv",
        [pair, kernels(builder), offsets(builder)],
        attribute.ints("pads", [reach, reach, reach, reach]),
        attribute.ints("strides", [2, 2]),
      );
      const means = halved(builder, builder.node("Relu", [steps]));
      return builder.node("Conv", [means, sums(builder)]);
    },
  });
}

/**
 * The function that says what to believe. Inputs: evidence [1, 16, h, w]; coarse [1, 8, h, w], the answer
 * where nothing is known. Result: the change in each direction [1, 8, h, w], on a scale of 0..1.
 */
export function edgeStructure(domain: string): OnnxFunction {
  return graphFunction({
    domain,
    name: "Structure",
    inputs: ["evidence", "coarse"],
    body(builder, evidence, coarse) {
      const mean = blurred(builder, evidence);
      const count = directions.length;
      const change = channels(builder, mean, { first: 0, end: count });
      const measured = channels(builder, mean, { first: count, end: 2 * count });
      const share = builder.node("Mul", [measured, builder.number(0.5)]);
      const enough = builder.node("Mul", [share, builder.number(1 / evidenceEnough)]);
      const trust = builder.node("Min", [enough, builder.number(1)]);
      const rest = builder.node("Sub", [builder.number(1), trust]);
      const most = builder.node("Max", [share, builder.number(tiny)]);
      const own = builder.node("Mul", [change, builder.node("Div", [trust, most])]);
      return builder.node("Add", [own, builder.node("Mul", [coarse, rest])]);
    },
  });
}

/** The mean of each cell of two by two; odd sizes end with the mean of what exists. */
export const halved = (builder: GraphBuilder, wire: Wire): Wire =>
  builder.node(
    "AveragePool",
    [wire],
    attribute.int("ceil_mode", 1),
    attribute.ints("kernel_shape", [2, 2]),
    attribute.ints("strides", [2, 2]),
  );

// Rise and evidence of each direction, then fall and evidence again: so the sum of the two halves is
// change and twice the evidence, and 32 channels fill the processor's vectors.
function kernels(builder: GraphBuilder): Wire {
  const evidence = directions.flatMap((direction) => [
    ...kernel(direction, { ahead: 0, behind: 0 }),
    ...kernel(direction, { ahead: 1, behind: 1 }),
  ]);
  const changes = (sign: number) =>
    directions.flatMap((direction) => [
      ...kernel(direction, { ahead: sign, behind: -sign }),
      ...kernel(direction, { ahead: 4, behind: 4 }),
    ]);
  const all = [...changes(1), ...evidence, ...changes(-1), ...evidence];
  const shape = builder.integers(4 * directions.length, 2, kernelSide, kernelSide);
  return builder.node("Reshape", [builder.numbers(...all), shape]);
}

function kernel(
  { dy, dx }: Direction,
  weights: { readonly ahead: number; readonly behind: number },
): readonly number[] {
  const square = Array.from({ length: kernelSide ** 2 }, () => 0);
  square[(reach + dy) * kernelSide + reach + dx] = weights.ahead;
  square[(reach - dy) * kernelSide + reach - dx] = weights.behind;
  return square;
}

function offsets(builder: GraphBuilder): Wire {
  const half = [...directions.map(() => -8), ...directions.map(() => -1)];
  return builder.numbers(...half, ...half);
}

/** The two halves of the channels, added. */
function sums(builder: GraphBuilder): Wire {
  const count = 2 * directions.length;
  const rows = Array.from({ length: count }, (_, row) =>
    Array.from({ length: 2 * count }, (_, at) => (at % count === row ? 1 : 0)),
  );
  return builder.node("Reshape", [
    builder.numbers(...rows.flat()),
    builder.integers(count, 2 * count, 1, 1),
  ]);
}

const blurred = (builder: GraphBuilder, wire: Wire): Wire =>
  builder.node(
    "AveragePool",
    [wire],
    attribute.ints("kernel_shape", [3, 3]),
    attribute.ints("pads", [1, 1, 1, 1]),
  );

function channels(
  builder: GraphBuilder,
  wire: Wire,
  range: { readonly first: number; readonly end: number },
): Wire {
  const [first, end] = [builder.integers(range.first), builder.integers(range.end)];
  return builder.node("Slice", [wire, first, end, builder.integers(1)]);
}
