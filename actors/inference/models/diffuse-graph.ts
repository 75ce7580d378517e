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
import { type Ways, waysOf } from "./edge-ways.ts";
import { attribute, GraphBuilder, graphFunction, type Wire } from "./graph-builder.ts";
import { holeDiffusion, pixelsOf, placed, rimmed, sideOf } from "./hole-diffusion.ts";
import { encodeOnnx } from "./onnx-encoding.ts";

const domain = "troupe";
const levelCount = 10;
/** Coarser levels only start the finer ones: cells of 8 pixels and more hold no edge to continue. */
const steeredLevelMax = 2;
/** Sweeps on the picture itself, and on each smaller level, where they cost little. */
const sweepCount = { finest: 2, coarser: 6 } as const;
/**
 * What a neighbour one pixel farther away must make up for. It is greater where the picture itself takes its
 * ways from: noise makes them differ there where nothing else does.
 */
const distanceCost = { finest: 0.03, coarser: 0.01 } as const;
/** Pixels around the holes that are looked at, besides half the length of what they span. */
const marginMin = 48;
const tiny = 1e-6;
const grey = 127.5;

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
      "image: RGB bytes; mask: above 0 is a hole; output: RGB bytes, known pixels unchanged.",
    operatorSet: 17,
    version: 3,
    domain,
    functions: [pull, enlarge, evidence, structure, fill, fillFinest],
    nodes: builder.nodes,
    inputs: [
      { name: "image", element: "uint8", shape: [1, "height", "width", 3] },
      { name: "mask", element: "uint8", shape: [1, "height", "width", 1] },
    ],
    outputs: [{ name: "output", element: "uint8", shape: [1, "height", "width", 3] }],
  });
}

function inpainted(builder: GraphBuilder, image: Wire, mask: Wire): Wire {
  const sides = builder.node("Shape", [mask], attribute.int("start", 1), attribute.int("end", 3));
  const whole = builder.node("Reshape", [mask, sides]);
  const [rows, columns] = [around(builder, whole, 0), around(builder, whole, 1)];
  const range = (ends: readonly [Wire, Wire]) =>
    builder.node("Concat", ends, attribute.int("axis", 0));
  const [from, to] = [range([rows.from, columns.from]), range([rows.to, columns.to])];
  const cut = (wire: Wire) => builder.node("Slice", [wire, from, to, builder.integers(0, 1)]);
  const picture = cut(builder.node("Squeeze", [image, builder.integers(0)]));
  const open = cut(whole);
  const holes = placesIn(builder, open);
  const finest = finestLevel(builder, { picture, open, holes });
  const levels: Level[] = [];
  for (let level: Level = finest; levels.length < levelCount; ) {
    level = pulled(builder, level);
    levels.push(level);
  }
  const ways = changesOf(builder, levels).map((change, index) =>
    waysOf(builder, change, index === 0 ? distanceCost.finest : distanceCost.coarser),
  );
  let coarse = rimmed(builder, bytesOf(builder, started(builder, levels.slice(steeredLevelMax))));
  for (const [index, level] of [...levels.slice(0, steeredLevelMax).entries()].reverse()) {
    const plain = bytesOf(builder, level.colour);
    const gaps = placesIn(builder, builder.node("Equal", [level.known, builder.number(0)]));
    const colours = filledBy(builder, fill, {
      picture: plain,
      holes: gaps,
      coarse,
      ways: ways[index],
    });
    coarse = rimmed(builder, placed(builder, plain, { holes: gaps, colours }));
  }
  const colours = filledBy(builder, fillFinest, { picture, holes, coarse, ways: ways[0] });
  const { y, x } = pixelsOf(builder, holes, sideOf(builder, picture, 1));
  const corner = builder.node("Cast", [from], attribute.int("to", 6));
  const shifted = (wire: Wire, index: number) =>
    builder.node("Add", [wire, builder.node("Gather", [corner, builder.integer(index)])]);
  const width = sideOf(builder, image, 2);
  const down = builder.node("Mul", [shifted(y, 0), width]);
  const there = builder.node("Add", [down, shifted(x, 1)]);
  return placed(builder, image, { holes: there, colours });
}

function filledBy(
  builder: GraphBuilder,
  filling: typeof fill,
  of: {
    readonly picture: Wire;
    readonly holes: Wire;
    readonly coarse: Wire;
    readonly ways: Ways | undefined;
  },
): Wire {
  const { picture, holes, coarse, ways } = of;
  const { combination = "", shares = "" } = ways ?? {};
  return builder.call(filling, picture, holes, coarse, combination, shares);
}

