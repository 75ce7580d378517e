// Pure. The built-in inpainting model, written as arithmetic: no weights, nothing learned.
//
// Cut: of the picture only what the holes span is looked at, and some around it.
// Pull: halve the picture ten times; a coarse cell is the mean of its known pixels and unknown only
// where none is known, so holes of any size close somewhere on the way.
// Push: come back up; at each level what is still unknown starts as the enlarged coarse answer and,
// on the finest levels, is smoothed by a few sweeps. The sweeps are steered: a pixel takes its colour
// from its neighbours along the directions in which the picture around changes least, so edges and
// lines run on through a hole instead of fading in it. How much the picture changes in a direction is
// measured on known pixels of level 1 only, and pulled and pushed into the hole as colour is. Deep inside
// a hole, where nothing is sharp any more, the picture itself takes over what level 1 has.
//
//   image, mask ─► level 0 ─Pull─► 1 ─Pull─► 2 … ─Pull─► 10 ─► mean of all
//                     │            │         │           │        │
//   output ◄──────── Fill ◄────── Fill ◄──── … Enlarge ◄─┴◄───────┘
//
// Background: push-pull (Gortler et al., The Lumigraph, 1996), inpainting by diffusion (Bertalmio et
// al., 2000), coherence-enhancing diffusion (Weickert, 1999).
import { coarseStart, domain, enlarge } from "./coarse-start.ts";
import { edgeEvidence, edgeStructure, halved } from "./edge-structure.ts";
import { type Ways, waysOf } from "./edge-ways.ts";
import { attribute, GraphBuilder, type Wire } from "./graph-builder.ts";
import { bytesOf, enlargedAt, holeDiffusion, placed, placesOf } from "./hole-diffusion.ts";
import {
  type HolePlaces,
  holePlaces,
  int32Of,
  nonZero,
  pixelsOf,
  sideOf,
  spanOf,
} from "./hole-places.ts";
import { encodeOnnx } from "./onnx-encoding.ts";
import { cellSide, type Level, steeredLevels } from "./steered-levels.ts";

/** Sweeps on the picture itself, and on each smaller level, where they cost little. */
const sweepCount = { finest: 3, coarser: 6 } as const;
/** What a neighbour one pixel farther away must make up for. */
const distanceCost = 0.02;
/** Pixels around the holes that are looked at, besides half the length of what they span. */
const marginMin = 48;

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
    version: 4,
    domain,
    functions: [enlarge, evidence, structure, fill, fillFinest],
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
  const { places, y, x } = holePlaces(builder, whole);
  const { from, to } = spanOf(builder, { y, x }, { margin: marginMin, cell: 2 * cellSide });
  const cut = (wire: Wire) => builder.node("Slice", [wire, from, to, builder.integers(0, 1)]);
  const open = cut(whole);
  const within = placesWithin(builder, { y, x }, { from, width: sideOf(builder, open, 1) });
  const holes = builder.node("Cast", [within], attribute.int("to", 7));
  const picture = emptied(
    builder,
    cut(builder.node("Squeeze", [image, builder.integers(0)])),
    holes,
  );
  const known = bytes(builder, builder.node("Equal", [open, bytes(builder, builder.integer(0))]));
  const [one, two] = steeredLevels(builder, picture, known);
  const changes = changeOf(builder, one);
  const ways = waysOf(builder, changes.fine, distanceCost);
  const coarseWays = waysOf(builder, changes.coarse, distanceCost);
  const third = coarseStart(builder, two);
  const second = filledLevel(builder, two, {
    coarse: third,
    ways: coarseWays,
    scale: cellSide / 2,
  });
  const first = filledLevel(builder, one, { coarse: second, ways, scale: cellSide / 2 });
  const source = { coarse: first, ways, scale: cellSide };
  const { order, colours } = finestColours(builder, { picture, within, known: two.known, source });
  const there = builder.node("GatherElements", [places, order]);
  return placed(builder, image, {
    holes: builder.node("Cast", [there], attribute.int("to", 7)),
    colours: bytesOf(builder, colours),
  });
}

/**
 * The colours of the picture's own holes, [N, 3], and which of them these are, int64 [N]. Deep inside, where
 * even cells of four pixels hold nothing known, there is nothing sharp to continue: there the next level will do.
 */
