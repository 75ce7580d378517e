// Pure. What the steered levels start from: the picture halved on and on, a coarse cell being the mean of its known
// ones, until holes of any size have closed; and back up, the unknown cells of each level from the coarser one.
import { halved } from "./edge-structure.ts";
import { attribute, type GraphBuilder, graphFunction, type Wire } from "./graph-builder.ts";
import type { Level } from "./steered-levels.ts";

/** Of the functions of the model. */
export const domain = "troupe";
/** Levels that only start the finer ones: cells of 8 pixels and more hold no edge to continue. */
const coarseLevelCount = 8;
const tiny = 1e-6;
const grey = 127.5;

/** A level as planes: colours [1, 3, h, w], 0 where unknown, and known [1, 1, h, w], 1 or 0. */
interface Planes {
  readonly colours: Wire;
  readonly known: Wire;
}

// Colour is premultiplied by known, so one division makes means of the known cells, and turns known
// itself back into 1 or 0: cells count alike, however little of each is known.
function pulled(builder: GraphBuilder, { colours, known }: Planes): Planes {
  const share = halved(builder, known);
  const most = builder.node("Max", [share, builder.number(tiny)]);
  return {
    colours: builder.node("Div", [halved(builder, colours), most]),
    known: builder.node("Div", [share, most]),
  };
}

/** The next level after this one, without holes: [h / 2, w / 2, 3]. */
export function coarseStart(builder: GraphBuilder, { colours, known }: Level): Wire {
  const batch = builder.node("Unsqueeze", [colours, builder.integers(0)]);
  const isKnown = builder.node("Greater", [known, builder.number(0)]);
  let level: Planes = {
    colours: builder.node("Transpose", [batch], attribute.ints("perm", [0, 3, 1, 2])),
    known: builder.node("Cast", [isKnown], attribute.int("to", 1)),
  };
  const levels: Planes[] = [];
  while (levels.length < coarseLevelCount) {
    level = pulled(builder, level);
    levels.push(level);
  }
  let filled: Wire | undefined;
  for (const { colours, known } of levels.reverse()) {
    const coarse = filled ? builder.call(enlarge, filled, known) : meanColour(builder, level);
    const unknown = builder.node("Sub", [builder.number(1), known]);
    filled = builder.node("Add", [colours, builder.node("Mul", [coarse, unknown])]);
  }
  const squeezed = builder.node("Squeeze", [filled ?? "", builder.integers(0)]);
  return builder.node("Transpose", [squeezed], attribute.ints("perm", [1, 2, 0]));
}

// A picture that is all hole has no mean; the tiny terms make it grey.
function meanColour(builder: GraphBuilder, { colours, known }: Planes): Wire {
  const mean = (wire: Wire) => builder.node("GlobalAveragePool", [wire]);
  const total = builder.node("Add", [mean(colours), builder.number(grey * tiny)]);
  return builder.node("Div", [total, builder.node("Add", [mean(known), builder.number(tiny)])]);
}

// Twice the size exactly, then cut: a coarse cell stays over its own two by two pixels whatever the
// size, where a resize to the size wanted would shift them.
export const enlarge = graphFunction({
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
