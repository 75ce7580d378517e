// Pure. The built-in inpainting model, written as arithmetic: no weights, nothing learned.
//
// Pull: halve the picture ten times; a coarse cell is the mean of its known pixels and unknown only
// where none is known, so holes of any size close somewhere on the way.
// Push: come back up; at each level what is still unknown starts as the enlarged coarse answer and,
// on the finer levels, is smoothed by a few sweeps. The sweeps are steered: of the four directions (- | \ /) each
// pixel averages its two neighbours most along that in which the picture around changes least, so
// edges run on through a hole instead of fading in it. How much the picture changes in each
// direction (its structure) is measured on known pixels only, and pulled and pushed into the hole
// exactly as colour is.
//
//   image, mask ─► level 0 ─Pull─► 1 ─Pull─► 2 … ─Pull─► 10 ─► mean of all
//                     │            │         │           │        │
//   output ◄─Diffuse──┴◄─Enlarge───┴◄────────┴◄──────────┴────────┘
//
// Background: push-pull (Gortler et al., The Lumigraph, 1996), inpainting by diffusion (Bertalmio et
// al., 2000), coherence-enhancing diffusion (Weickert, 1999).
import { attribute, GraphBuilder, graphFunction, type Wire } from "./graph-builder.ts";
import { encodeOnnx, type OnnxFunction } from "./onnx-encoding.ts";

const domain = "troupe";
const levelCount = 10;
/** Coarser levels only start the finer ones: cells of 64 pixels and more hold no edge to continue. */
const steeredLevelMax = 5;
/** Sweeps on the picture itself, and on each smaller level, where they cost little. */
const sweepCount = { finest: 3, coarser: 6 } as const;
const structureBlurCount = 3;
/** Mean squared colour change, on a scale of 0..1, below which a direction counts as even. */
const evenness = 2e-3;
/** A diagonal neighbour is farther away: its share against that of a straight one. */
const diagonalShare = 0.25;
const tiny = 1e-6;
const directions = [
  { dy: 0, dx: 1, changeScale: 1 },
  { dy: 1, dx: 0, changeScale: 1 },
  { dy: 1, dx: 1, changeScale: 0.5 },
  { dy: 1, dx: -1, changeScale: 0.5 },
] as const;

/** The bytes of the model file; the same each time. */
export function diffuseModel(): Uint8Array {
  const builder = new GraphBuilder(domain);
  builder.output(inpainted(builder, "image", "mask"), "output");
  return encodeOnnx({
    name: "diffuse",
    description:
      "Inpainting by push-pull and structure-steered diffusion. " +
      "image: RGB 0..1; mask: above 0 is a hole; output: RGB 0..1, known pixels unchanged.",
    operatorSet: 17,
    version: 1,
    domain,
    functions: [pull, enlarge, structure, steering, diffuseFinest, diffuseCoarser],
    nodes: builder.nodes,
    inputs: [
      { name: "image", shape: [1, 3, "height", "width"] },
      { name: "mask", shape: [1, 1, "height", "width"] },
    ],
    outputs: [{ name: "output", shape: [1, 3, "height", "width"] }],
  });
}

// A level of the pyramid is one tensor of four channels: red, green, blue (all 0 where unknown) and
// known (1 or 0).
function inpainted(builder: GraphBuilder, image: Wire, mask: Wire): Wire {
  const hole = builder.node("Greater", [mask, builder.number(0)]);
  const known = builder.node("Cast", [builder.node("Not", [hole])], attribute.int("to", 1));
  // Not a product: what lies under the mask may be anything, even no number.
  const colour = builder.node("Where", [hole, builder.number(0), image]);
  let level = builder.node("Concat", [colour, known], attribute.int("axis", 1));
  const levels = [level];
  while (levels.length <= levelCount) {
    level = builder.call(pull, level);
    levels.push(level);
  }
  const filled = pushed(builder, levels);
  return builder.node("Clip", [filled, builder.number(0), builder.number(1)]);
}