function finestColours(
  builder: GraphBuilder,
  of: {
    readonly picture: Wire;
    readonly within: Wire;
    readonly known: Wire;
    readonly source: FillSource;
  },
): { readonly order: Wire; readonly colours: Wire } {
  const { picture, within, known, source } = of;
  const width = sideOf(builder, picture, 1);
  const { y, x } = pixelsOf(builder, within, width);
  const part = (wire: Wire) => builder.node("Div", [wire, int32Of(builder, 4)]);
  const cells = { y: part(y), x: part(x) };
  const cell = placesOf(builder, cells, { width: sideOf(builder, known, 3), shift: 0 });
  const line = builder.node("Reshape", [known, builder.integers(-1)]);
  const share = builder.node("GatherElements", [line, cell]);
  const swept = nonZero(builder, share);
  const deep = nonZero(builder, builder.node("Equal", [share, builder.number(0)]));
  const [sharp, soft] = [swept, deep].map((which) =>
    builder.node("GatherElements", [within, which]),
  );
  const placesFor = (wire = "") => builder.node("Cast", [wire], attribute.int("to", 7));
  const settled = enlargedAt(builder, source.coarse, pixelsOf(builder, soft ?? "", width));
  const colours = builder.call(
    fillFinest,
    ...[picture, placesFor(sharp), ...fromLevel(builder, source)],
    ...[placesFor(soft), settled],
  );
  const join = (wires: readonly Wire[]) => builder.node("Concat", wires, attribute.int("axis", 0));
  return { order: join([swept, deep]), colours: join([colours, settled]) };
}

/** The places of holes in a part that begins at `from`: int32 [N]. */
function placesWithin(
  builder: GraphBuilder,
  { y, x }: Pick<HolePlaces, "y" | "x">,
  { from, width }: { readonly from: Wire; readonly width: Wire },
): Wire {
  const corner = builder.node("Cast", [from], attribute.int("to", 6));
  const part = (wire: Wire, index: number) =>
    builder.node("Sub", [wire, builder.node("Gather", [corner, builder.integer(index)])]);
  const down = builder.node("Mul", [part(y, 0), width]);
  return builder.node("Add", [down, part(x, 1)]);
}

/** What a level is filled from: the next one without holes, and the ways at cells of `scale` pixels. */
interface FillSource {
  readonly coarse: Wire;
  readonly ways: Ways;
  readonly scale: number;
}

function filledLevel(builder: GraphBuilder, { colours, known }: Level, source: FillSource): Wire {
  const holes = nonZero(builder, builder.node("Equal", [known, builder.number(0)]));
  const filled = builder.call(fill, colours, holes, ...fromLevel(builder, source));
  return placed(builder, colours, { holes, colours: filled });
}

const fromLevel = (builder: GraphBuilder, { coarse, ways, scale }: FillSource): readonly Wire[] => [
  ...[coarse, ways.combination, ways.shares],
  int32Of(builder, scale),
];

/** The picture with its holes black: what stood in them has no influence. */
function emptied(builder: GraphBuilder, picture: Wire, holes: Wire): Wire {
  const count = builder.node("Shape", [holes], attribute.int("start", 0), attribute.int("end", 1));
  const size = builder.node("Concat", [count, builder.integers(3)], attribute.int("axis", 0));
  const black = builder.node("Expand", [bytes(builder, builder.integer(0)), size]);
  return placed(builder, picture, { holes, colours: black });
}

const bytes = (builder: GraphBuilder, wire: Wire): Wire =>
  builder.node("Cast", [wire], attribute.int("to", 2));

/** How much the picture changes in each direction, at each cell of the ways: [1, 8, h, w]. */
function changeOf(builder: GraphBuilder, { colours, known }: Level) {
  const weights = builder.node("Reshape", [builder.numbers(0.3, 0.6, 0.1), builder.integers(3, 1)]);
  const rows = builder.node("Reshape", [colours, builder.integers(-1, 3)]);
  const shape = builder.node("Shape", [known]);
  const bright = builder.node("Reshape", [builder.node("MatMul", [rows, weights]), shape]);
  const isKnown = builder.node("Min", [known, builder.number(1)]);
  const fine = builder.call(evidence, bright, isKnown);
  const coarse = builder.call(structure, halved(builder, fine), builder.number(0));
  return { coarse, fine: builder.call(structure, fine, builder.call(enlarge, coarse, fine)) };
}

const evidence = edgeEvidence(domain);
const structure = edgeStructure(domain);
const fill = holeDiffusion({
  ...{ domain, name: "Fill", sweepCount: sweepCount.coarser, hasSettled: false },
});
const fillFinest = holeDiffusion({
  ...{ domain, name: "FillFinest", sweepCount: sweepCount.finest, hasSettled: true },
});
