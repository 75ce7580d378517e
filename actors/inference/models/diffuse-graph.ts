// Pure. The built-in inpainting model, written as arithmetic: no weights, nothing learned.
//
// Cut: of the picture only what the holes span is looked at, and some around it.
// Pull: halve the picture ten times; a coarse cell is the mean of its known pixels and unknown only
// where none is known, so holes of any size close somewhere on the way.
// Push: come back up; at each level what is still unknown starts as the enlarged coarse answer and,
// on the finest levels, is smoothed by a few sweeps. The sweeps are steered: a pixel takes its colour
// from its neighbours along the directions in which the picture around changes least, so edges and
// lines run on through a hole instead of fading in it. How much the picture changes in a direction is
// measured on known pixels of level 1 only, and pulled and pushed into the hole exactly as colour is.
//
//   image, mask ─► level 0 ─Pull─► 1 ─Pull─► 2 … ─Pull─► 10 ─► mean of all
//                     │            │         │           │        │
//   output ◄──────── Fill ◄────── Fill ◄──── … Enlarge ◄─┴◄───────┘
//
// Background: push-pull (Gortler et al., The Lumigraph, 1996), inpainting by diffusion (Bertalmio et
// al., 2000), coherence-enhancing diffusion (Weickert, 1999).
import { edgeEvidence, edgeStructure, halved } from "./edge-structure.ts";
import { attribute, GraphBuilder, graphFunction, type Wire } from "./graph-builder.ts";
import { emptied, holeDiffusion } from "./hole-diffusion.ts";
import { encodeOnnx } from "./onnx-encoding.ts";

const domain = "troupe";
const levelCount = 10;
/** Coarser levels only start the finer ones: cells of 16 pixels and more hold no edge to continue. */
const steeredLevelMax = 3;
/** Sweeps on the picture itself, and on each smaller level, where they cost little. */
const sweepCount = { finest: 6, coarser: 8 } as const;
/** Pixels around the holes that are looked at, besides half the length of what they span. */
const marginMin = 48;
const tiny = 1e-6;

/** A level of the pyramid: colour [1, 3, h, w], 0 where unknown, and known [1, 1, h, w], 1 or 0. */
interface Level {
  readonly colour: Wire;
  readonly known: Wire;
}

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
    version: 2,
    domain,
    functions: [empty, pull, enlarge, evidence, structure, fill, fillFinest],
    nodes: builder.nodes,
    inputs: [
      { name: "image", shape: [1, 3, "height", "width"] },
      { name: "mask", shape: [1, 1, "height", "width"] },
    ],
    outputs: [{ name: "output", shape: [1, 3, "height", "width"] }],
  });
}

function inpainted(builder: GraphBuilder, image: Wire, mask: Wire): Wire {
  const [rows, columns] = [around(builder, mask, 2), around(builder, mask, 3)];
  const range = (ends: readonly [Wire, Wire]) =>
    builder.node("Concat", ends, attribute.int("axis", 0));
  const [from, to] = [range([rows.from, columns.from]), range([rows.to, columns.to])];
  const cut = (wire: Wire) => builder.node("Slice", [wire, from, to, builder.integers(2, 3)]);
  const hole = builder.node("Greater", [cut(mask), builder.number(0)]);
  const known = builder.node("Cast", [builder.node("Not", [hole])], attribute.int("to", 1));
  const finest = { colour: builder.call(empty, cut(image), hole), known };
  const levels: Level[] = [];
  for (let level: Level = finest; levels.length < levelCount; ) {
    level = pulled(builder, level);
    levels.push(level);
  }
  const steered = levels.slice(0, steeredLevelMax);
  const start = started(builder, levels.slice(steeredLevelMax));
  const changes = changesOf(builder, levels);
  let filled = start;
  for (const [index, { colour, known }] of [...steered.entries()].reverse()) {
    const holes = builder.node("Equal", [known, builder.number(0)]);
    const zero = int32Of(builder, builder.integers(0, 0));
    filled = builder.call(fill, colour, zero, colour, holes, filled, changes[index] ?? "");
  }
  const corner = int32Of(builder, from);
  const [change = ""] = changes;
  return builder.call(fillFinest, image, corner, finest.colour, hole, filled, change);
}