function pushed(builder: GraphBuilder, levels: readonly Wire[]): Wire {
  let filled: Wire | undefined;
  let change: Wire | undefined;
  for (const [index, level] of [...levels.entries()].reverse()) {
    const colour = channels(builder, level, { first: 0, end: 3 });
    const known = channels(builder, level, { first: 3, end: 4 });
    const unknown = builder.node("Sub", [builder.number(1), known]);
    const coarse = filled ? builder.call(enlarge, filled, level) : meanColour(builder, level);
    filled = builder.node("Add", [colour, builder.node("Mul", [coarse, unknown])]);
    if (index > steeredLevelMax) continue;
    change = change ? builder.call(enlarge, change, level) : builder.number(0);
    // The picture itself takes its structure from the level below: as good, at a quarter the cost.
    if (index > 0) change = builder.call(structure, level, change);
    const shares = builder.call(steering, change, unknown);
    filled = builder.call(index === 0 ? diffuseFinest : diffuseCoarser, filled, shares, colour);
  }
  return filled ?? builder.number(0.5);
}

// A picture that is all hole has no mean; the tiny terms make it grey.
function meanColour(builder: GraphBuilder, level: Wire): Wire {
  const mean = builder.node("GlobalAveragePool", [level]);
  const colour = channels(builder, mean, { first: 0, end: 3 });
  const known = channels(builder, mean, { first: 3, end: 4 });
  const grey = builder.node("Add", [colour, builder.number(tiny / 2)]);
  return builder.node("Div", [grey, builder.node("Add", [known, builder.number(tiny)])]);
}

// Colour is premultiplied by known, so one division makes means of the known pixels and turns
// known itself back into 1 or 0. Odd sizes: the last cell is the mean of what exists.
const pull = graphFunction({
  domain,
  name: "Pull",
  inputs: ["level"],
  body(builder, level) {
    const halved = builder.node(
      "AveragePool",
      [level],
      attribute.int("ceil_mode", 1),
      attribute.ints("kernel_shape", [2, 2]),
      attribute.ints("strides", [2, 2]),
    );
    const known = channels(builder, halved, { first: 3, end: 4 });
    return builder.node("Div", [halved, builder.node("Max", [known, builder.number(tiny)])]);
  },
});

// Twice the size exactly, then cut: a coarse cell stays over its own two by two pixels whatever the
// size, where a resize to the size wanted would shift them.
const enlarge = graphFunction({
  domain,
  name: "Enlarge",
  inputs: ["coarse", "like"],
  body(builder, coarse, like) {
    const twice = builder.node(
      "Resize",
      [coarse, "", builder.numbers(1, 1, 2, 2)],
      attribute.string("mode", "linear"),
      attribute.string("coordinate_transformation_mode", "half_pixel"),
    );
    const starts = builder.integers(0, 0);
    return builder.node("Slice", [twice, starts, sizeOf(builder, like), builder.integers(2, 3)]);
  },
});

// Mean squared colour change between the two neighbours of a pixel, for each direction: measured
// where both are known, spread a little, and elsewhere as on the coarser level.
const structure = graphFunction({
  domain,
  name: "Structure",
  inputs: ["level", "coarse"],
  body(builder, level, coarse) {
    const at = neighbours(builder, level);
    const known = (wire: Wire) => channels(builder, wire, { first: 3, end: 4 });
    const changes: Wire[] = [];
    const evidences: Wire[] = [];
    for (const { dy, dx, changeScale } of directions) {
      const ahead = at(dy, dx);
      const behind = at(-dy, -dx);
      const evidence = builder.node("Mul", [known(ahead), known(behind)]);
      const step = builder.node("Mul", [builder.node("Sub", [ahead, behind]), evidence]);
      const colourStep = channels(builder, step, { first: 0, end: 3 });
      const squared = builder.node("Mul", [colourStep, colourStep]);
      const mean = builder.node("ReduceMean", [squared], attribute.ints("axes", [1]));
      changes.push(builder.node("Mul", [mean, builder.number(changeScale)]));
      evidences.push(evidence);
    }
    const change = blurred(builder, builder.node("Concat", changes, attribute.int("axis", 1)));
    const evidence = blurred(builder, builder.node("Concat", evidences, attribute.int("axis", 1)));
    const enough = builder.node("Mul", [evidence, builder.number(4)]);
    const trust = builder.node("Min", [enough, builder.number(1)]);
    const measured = builder.node("Div", [
      change,
      builder.node("Max", [evidence, builder.number(tiny)]),
    ]);
    const own = builder.node("Mul", [measured, trust]);
    const rest = builder.node("Sub", [builder.number(1), trust]);
    return builder.node("Add", [own, builder.node("Mul", [coarse, rest])]);
  },
});

