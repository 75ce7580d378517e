// The encoder hands on means of the picture; the decoder marks the one pixel that was clicked at, if its
// label is 1 and the empty click is there, and if the picture was light there.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { attribute, type GraphBuilder, type Wire } from "#actors/inference/models/graph-builder.ts";
import { onnxElements } from "#actors/inference/models/onnx-encoding.ts";
import { EmbeddingShelf, embeddingsKeptMax } from "#actors/inference/works/embedding-shelf.ts";
import { graphFile, openWork, pictureIn, pixelAt, pngOf, type WorkAtHand } from "./work-files.ts";

const side = 16;

const encoder = (height = side, width = side) =>
  graphFile(
    {
      inputs: [{ name: "x", shape: [1, 3, height, width] }],
      outputs: [{ name: "image_embeddings", shape: [1, 3, height / 4, width / 4] }],
    },
    (graph) => [
      graph.node(
        "AveragePool",
        ["x"],
        attribute.ints("kernel_shape", [4, 4]),
        attribute.ints("strides", [4, 4]),
      ),
    ],
  );

const decoderInputs = [
  { name: "image_embeddings", shape: [1, 3, side / 4, side / 4] },
  { name: "point_coords", shape: [1, "points", 2] },
  { name: "point_labels", shape: [1, "points"] },
  { name: "mask_input", shape: [1, 1, side, side] },
  { name: "has_mask_input", shape: [1] },
  { name: "orig_im_size", shape: [2] },
];

const decoder = (inputs: typeof decoderInputs = decoderInputs) =>
  graphFile({ inputs, outputs: [{ name: "masks", shape: [1, 1, "h", "w"] }] }, (graph) => [
    graph.node("Mul", [nearness(graph), weight(graph)]),
  ]);

const at = (graph: GraphBuilder, wire: Wire, index: number, axis: number): Wire =>
  graph.node("Gather", [wire, graph.integer(index)], attribute.int("axis", axis));

/** [1,1,h,w]: above 0 only where row and column are those of the first click. */
function nearness(graph: GraphBuilder): Wire {
  const [height, width] = [at(graph, "orig_im_size", 0, 0), at(graph, "orig_im_size", 1, 0)];
  const scale = graph.node("Div", [graph.node("Max", [height, width]), graph.number(side)]);
  const point = at(graph, "point_coords", 0, 1);
  const distance = (coordinate: number, length: Wire, shape: readonly number[]): Wire => {
    const places = graph.node("Range", [graph.number(0), length, graph.number(1)]);
    const place = graph.node("Mul", [at(graph, point, coordinate, 1), scale]);
    const line = graph.node("Reshape", [places, graph.integers(...shape)]);
    return graph.node("Abs", [graph.node("Sub", [line, place])]);
  };
  const farther = graph.node("Max", [
    distance(0, width, [1, 1, 1, -1]),
    distance(1, height, [1, 1, -1, 1]),
  ]);
  return graph.node("Sub", [graph.number(0.5), farther]);
}

/** Above 0 where the first click is meant, the last label is -1, and the upper left is light. */
function weight(graph: GraphBuilder): Wire {
  const first = at(graph, "point_labels", 0, 1);
  const last = graph.node("Neg", [at(graph, "point_labels", -1, 1)]);
  const corner = at(graph, at(graph, at(graph, "image_embeddings", 0, 1), 0, 1), 0, 1);
  const light = graph.node(
    "Cast",
    [graph.node("Greater", [corner, graph.number(0)])],
    attribute.int("to", onnxElements.float32),
  );
  // What was there before is empty, and said to be.
  const none = graph.node("Sub", [graph.number(1), graph.node("ReduceMax", ["mask_input"])]);
  const unsaid = graph.node("Sub", [graph.number(1), at(graph, "has_mask_input", 0, 0)]);
  const factors = [first, last, light, unsaid];
  return factors.reduce((product, factor) => graph.node("Mul", [product, factor]), none);
}