/** The picture as a level: its planes, whatever stood in the holes. */
function finestLevel(
  builder: GraphBuilder,
  of: { readonly picture: Wire; readonly open: Wire; readonly holes: Wire },
): Level {
  const { picture, open, holes } = of;
  const count = builder.node("Shape", [holes], attribute.int("start", 0), attribute.int("end", 1));
  const size = builder.node("Concat", [count, builder.integers(3)], attribute.int("axis", 0));
  const black = builder.node("Expand", [bytes(builder, builder.integer(0)), size]);
  const emptied = placed(builder, picture, { holes, colours: black });
  const planes = builder.node("Transpose", [emptied], attribute.ints("perm", [2, 0, 1]));
  const axis = builder.integers(0);
  const closed = builder.node("Equal", [open, bytes(builder, builder.integer(0))]);
  return {
    colour: builder.node("Unsqueeze", [floats(builder, planes), axis]),
    known: builder.node("Unsqueeze", [floats(builder, closed), builder.integers(0, 1)]),
  };
}

/** Planes [1, 3, h, w] as bytes [h, w, 3], rounded. */
function bytesOf(builder: GraphBuilder, planes: Wire): Wire {
  const rounded = bytes(builder, builder.node("Add", [planes, builder.number(0.5)]));
  const squeezed = builder.node("Squeeze", [rounded, builder.integers(0)]);
  return builder.node("Transpose", [squeezed], attribute.ints("perm", [1, 2, 0]));
}

/** Where a plane is above 0, row by row: int64 [N]. */
function placesIn(builder: GraphBuilder, plane: Wire): Wire {
  const line = builder.node("Reshape", [plane, builder.integers(-1)]);
  return builder.node("Squeeze", [builder.node("NonZero", [line]), builder.integers(0)]);
}

const bytes = (builder: GraphBuilder, wire: Wire): Wire =>
  builder.node("Cast", [wire], attribute.int("to", 2));

const floats = (builder: GraphBuilder, wire: Wire): Wire =>
  builder.node("Cast", [wire], attribute.int("to", 1));

/** The rows (axis 0) or columns (axis 1) from the first to the last hole, and some around them. */
function around(builder: GraphBuilder, mask: Wire, axis: 0 | 1) {
  const axes = attribute.ints("axes", [1 - axis]);
  const most = builder.node("ReduceMax", [mask], axes, attribute.int("keepdims", 0));
  const isHole = builder.node("Cast", [bytesAbove(builder, most)], attribute.int("to", 6));
  const first = builder.node("ArgMax", [isHole]);
  const last = builder.node("ArgMax", [isHole], attribute.int("select_last_index", 1));
  // Where there is no hole at all, that is the whole length.
  const half = builder.node("Div", [builder.node("Sub", [last, first]), builder.integer(2)]);
  const margin = builder.node("Add", [half, builder.integer(marginMin)]);
  const start = builder.node("Max", [builder.node("Sub", [first, margin]), builder.integer(0)]);
  // Cells of the steered levels, and of their ways, are those of the whole picture.
  const cell = builder.integer(2 ** (steeredLevelMax + 1));
  const from = builder.node("Mul", [builder.node("Div", [start, cell]), cell]);
  const beyond = builder.node("Add", [margin, builder.integer(1)]);
  return { from, to: builder.node("Add", [last, beyond]) };
}

const bytesAbove = (builder: GraphBuilder, wire: Wire): Wire =>
  builder.node("Greater", [wire, bytes(builder, builder.integer(0))]);

/** The finest of these levels, its holes filled from the coarser ones. */
function started(builder: GraphBuilder, levels: readonly Level[]): Wire {
  let filled: Wire | undefined;
  for (const level of [...levels].reverse()) {
    const coarse = filled ? builder.call(enlarge, filled, level.known) : meanColour(builder, level);
    const unknown = builder.node("Sub", [builder.number(1), level.known]);
    filled = builder.node("Add", [level.colour, builder.node("Mul", [coarse, unknown])]);
  }
  return filled ?? builder.number(grey);
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
  const total = builder.node("Add", [mean(colour), builder.number(grey * tiny)]);
  return builder.node("Div", [total, builder.node("Add", [mean(known), builder.number(tiny)])]);
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
