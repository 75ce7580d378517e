// Pure. Diffusion on the pixels of the holes alone: a list of them instead of planes, so that the time
// follows the holes and not the picture. A pixel's colours lie side by side, so that one place finds all three.
//
//   holes    N           their places in the level, row by row
//   near     4 x N       around each hole pixel: ahead in both ways, then behind in both
//   links    4 x N       which of the holes that is; N where it is none
//
// What lies around holes never changes, so its part is worked out once. A sweep then knows the holes' colours
// alone: those around each, times the shares of the ways, summed.
import { reach } from "./edge-structure.ts";
import { stepsOf, type Ways } from "./edge-ways.ts";
import { attribute, type GraphBuilder, graphFunction, type Wire } from "./graph-builder.ts";
import { type HolePlaces, int32Of, pixelsOf, sideOf } from "./hole-places.ts";
import type { OnnxFunction } from "./onnx-encoding.ts";

type Pixels = Pick<HolePlaces, "y" | "x">;

/** Pixels beyond the edge that a step may reach. */
const rim = reach;
/** How much of its last step a colour goes on with: as good as twice as many sweeps. */
const momentum = 0.5;
const int32 = attribute.int("to", 6);
const float32 = attribute.int("to", 1);
const uint8 = attribute.int("to", 2);

/**
 * The function that finds the colours of a level's holes. Inputs: plane [h, w, 3], bytes or float32, black in its
 * holes; holes, int64 [N], their places in it; coarse, the next level without holes, float32 [h / 2, w / 2, 3],
 * rounded up or more; combination and shares, the ways at h / scale by w / scale cells, rounded up or more;
 * scale, int32. Where some are settled: their places, int64 [D], and colours, float32 [D, 3]; they stay so.
 * Result: float32 [N, 3].
 */
export function holeDiffusion(shape: {
  readonly domain: string;
  readonly name: string;
  readonly sweepCount: number;
  readonly hasSettled: boolean;
}): OnnxFunction {
  const { domain, name, sweepCount, hasSettled } = shape;
  const inputs = ["plane", "holes", "coarse", "combination", "shares", "scale"];
  return graphFunction({
    domain,
    name,
    inputs: hasSettled ? [...inputs, "settled", "settledColours"] : inputs,
    body(builder, plane, holes, coarse, combination, shares, scale, settled, settledColours) {
      const places = builder.node("Cast", [holes], int32);
      const pixels = pixelsOf(builder, places, sideOf(builder, plane, 1));
      const width = builder.node("Add", [sideOf(builder, plane, 1), int32Of(builder, 2 * rim)]);
      const own = placesOf(builder, pixels, { width, shift: rim });
      const ways = { combination, shares };
      const { near, share } = neighbours(builder, ways, { pixels, own, width, scale });
      const all = settled ? joined(builder, [holes, settled]) : holes;
      const links = linksOf(builder, { plane, holes: all, near });
      const around = flat(builder, rimmed(builder, plane, 3));
      const still = builder.node("Add", mixedParts(builder, around, { places: near, share }));
      const none = builder.node("Reshape", [builder.numbers(0, 0, 0), builder.integers(1, 3)]);
      const rest = settledColours ? joined(builder, [settledColours, none]) : none;
      let previous = enlargedAt(builder, coarse, pixels);
      let colours = previous;
      for (let turn = 0; turn < sweepCount; turn++) {
        const parts = [still];
        if (turn > 0) {
          const step = builder.node("Sub", [colours, previous]);
          parts.push(builder.node("Mul", [step, builder.number(momentum)]));
        }
        previous = colours;
        const moving = joined(builder, [colours, rest]);
        parts.push(...mixedParts(builder, moving, { places: links, share }));
        colours = builder.node("Sum", parts);
      }
      return colours;
    },
  });
}

/** Which hole is at each of these places, and their number where there is none: int32 like `near`. */
function linksOf(
  builder: GraphBuilder,
  { plane, holes, near }: { readonly plane: Wire; readonly holes: Wire; readonly near: Wire },
): Wire {
  const sides = builder.node("Shape", [plane], attribute.int("start", 0), attribute.int("end", 2));
  const count = sideOf(builder, holes, 0);
  const size = builder.node("ReduceProd", [sides]);
  const nowhere = builder.node("Expand", [count, size]);
  const ranks = builder.node("Range", [int32Of(builder, 0), count, int32Of(builder, 1)]);
  const numbered = builder.node("ScatterElements", [nowhere, holes, ranks]);
  const sheet = rimmed(builder, builder.node("Reshape", [numbered, sides]), 2);
  const line = builder.node("Reshape", [sheet, builder.integers(-1)]);
  return builder.node("GatherElements", [line, near]);
}

/** Colours as bytes, rounded. */
export const bytesOf = (builder: GraphBuilder, colours: Wire): Wire => {
  const rounded = builder.node("Add", [colours, builder.number(0.5)]);
  const inside = builder.node("Clip", [rounded, builder.number(0), builder.number(255)]);
  return builder.node("Cast", [inside], uint8);
};

/** A plane of two or three axes, its edge continued. */
const rimmed = (builder: GraphBuilder, plane: Wire, axes: 2 | 3): Wire => {
  const pads = axes === 2 ? [rim, rim, rim, rim] : [rim, rim, 0, rim, rim, 0];
  return builder.node("Pad", [plane, builder.integers(...pads)], attribute.string("mode", "edge"));
};