describe("a mask by clicks", () => {
  let work: WorkAtHand;
  before(async () => {
    const files = { "encoder.onnx": encoder(), "decoder.onnx": decoder() };
    work = await openWork({ kind: "segment-by-clicks" }, files);
  });
  after(() => work.close());

  it("lies around the click, in the colour of the brush", async () => {
    for (const [width, height, x, y] of [
      [32, 16, 20, 8],
      [16, 64, 10, 40],
      [8, 8, 4, 4],
    ] as const) {
      const image = await pngOf({ width, height }, () => 255);
      const result = await work.ask({ image }, { clicks: JSON.stringify([[x, y, 1]]) });
      assert.equal(result.figures.format, "png");
      const picture = await pictureIn(result);
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column++) {
          const isIn = Math.abs(column - x) <= 4 && Math.abs(row - y) <= 4;
          const colour = isIn ? [255, 203, 0, 186] : [0, 0, 0, 0];
          assert.deepEqual(pixelAt(picture, column, row), colour, `${column}, ${row} of ${width}`);
        }
      }
    }
  });

  it("is empty where the click is not meant, or the picture has nothing there", async () => {
    for (const [shade, label] of [
      [255, 0],
      [0, 1],
    ] as const) {
      const image = await pngOf({ width: 32, height: 16 }, () => shade);
      const result = await work.ask({ image }, { clicks: `[[20,8,${label}]]` });
      assert.ok((await pictureIn(result)).data.every((value) => value === 0));
    }
  });

  it("of another click in the same picture does not read the picture again", async () => {
    const image = await pngOf({ width: 32, height: 16 }, () => 201);
    const embedding = async (file: Uint8Array, clicks: string) =>
      (await work.ask({ image: file }, { clicks })).figures.embedding;
    assert.equal(await embedding(image, "[[2,2,1]]"), "computed");
    assert.equal(await embedding(image, "[[9,2,1],[3,3,0]]"), "kept");
    const other = await pngOf({ width: 32, height: 16 }, () => 202);
    assert.equal(await embedding(other, "[[2,2,1]]"), "computed");
    assert.equal(await embedding(image, "[[2,2,1]]"), "kept");
  });
});

it("of several masks the first is taken, and a file mask beside the image is not looked at", async () => {
  const outputs = [{ name: "masks", shape: [1, 4, "h", "w"] }];
  const several = graphFile({ inputs: decoderInputs, outputs }, (graph) => {
    const one = graph.node("Mul", [nearness(graph), weight(graph)]);
    const other = graph.node("Neg", [one]);
    return [graph.node("Concat", [one, other, other, other], attribute.int("axis", 1))];
  });
  const files = { "encoder.onnx": encoder(), "decoder.onnx": several };
  const work = await openWork({ kind: "segment-by-clicks" }, files);
  const image = await pngOf({ width: 32, height: 16 }, () => 255);
  const mask = Buffer.from("rubbish");
  const picture = await pictureIn(await work.ask({ image, mask }, { clicks: "[[20,8,1]]" }));
  assert.equal(picture.channels, 4);
  assert.deepEqual(pixelAt(picture, 20, 8), [255, 203, 0, 186]);
  assert.deepEqual(pixelAt(picture, 2, 2), [0, 0, 0, 0]);
  await work.close();
});

it("sixteen pictures are remembered, and the one that was used least recently goes", () => {
  const shelf = new EmbeddingShelf();
  const embedding = { shape: [1], data: new Float32Array(1) };
  for (let index = 0; index < embeddingsKeptMax; index++) shelf.put(`${index}`, embedding);
  assert.equal(shelf.take("0"), embedding);
  shelf.put("one more", embedding);
  assert.equal(shelf.take("1"), undefined);
  assert.equal(shelf.take("0"), embedding);
  assert.equal(shelf.take("one more"), embedding);
});

describe("networks that are others are refused, by their inputs", () => {
  const kind = { kind: "segment-by-clicks" };
  it("a decoder without one of its inputs, and one that is missing", async () => {
    const other = decoderInputs.map((port) =>
      port.name === "orig_im_size" ? { ...port, name: "size" } : port,
    );
    const strange = graphFile({ inputs: other, outputs: [{ name: "masks", shape: [2] }] }, () => [
      "size",
    ]);
    await assert.rejects(openWork(kind, { "encoder.onnx": encoder(), "decoder.onnx": strange }), {
      code: "model_failed",
      detail: /decoder\.onnx has the inputs .*size and output masks; expected/,
    });
    await assert.rejects(openWork(kind, { "encoder.onnx": encoder() }), {
      detail: /could not be loaded from .*decoder\.onnx/,
    });
  });

  it("an encoder that is not square", async () => {
    const files = { "encoder.onnx": encoder(8, 16), "decoder.onnx": decoder() };
    await assert.rejects(openWork(kind, files), { detail: /encoder\.onnx takes 16 by 8/ });
  });
});