/** The rows (axis 2) or columns (axis 3) from the first to the last hole, and some around them. */
function around(builder: GraphBuilder, mask: Wire, axis: 2 | 3) {
  const axes = attribute.ints("axes", [0, 1, axis === 2 ? 3 : 2]);
  const most = builder.node("ReduceMax", [mask], axes, attribute.int("keepdims", 0));
  const isHole = int32Of(builder, builder.node("Greater", [most, builder.number(0)]));
  const first = builder.node("ArgMax", [isHole]);
  const last = builder.node("ArgMax", [isHole], attribute.int("select_last_index", 1));
  // Where there is no hole at all, that is the whole length.
  const half = builder.node("Div", [builder.node("Sub", [last, first]), builder.integer(2)]);
  const margin = builder.node("Add", [half, builder.integer(marginMin)]);
  const start = builder.node("Max", [builder.node("Sub", [first, margin]), builder.integer(0)]);
  // Cells of the steered levels are those of the whole picture.
  const cell = builder.integer(2 ** steeredLevelMax);
  const from = builder.node("Mul", [builder.node("Div", [start, cell]), cell]);
  const beyond = builder.node("Add", [margin, builder.integer(1)]);
  return { from, to: builder.node("Add", [last, beyond]) };
}

const int32Of = (builder: GraphBuilder, wire: Wire): Wire =>
  builder.node("Cast", [wire], attribute.int("to", 6));

/** The finest of these levels, its holes filled from the coarser ones. */
function started(builder: GraphBuilder, levels: readonly Level[]): Wire {
  let filled: Wire | undefined;
  for (const level of [...levels].reverse()) {
    const coarse = filled ? builder.call(enlarge, filled, level.known) : meanColour(builder, level);
    const unknown = builder.node("Sub", [builder.number(1), level.known]);
    filled = builder.node("Add", [level.colour, builder.node("Mul", [coarse, unknown])]);
  }
  return filled ?? builder.number(0.5);
}

/** How much each of the steered levels, from the finest to the coarsest, changes in each direction. */
function changesOf(builder: GraphBuilder, levels: readonly Level[]): readonly Wire[] {
  const [finest] = levels;
  if (!finest) return [];
  const evidences = [builder.call(evidence, finest.colour, finest.known)];
  while (evidences.length < steeredLevelMax)
    evidences.push(halved(builder, evidences.at(-1) ?? ""));
  const changes: Wire[] = [];
  for (const [index, own] of [...evidences.entries()].reverse()) {
    const grid = levels[index + 1]?.known ?? "";
    const [coarser] = changes;
    const coarse = coarser ? builder.call(enlarge, coarser, grid) : builder.number(0);
    changes.unshift(builder.call(structure, own, coarse));
  }
  return changes;
}

function pulled(builder: GraphBuilder, { colour, known }: Level): Level {
  return {
    colour: builder.call(pull, colour, known),
    known: builder.call(pull, known, known),
  };
}

// A picture that is all hole has no mean; the tiny terms make it grey.
function meanColour(builder: GraphBuilder, { colour, known }: Level): Wire {
  const mean = (wire: Wire) => builder.node("GlobalAveragePool", [wire]);
  const grey = builder.node("Add", [mean(colour), builder.number(tiny / 2)]);
  return builder.node("Div", [grey, builder.node("Add", [mean(known), builder.number(tiny)])]);
}

// Colour is premultiplied by known, so one division makes means of the known pixels, and turns known
// itself back into 1 or 0.
const pull = graphFunction({
  domain,
  name: "Pull",
  inputs: ["planes", "known"],
  body(builder, planes, known) {
    const share = builder.node("Max", [halved(builder, known), builder.number(tiny)]);
    return builder.node("Div", [halved(builder, planes), share]);
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
    const size = builder.node("Shape", [like], attribute.int("start", 2), attribute.int("end", 4));
    return builder.node("Slice", [twice, builder.integers(0, 0), size, builder.integers(2, 3)]);
  },
});

const empty = emptied(domain);
const evidence = edgeEvidence(domain);
const structure = edgeStructure(domain);
const fill = holeDiffusion({ domain, name: "Fill", sweepCount: sweepCount.coarser, scale: 2 });
// The picture itself takes its structure from level 1 as well: as good, at a quarter of the cost.
const fillFinest = holeDiffusion({
  domain,
  name: "FillFinest",
  sweepCount: sweepCount.finest,
  scale: 4,
});
