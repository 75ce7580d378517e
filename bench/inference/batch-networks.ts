// Two networks with an open batch, made here: what eight pictures cost beside one is the opposite in them.
//
//   weights       hidden layers that read all of their weights once a run, however many pictures it has:
//                 eight cost little more than one, as wherever memory is the limit
//   convolutions  arithmetic on every pixel: eight cost eight times one, and joining them saves nothing
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { attribute, GraphBuilder, type Wire } from "#actors/inference/models/graph-builder.ts";
import { encodeOnnx } from "#actors/inference/models/onnx-encoding.ts";

/** Of the pictures; both networks take no other. */
export const networkSide = 64;

export type BatchNetwork = "weights" | "convolutions";

export interface NetworkSize {
  /** Units of a hidden layer; each has 8,192 weights of four bytes. */
  readonly units: number;
  /** How often the hidden layer is gone through, each time from its own output. */
  readonly turns: number;
  /** Convolutions of 16 by 16 channels. */
  readonly layers: number;
}

/** The bytes of a `.onnx` file; its weights are made when it is loaded. */
export function networkFile(network: BatchNetwork, size: NetworkSize): Uint8Array {
  const graph = new GraphBuilder("bench");
  const filled = network === "weights" ? hiddenLayer(graph, size) : convolutions(graph, size);
  graph.output(graph.node("Sigmoid", [filled]), "output");
  const open = (channels: number) => ["batch", channels, networkSide, networkSide];
  return encodeOnnx({
    ...{ name: network, description: "", operatorSet: 17, version: 1, domain: "bench" },
    ...{ functions: [], nodes: graph.nodes },
    inputs: [
      { name: "image", shape: open(3) },
      { name: "mask", shape: open(1) },
    ],
    outputs: [{ name: "output", shape: open(3) }],
  });
}

/** Writes a folder of models; `itemsMax` 1: its runs are not joined. */
export async function writeNetwork(
  folder: string,
  file: Uint8Array,
  { itemsMax }: { readonly itemsMax: number },
): Promise<void> {
  const place = join(folder, "1");
  await mkdir(place, { recursive: true });
  await writeFile(join(place, "model.onnx"), file);
  const config = {
    padding: { multiple: 1, sizeMin: 0, isSquare: false },
    inputs: { image: { range: [0, 1] }, mask: { hole: 1 } },
    outputs: { output: { range: [0, 1] } },
    ...(itemsMax === 1 ? {} : { batching: { itemsMax } }),
  };
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
}

/** grey picture ─▶ units ─▶ grey picture ─▶ … laid over the mask's holes in the picture as it came */
function hiddenLayer(graph: GraphBuilder, { units, turns }: NetworkSize): Wire {
  const pixels = networkSide * networkSide;
  const inward = weights(graph, pixels, units);
  const outward = weights(graph, units, pixels);
  const axes = [attribute.ints("axes", [1]), attribute.int("keepdims", 0)];
  const grey = graph.node("ReduceMean", ["image"], ...axes);
  let drawn = graph.node("Reshape", [grey, graph.integers(-1, pixels)]);
  for (let turn = 0; turn < turns; turn += 1) {
    const hidden = graph.node("Tanh", [graph.node("MatMul", [drawn, inward])]);
    drawn = graph.node("MatMul", [hidden, outward]);
  }
  const shape = graph.integers(-1, 1, networkSide, networkSide);
  return laidOver(graph, graph.node("Reshape", [drawn, shape]));
}

function convolutions(graph: GraphBuilder, { layers }: NetworkSize): Wire {
  const channels = 16;
  const convolved = (wire: Wire, from: number, to: number): Wire => {
    const kernel = graph.node("Reshape", [
      waves(graph, from * to * 9),
      graph.integers(to, from, 3, 3),
    ]);
    return graph.node("Conv", [wire, kernel], attribute.ints("pads", [1, 1, 1, 1]));
  };
  let wire = convolved("image", 3, channels);
  for (let layer = 0; layer < layers; layer += 1) {
    wire = graph.node("Tanh", [convolved(wire, channels, channels)]);
  }
  return laidOver(graph, convolved(wire, channels, 3));
}

const laidOver = (graph: GraphBuilder, drawn: Wire): Wire =>
  graph.node("Add", ["image", graph.node("Mul", [drawn, "mask"])]);

const weights = (graph: GraphBuilder, rows: number, columns: number): Wire =>
  graph.node("Reshape", [waves(graph, rows * columns), graph.integers(rows, columns)]);

/** So many numbers from -0.1 to 0.1 that look like none in particular. */
function waves(graph: GraphBuilder, count: number): Wire {
  const range = [graph.number(0), graph.number(count), graph.number(1)];
  const angles = graph.node("Mul", [graph.node("Range", range), graph.number(0.7390851)]);
  return graph.node("Mul", [graph.node("Sin", [angles]), graph.number(0.1)]);
}