// How much of each neighbour an unknown pixel takes: the less change along a direction the more, the
// four directions twice (ahead, behind) being 1 in all. A known pixel takes nothing.
const steering = graphFunction({
  domain,
  name: "Steering",
  inputs: ["change", "unknown"],
  body(builder, change, unknown) {
    const resistance = builder.node("Add", [change, builder.number(evenness)]);
    const squared = builder.node("Mul", [resistance, resistance]);
    const shares = builder.node("Reshape", [
      builder.numbers(1, 1, diagonalShare, diagonalShare),
      builder.integers(1, 4, 1, 1),
    ]);
    const attraction = builder.node("Div", [shares, squared]);
    const all = builder.node("ReduceSum", [attraction, builder.integers(1)]);
    const half = builder.node("Mul", [unknown, builder.number(0.5)]);
    return builder.node("Mul", [attraction, builder.node("Div", [half, all])]);
  },
});

/** A run of sweeps: each unknown pixel becomes the mean of its neighbours by their shares. */
function diffusion(name: string, count: number): OnnxFunction {
  return graphFunction({
    domain,
    name,
    inputs: ["start", "shares", "colour"],
    body(builder, start, shares, colour) {
      const share = directions.map((_, index) =>
        channels(builder, shares, { first: index, end: index + 1 }),
      );
      let filled: Wire = start;
      for (let turn = 0; turn < count; turn++) {
        const at = neighbours(builder, filled);
        filled = colour;
        for (const [index, { dy, dx }] of directions.entries()) {
          const pair = builder.node("Add", [at(dy, dx), at(-dy, -dx)]);
          filled = builder.node("Add", [filled, builder.node("Mul", [pair, share[index] ?? ""])]);
        }
      }
      return filled;
    },
  });
}

const diffuseFinest = diffusion("DiffuseFinest", sweepCount.finest);
const diffuseCoarser = diffusion("DiffuseCoarser", sweepCount.coarser);

function blurred(builder: GraphBuilder, wire: Wire): Wire {
  let result = wire;
  for (let turn = 0; turn < structureBlurCount; turn++) {
    result = builder.node(
      "AveragePool",
      [result],
      attribute.ints("kernel_shape", [3, 3]),
      attribute.ints("pads", [1, 1, 1, 1]),
    );
  }
  return result;
}

/** The tensor seen from one pixel aside; beyond its edge the edge goes on. */
function neighbours(builder: GraphBuilder, wire: Wire): (dy: number, dx: number) => Wire {
  const mode = attribute.string("mode", "edge");
  const padded = builder.node("Pad", [wire, builder.integers(0, 0, 1, 1, 0, 0, 1, 1)], mode);
  // An end counts from the far side of the padded tensor; far stands for that side itself.
  const far = 2 ** 31 - 1;
  const endOf = (shift: number) => (shift === 1 ? far : shift - 1);
  return (dy, dx) => {
    const start = builder.integers(1 + dy, 1 + dx);
    const end = builder.integers(endOf(dy), endOf(dx));
    return builder.node("Slice", [padded, start, end, builder.integers(2, 3)]);
  };
}

function channels(
  builder: GraphBuilder,
  wire: Wire,
  range: { readonly first: number; readonly end: number },
): Wire {
  const [first, end] = [builder.integers(range.first), builder.integers(range.end)];
  return builder.node("Slice", [wire, first, end, builder.integers(1)]);
}

/** Height and width. */
function sizeOf(builder: GraphBuilder, wire: Wire): Wire {
  return builder.node("Shape", [wire], attribute.int("start", 2), attribute.int("end", 4));
}
