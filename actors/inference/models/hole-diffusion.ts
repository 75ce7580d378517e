// Pure. Diffusion on the pixels of the holes alone: a list of them instead of planes, so that the time
// follows the holes and not the picture. Colours are bytes as they lie in memory, a pixel's side by side,
// so that one place finds all three.
//
//   holes    N           their places in the level, row by row
//   plane    bytes       the level with what its holes hold so far, and its edge continued by two pixels
//   near     N x 4       places in the plane, four around each hole pixel
//
// A sweep: the four neighbours times their shares, summed, and put back into the plane.
import { reach } from "./edge-structure.ts";
import { stepsOf, type Ways } from "./edge-ways.ts";
import { attribute, type GraphBuilder, graphFunction, type Wire } from "./graph-builder.ts";
import type { OnnxFunction } from "./onnx-encoding.ts";

/** Pixels beyond the edge that a step may reach. */
const rim = reach;
/** How much of its last step a colour goes on with: as good as twice as many sweeps. */
const momentum = 0.5;
const int64 = attribute.int("to", 7);
const int32 = attribute.int("to", 6);
const float32 = attribute.int("to", 1);
const bytes = attribute.int("to", 2);

/**
 * The function that fills the holes of a level. Inputs: picture, bytes [h, w, 3]; holes, int64 [N], their
 * places in it; coarse, the next level without holes and with a rim, bytes [h / 2 + 4, w / 2 + 4, 3];
 * combination and shares, the ways at h / scale by w / scale cells. All rounded up. Result: bytes [N, 3].
 */
export function holeDiffusion(shape: {
  readonly domain: string;
  readonly name: string;
  readonly sweepCount: number;
  /** Pixels of this level across one cell of the ways. */
  readonly scale: number;
}): OnnxFunction {
  const { domain, name, scale, sweepCount } = shape;
  return graphFunction({
    domain,
    name,
    inputs: ["picture", "holes", "coarse", "combination", "shares"],
    body(builder, picture, holes, coarse, combination, shares) {
      const pixels = pixelsOf(builder, holes, sideOf(builder, picture, 1));
      const width = builder.node("Add", [sideOf(builder, picture, 1), int32Of(builder, 2 * rim)]);
      const own = placesOf(builder, pixels, { width, shift: rim });
      const ways = { combination, shares };
      const { near, share } = neighbours(builder, ways, { pixels, own, width, scale });
      const start = enlargedAt(builder, coarse, pixels);
      const sweep = (colours: Wire, onward: Wire) => {
        const filled = placed(builder, picture, { holes, colours: bytesOf(builder, colours) });
        const plane = flat(builder, rimmed(builder, filled));
        return mixedAt(builder, plane, { places: near, share, onward });
      };
      return bytesOf(builder, swept(builder, { start, sweep, count: sweepCount }));
    },
  });
}

function swept(
  builder: GraphBuilder,
  how: {
    readonly start: Wire;
    /** What is given besides is added to each colour. */
    readonly sweep: (colours: Wire, onward: Wire) => Wire;
    readonly count: number;
  },
): Wire {
  let previous = how.start;
  let colours = how.sweep(previous, halves(builder));
  for (let turn = 1; turn < how.count; turn++) {
    const step = builder.node("Mul", [
      builder.node("Sub", [colours, previous]),
      builder.number(momentum),
    ]);
    previous = colours;
    colours = how.sweep(colours, builder.node("Add", [step, builder.number(0.5)]));
  }
  return colours;
}

/** A half for each colour: what is cut to whole numbers afterwards is so rounded. */
const halves = (builder: GraphBuilder): Wire => builder.numbers(0.5, 0.5, 0.5);

const bytesOf = (builder: GraphBuilder, colours: Wire): Wire => {
  const inside = builder.node("Clip", [colours, builder.number(0), builder.number(255)]);
  return builder.node("Cast", [inside], bytes);
};

/** A picture [h, w, 3] with its edge continued by a rim. */
export const rimmed = (builder: GraphBuilder, picture: Wire): Wire => {
  const pads = builder.integers(rim, rim, 0, rim, rim, 0);
  return builder.node("Pad", [picture, pads], attribute.string("mode", "edge"));
};

/** A picture [h, w, 3] with colours [N, 3] at its holes, places [N]. */
export function placed(
  builder: GraphBuilder,
  picture: Wire,
  { holes, colours }: { readonly holes: Wire; readonly colours: Wire },
): Wire {
  const index = indexOf(builder, holes);
  const filled = builder.node("ScatterND", [flat(builder, picture), index, colours]);
  return builder.node("Reshape", [filled, builder.node("Shape", [picture])]);
}

const indexOf = (builder: GraphBuilder, places: Wire): Wire =>
  builder.node("Unsqueeze", [builder.node("Cast", [places], int64), last(builder)]);

export interface Pixels {
  /** Rows and columns, int32 [N]. */
  readonly y: Wire;
  readonly x: Wire;
}

/** Of places in a plane whose rows are `width` (int32) long. */
export function pixelsOf(builder: GraphBuilder, places: Wire, width: Wire): Pixels {
  const at = builder.node("Cast", [places], int32);
  const y = builder.node("Div", [at, width]);
  return { y, x: builder.node("Sub", [at, builder.node("Mul", [y, width])]) };
}