/** A plane [h, w, 3] with colours [N, 3] at its holes, places [N]. */
export function placed(
  builder: GraphBuilder,
  plane: Wire,
  { holes, colours }: { readonly holes: Wire; readonly colours: Wire },
): Wire {
  const index = builder.node("Unsqueeze", [holes, builder.integers(1)]);
  const filled = builder.node("ScatterND", [flat(builder, plane), index, colours]);
  return builder.node("Reshape", [filled, builder.node("Shape", [plane])]);
}

/** Counted row by row in a plane whose rows are `width` (int32) long, all moved down and right by `shift`. */
export function placesOf(
  builder: GraphBuilder,
  { y, x }: Pixels,
  { width, shift }: { readonly width: Wire; readonly shift: number },
): Wire {
  const down = builder.node("Add", [builder.node("Mul", [y, width]), x]);
  if (shift === 0) return down;
  const by = int32Of(builder, shift);
  const first = builder.node("Add", [builder.node("Mul", [width, by]), by]);
  return builder.node("Add", [down, first]);
}

function neighbours(
  builder: GraphBuilder,
  { combination, shares }: Ways,
  of: {
    readonly pixels: Pixels;
    readonly own: Wire;
    readonly width: Wire;
    readonly scale: Wire;
  },
) {
  const { pixels, own, width, scale } = of;
  const part = (wire: Wire) => builder.node("Div", [wire, scale]);
  const cells = { y: part(pixels.y), x: part(pixels.x) };
  const cell = placesOf(builder, cells, { width: sideOf(builder, combination, 1), shift: 0 });
  const all = builder.node("Reshape", [combination, builder.integers(-1)]);
  const which = builder.node("GatherElements", [all, cell]);
  const [one, other] = (["one", "other"] as const).map((way) =>
    builder.node("GatherElements", [stepsOf(builder, width, way), which]),
  );
  const ahead = [one, other].map((step) => builder.node("Add", [own, step ?? ""]));
  const behind = [one, other].map((step) => builder.node("Sub", [own, step ?? ""]));
  const near = joined(builder, [...ahead, ...behind]);
  const first = builder.node("Gather", [shares, cell]);
  const second = builder.node("Sub", [builder.number(0.5), first]);
  return { near, share: joined(builder, [first, second]) };
}

const joined = (builder: GraphBuilder, wires: readonly Wire[]): Wire =>
  builder.node("Concat", wires, attribute.int("axis", 0));

/**
 * The coarser level, enlarged by linear interpolation, at the hole pixels alone: [N, 3]. A pixel is a quarter of
 * the way from the middle of its cell to that of the next, down or up and right or left.
 */
export function enlargedAt(builder: GraphBuilder, coarse: Wire, { y, x }: Pixels): Wire {
  const two = int32Of(builder, 2);
  const [down, right] = [builder.node("Div", [y, two]), builder.node("Div", [x, two])];
  const width = sideOf(builder, coarse, 1);
  const nextDown = nextCell(builder, y, { half: down, end: sideOf(builder, coarse, 0) });
  const nextRight = nextCell(builder, x, { half: right, end: width });
  const part = (cell: Pixels, share: number) => {
    const place = placesOf(builder, cell, { width, shift: 0 });
    const colours = builder.node("Gather", [flat(builder, coarse), place]);
    return builder.node("Mul", [colours, builder.number(share)]);
  };
  return builder.node("Sum", [
    part({ y: down, x: right }, 9 / 16),
    part({ y: down, x: nextRight }, 3 / 16),
    part({ y: nextDown, x: right }, 3 / 16),
    part({ y: nextDown, x: nextRight }, 1 / 16),
  ]);
}

/** One cell further for an odd row or column, one back for an even one: 2 * at - 3 * half - 1. */
function nextCell(
  builder: GraphBuilder,
  at: Wire,
  { half, end }: { readonly half: Wire; readonly end: Wire },
): Wire {
  const twice = builder.node("Mul", [at, int32Of(builder, 2)]);
  const thrice = builder.node("Mul", [half, int32Of(builder, 3)]);
  const one = int32Of(builder, 1);
  const there = builder.node("Sub", [builder.node("Sub", [twice, thrice]), one]);
  const last = builder.node("Sub", [end, one]);
  return builder.node("Min", [builder.node("Max", [there, int32Of(builder, 0)]), last]);
}

/** The colours at four places each, 4 x N of them, times their shares; [N, 3] twice, whose sum is theirs. */
function mixedParts(
  builder: GraphBuilder,
  colours: Wire,
  { places, share }: { readonly places: Wire; readonly share: Wire },
): readonly [Wire, Wire] {
  const four = builder.node("Cast", [builder.node("Gather", [colours, places])], float32);
  const ways = builder.node("Add", halvesOf(builder, four));
  return halvesOf(builder, builder.node("Mul", [ways, share]));
}

const halvesOf = (builder: GraphBuilder, colours: Wire): readonly [Wire, Wire] =>
  builder.pair("Split", [colours], attribute.int("axis", 0));

const flat = (builder: GraphBuilder, plane: Wire): Wire =>
  builder.node("Reshape", [plane, builder.integers(-1, 3)]);
