// Pure. Which neighbours a hole pixel takes its colour from, and how much from each. All pixels of a cell
// take from the same: ahead and behind in the two directions in which the picture changes least. Few, so
// that an edge is carried on sharply, and two, so that it may run between the directions.
//
//   combination   int32 [h, w]          which two: 8 * the one + the other
//   shares        float32 [h * w, 3]    of each neighbour of the one, thrice for red, green and blue; those of
//                                      the other have the rest of a half
//
// So what depends on the cell alone is worked out once for a cell, and a pixel only looks it up.
import { directions, reach } from "./edge-structure.ts";
import { attribute, type GraphBuilder, type Wire } from "./graph-builder.ts";

const count = directions.length;

export interface Ways {
  readonly combination: Wire;
  readonly shares: Wire;
}

/**
 * From how much the picture changes in each direction, [1, 8, h, w]. `distanceCost` is the change, on a scale
 * of 0..1, that a neighbour one pixel farther away must make up for.
 */
export function waysOf(builder: GraphBuilder, change: Wire, distanceCost: number): Ways {
  const distances = directions.map(({ dy, dx }) => distanceCost * Math.hypot(dy, dx));
  const farther = builder.node("Reshape", [
    builder.numbers(...distances),
    builder.integers(count, 1, 1),
  ]);
  const planes = builder.node("Squeeze", [change, builder.integers(0)]);
  const cost = builder.node("Add", [planes, farther]);
  const top = [attribute.int("axis", 0), attribute.int("largest", 0), attribute.int("sorted", 0)];
  const [least, which] = builder.pair("TopK", [cost, builder.integers(2)], ...top);
  const squared = builder.node("Mul", [least, least]);
  const fifth = builder.node("Mul", [builder.node("Mul", [squared, squared]), least]);
  const attraction = builder.node("Reciprocal", [fifth]);
  const all = builder.node("ReduceSum", [attraction, builder.integers(0)]);
  const share = builder.node("Mul", [attraction, builder.node("Div", [builder.number(0.5), all])]);
  return { combination: combinationOf(builder, which), shares: sharesOf(builder, share) };
}

function combinationOf(builder: GraphBuilder, which: Wire): Wire {
  const pair = builder.node("Cast", [which], attribute.int("to", 6));
  const way = (index: number) => builder.node("Gather", [pair, builder.integer(index)]);
  const eight = builder.node("Cast", [builder.integer(count)], attribute.int("to", 6));
  return builder.node("Add", [builder.node("Mul", [way(0), eight]), way(1)]);
}

/** Of the first way, once for each colour. */
function sharesOf(builder: GraphBuilder, share: Wire): Wire {
  const first = builder.node("Gather", [share, builder.integers(0)]);
  const cells = builder.node("Reshape", [first, builder.integers(-1, 1)]);
  const three = builder.node("Reshape", [builder.numbers(1, 1, 1), builder.integers(1, 3)]);
  return builder.node("MatMul", [cells, three]);
}

/** For each combination, the step ahead of one of its ways in a plane whose rows are `width` (int32) apart: int32 [64]. */
export function stepsOf(builder: GraphBuilder, width: Wire, way: "one" | "other"): Wire {
  const table = (step: (direction: (typeof directions)[number]) => number) => {
    const steps = directions.flatMap((one) =>
      directions.map((other) => step(way === "one" ? one : other)),
    );
    // Stored above 0, since below it each would take ten bytes of the file.
    const raised = builder.integers(...steps.map((wide) => wide + reach));
    const whole = builder.node("Sub", [raised, builder.integer(reach)]);
    return builder.node("Cast", [whole], attribute.int("to", 6));
  };
  const down = builder.node("Mul", [table(({ dy }) => dy), width]);
  return builder.node("Add", [down, table(({ dx }) => dx)]);
}