function placesOf(
  builder: GraphBuilder,
  { y, x }: Pixels,
  { width, shift }: { readonly width: Wire; readonly shift: number },
): Wire {
  const by = int32Of(builder, shift);
  const first = builder.node("Add", [builder.node("Mul", [width, by]), by]);
  const down = builder.node("Add", [builder.node("Mul", [y, width]), first]);
  return builder.node("Add", [down, x]);
}

function neighbours(
  builder: GraphBuilder,
  { combination, shares }: Ways,
  of: { readonly pixels: Pixels; readonly own: Wire; readonly width: Wire; readonly scale: number },
) {
  const { pixels, own, width, scale } = of;
  const part = (wire: Wire) => builder.node("Div", [wire, int32Of(builder, scale)]);
  const cells = { y: part(pixels.y), x: part(pixels.x) };
  const cell = placesOf(builder, cells, { width: sideOf(builder, combination, 1), shift: 0 });
  const all = builder.node("Reshape", [combination, builder.integers(-1)]);
  const which = builder.node("Gather", [all, cell]);
  const steps = builder.node("Gather", [stepsOf(builder, width), which]);
  const near = builder.node("Add", [builder.node("Unsqueeze", [own, last(builder)]), steps]);
  return { near, share: builder.node("Gather", [shares, cell]) };
}

/** The coarser level, enlarged by linear interpolation, at the hole pixels alone: [N, 3]. */
function enlargedAt(builder: GraphBuilder, coarse: Wire, { y, x }: Pixels): Wire {
  // Between the cells of (y - 1) / 2 and (y + 1) / 2; the nearer one has three quarters.
  const one = int32Of(builder, 1);
  const two = int32Of(builder, 2);
  const second = (wire: Wire) => builder.node("Div", [builder.node("Add", [wire, one]), two]);
  const [down, right] = [second(y), second(x)];
  const width = sideOf(builder, coarse, 1);
  const place = placesOf(builder, { y: down, x: right }, { width, shift: rim - 1 });
  const ends = builder.node("Cast", [builder.integers(0, 1, 0, 1)], int32);
  const rows = builder.node("Cast", [builder.integers(0, 0, 1, 1)], int32);
  const steps = builder.node("Add", [builder.node("Mul", [rows, width]), ends]);
  const places = builder.node("Add", [builder.node("Unsqueeze", [place, last(builder)]), steps]);
  const odd = (half: Wire, wire: Wire) =>
    builder.node("Sub", [builder.node("Mul", [half, two]), wire]);
  const parity = builder.node("Add", [builder.node("Mul", [odd(down, y), two]), odd(right, x)]);
  const share = builder.node("Gather", [parityShares(builder), parity]);
  const onward = halves(builder);
  return mixedAt(builder, flat(builder, coarse), { places, share, onward });
}

/** By whether row and column are odd, the shares of the four cells around: [4, 12]. */
function parityShares(builder: GraphBuilder): Wire {
  const share = (isOdd: boolean, isSecond: boolean) => (isOdd === isSecond ? 0.25 : 0.75);
  const values = [false, true].flatMap((isRowOdd) =>
    [false, true].flatMap((isColumnOdd) =>
      [false, true].flatMap((isLower) =>
        [false, true].flatMap((isRight) => {
          const own = share(isRowOdd, isLower) * share(isColumnOdd, isRight);
          return [own, own, own];
        }),
      ),
    ),
  );
  return builder.node("Reshape", [builder.numbers(...values), builder.integers(4, 12)]);
}

/** The colours at four places each [N, 4], times their shares [N, 12], summed and `onward` added: [N, 3]. */
function mixedAt(
  builder: GraphBuilder,
  colours: Wire,
  how: { readonly places: Wire; readonly share: Wire; readonly onward: Wire },
): Wire {
  const four = builder.node("Cast", [builder.node("Gather", [colours, how.places])], float32);
  const wide = builder.node("Reshape", [four, builder.integers(-1, 12)]);
  const parts = builder.node("Mul", [wide, how.share]);
  const unit = Array.from({ length: 36 }, (_, at) => (at % 3 === Math.floor(at / 3) % 3 ? 1 : 0));
  const sum = builder.node("Reshape", [builder.numbers(...unit), builder.integers(12, 3)]);
  return builder.node("Gemm", [parts, sum, how.onward]);
}

const flat = (builder: GraphBuilder, picture: Wire): Wire =>
  builder.node("Reshape", [picture, builder.integers(-1, 3)]);

const last = (builder: GraphBuilder): Wire => builder.integers(1);

export function sideOf(builder: GraphBuilder, wire: Wire, axis: number): Wire {
  const range = [attribute.int("start", axis), attribute.int("end", axis + 1)];
  const side = builder.node("Squeeze", [builder.node("Shape", [wire], ...range)]);
  return builder.node("Cast", [side], int32);
}

const int32Of = (builder: GraphBuilder, value: number): Wire =>
  builder.node("Cast", [builder.integer(value)], int32);
