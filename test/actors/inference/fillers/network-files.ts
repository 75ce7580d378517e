// Small ONNX networks with the inputs and outputs of those that people bring along. All of them turn
// the holes into the negative of what they were shown there, which tells where each pixel went, and
// which sample stood for a hole.
import { attribute, GraphBuilder, type Wire } from "#actors/inference/models/graph-builder.ts";
import { encodeOnnx, type OnnxPort, onnxElements } from "#actors/inference/models/onnx-encoding.ts";

interface Ports {
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

function networkFile(ports: Ports, body: (graph: GraphBuilder) => Wire): Uint8Array {
  const graph = new GraphBuilder("test");
  const [output] = ports.outputs;
  graph.output(body(graph), output?.name ?? "");
  return encodeOnnx({
    name: "test",
    description: "",
    operatorSet: 17,
    version: 1,
    domain: "test",
    functions: [],
    nodes: graph.nodes,
    ...ports,
  });
}

type Side = number | string;

/** Like LaMa: what is known comes through, light reaches 1 or 255; `flaw` multiplies the output. */
export function lamaFile({
  batch = 1,
  side,
  light = 1,
  names: [image, mask, output] = ["image", "mask", "output"],
  flaw = 1,
}: {
  readonly batch?: Side;
  readonly side?: number;
  readonly light?: number;
  readonly names?: readonly [string, string, string];
  readonly flaw?: number;
} = {}): Uint8Array {
  const [height, width] = [side ?? "height", side ?? "width"];
  const ports = {
    inputs: [
      { name: image, shape: [batch, 3, height, width] },
      { name: mask, shape: [batch, 1, height, width] },
    ],
    outputs: [{ name: output, shape: [batch, 3, height, width] }],
  };
  return networkFile(ports, (graph) => {
    const filled = negativeWhere(graph, { image, mask });
    return graph.node("Mul", [filled, graph.number(light * flaw)]);
  });
}

/** image * (1 - mask) + (1 - image) * mask */
function negativeWhere(
  graph: GraphBuilder,
  { image, mask }: { readonly image: Wire; readonly mask: Wire },
): Wire {
  const one = graph.number(1);
  const known = graph.node("Mul", [image, graph.node("Sub", [one, mask])]);
  return graph.node("Add", [known, graph.node("Mul", [graph.node("Sub", [one, image]), mask])]);
}

/** One input: a blanked picture and its mask. */
export function fourChannelFile({ side }: { readonly side?: number } = {}): Uint8Array {
  const [height, width] = [side ?? "height", side ?? "width"];
  const ports = {
    inputs: [{ name: "input", shape: [1, 4, height, width] }],
    outputs: [{ name: "output", shape: [1, 3, height, width] }],
  };
  return networkFile(ports, (graph) => {
    const part = (from: number, to: number) =>
      graph.node("Slice", ["input", graph.integers(from), graph.integers(to), graph.integers(1)]);
    return negativeWhere(graph, { image: part(0, 3), mask: part(3, 4) });
  });
}

/**
 * Like MI-GAN with its pipeline: bytes, 0 is a hole, and pixels outside the holes come back one
 * lighter, as its blending changes them too. `declared` is the output's shape in the file.
 */
export function pipelineFile(declared: readonly Side[] = [1, 3, "height", "width"]): Uint8Array {
  return negativeBytesFile((channels) => [1, channels, "height", "width"], declared);
}

/** The same with the channels of a pixel side by side. */
export function pixelsFile(): Uint8Array {
  const shape = (channels: number): readonly Side[] => [1, "height", "width", channels];
  return negativeBytesFile(shape, shape(3));
}

function negativeBytesFile(
  shape: (channels: number) => readonly Side[],
  declared: readonly Side[],
): Uint8Array {
  const ports = {
    inputs: [
      { name: "image", element: "uint8", shape: shape(3) },
      { name: "mask", element: "uint8", shape: shape(1) },
    ],
    outputs: [{ name: "result", element: "uint8", shape: declared }],
  } as const;
  return networkFile(ports, (graph) => {
    const to = (element: keyof typeof onnxElements) => attribute.int("to", onnxElements[element]);
    const image = graph.node("Cast", ["image"], to("float32"));
    const mask = graph.node("Cast", ["mask"], to("float32"));
    const known = graph.node("Div", [mask, graph.number(255)]);
    const hole = graph.node("Sub", [graph.number(1), known]);
    const negative = graph.node("Sub", [graph.number(255), image]);
    const lighter = graph.node("Min", [
      graph.node("Add", [image, graph.number(1)]),
      graph.number(255),
    ]);
    const mixed = graph.node("Add", [
      graph.node("Mul", [lighter, known]),
      graph.node("Mul", [negative, hole]),
    ]);
    return graph.node("Cast", [mixed], to("uint8"));
  });
}

/** Answers with half the height. */
export const halvingFile = (): Uint8Array =>
  networkFile(
    {
      inputs: [
        { name: "image", shape: [1, 3, "height", "width"] },
        { name: "mask", shape: [1, 1, "height", "width"] },
      ],
      outputs: [{ name: "output", shape: [1, 3, "half", "width"] }],
    },
    (graph) => {
      const whole = graph.node("Add", ["image", "mask"]);
      return graph.node("Slice", [whole, graph.integers(0), graph.integers(32), graph.integers(2)]);
    },
  );
