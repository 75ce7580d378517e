// Small networks of the forms that those for faces have: one answers with the negative, the detector finds one
// face wherever it looks, parsers tell halves apart.
import assert from "node:assert/strict";
import { attribute } from "#actors/inference/models/graph-builder.ts";
import { onnxElements } from "#actors/inference/models/onnx-encoding.ts";
import { priorsOf } from "#actors/inference/works/face-detection.ts";
import { graphFile } from "./work-files.ts";

export const negative = (side = 512) =>
  graphFile(
    {
      inputs: [{ name: "input", shape: [1, 3, side, side] }],
      outputs: [{ name: "output", shape: [1, 3, side, side] }],
    },
    (graph) => [graph.node("Neg", ["input"])],
  );

const shown = { width: 128, height: 128 };
const priors = priorsOf(shown);
/** Eyes, nose and mouth as they lie in an aligned face, a quarter as large, from 16, 8 on. */
const landmarks = [
  [192.98138, 239.94708],
  [318.90277, 240.1936],
  [256.63416, 314.01935],
  [201.26117, 371.41043],
  [313.08905, 371.15118],
].flatMap(([x = 0, y = 0]) => [16 + x / 8, 8 + y / 8]);

/** For the box at that place in the grid with the smallest faces. */
export const detector = (score: number) => {
  const at = 2 * (5 * 16 + 6);
  const prior = priors[at];
  assert.ok(prior);
  const scores = priors.flatMap((_, index) => (index === at ? [1 - score, score] : [1, 0]));
  const offsets = landmarks.map(
    (value, index) => (value - (index % 2 === 0 ? prior.x : prior.y)) / (0.1 * prior.size),
  );
  const marks = priors.flatMap((_, index) => (index === at ? offsets : Array<number>(10).fill(0)));
  const rows = priors.length;
  return graphFile(
    {
      inputs: [{ name: "input0", shape: [1, 3, shown.height, shown.width] }],
      outputs: [4, 2, 10].map((numbers) => ({ name: `out${numbers}`, shape: [1, rows, numbers] })),
    },
    (graph) => {
      // Of the picture, but nothing of it is seen.
      const nothing = graph.node("Mul", [
        graph.node("ReduceMax", ["input0"], attribute.int("keepdims", 0)),
        graph.number(0),
      ]);
      const table = (numbers: readonly number[]) =>
        graph.node("Add", [
          graph.node("Reshape", [graph.numbers(...numbers), graph.integers(1, rows, -1)]),
          nothing,
        ]);
      return [table(Array<number>(rows * 4).fill(0)), table(scores), table(marks)];
    },
  );
};

const planes = [1, 19, 512, 512];

/** Of class `left` in the left half of the face, of class `right` in the other one. */
export const parser = (left: number, right: number, classes = planes) =>
  graphFile(
    {
      inputs: [{ name: "input", shape: [1, 3, 512, 512] }],
      outputs: [{ name: "output", shape: classes }],
    },
    (graph) => {
      const order = graph.node("Range", [graph.number(0), graph.number(512), graph.number(1)]);
      const columns = graph.node("Reshape", [order, graph.integers(1, 1, 1, 512)]);
      // Above 0 in the right half, below 0 in the left one.
      const side = graph.node("Sub", [columns, graph.number(255.5)]);
      const signs = Array.from({ length: classes[1] ?? 0 }, (_, at) =>
        at === left ? -1 : at === right ? 1 : 0,
      );
      const sign = graph.node("Reshape", [graph.numbers(...signs), graph.integers(1, -1, 1, 1)]);
      const nothing = graph.node("Mul", [
        graph.node("ReduceMax", ["input"], attribute.int("keepdims", 0)),
        graph.number(0),
      ]);
      const shape = graph.integers(...classes);
      const answer = graph.node("Add", [graph.node("Mul", [side, sign]), nothing]);
      return [graph.node("Expand", [answer, shape])];
    },
  );

/** Skin where red is above 0.4, ground elsewhere; a second output beside it. */
export const parserOfLight = () =>
  graphFile(
    {
      inputs: [{ name: "input", shape: [1, 3, 512, 512] }],
      outputs: [
        { name: "output", shape: planes },
        { name: "picture", shape: [1, 3, 512, 512] },
      ],
    },
    (graph) => {
      const red = graph.node("Slice", [
        ...["input", graph.integers(0), graph.integers(1), graph.integers(1)],
      ]);
      const skin = graph.node("Sub", [red, graph.number(0.4)]);
      const pads = graph.integers(0, 1, 0, 0, 0, 17, 0, 0);
      return [graph.node("Pad", [skin, pads]), graph.node("Identity", ["input"])];
    },
  );

/** Answers with its weight. */
export const weighing = (name: string, element: "float32" | "float64", shape: readonly number[]) =>
  graphFile(
    {
      inputs: [
        { name: "input", shape: [1, 3, 512, 512] },
        { name, shape, element },
      ],
      outputs: [{ name: "output", shape: [1, 3, 512, 512] }],
    },
    (graph) => {
      const number = graph.node("Cast", [name], attribute.int("to", onnxElements.float32));
      const most = graph.node("ReduceMax", [number], attribute.int("keepdims", 0));
      const nothing = graph.node("Mul", ["input", graph.number(0)]);
      return [graph.node("Add", [nothing, most])];
    },
  );

/** So many times as large, and a fifth lighter. */
export const brightening = (factor: number) =>
  graphFile(
    {
      inputs: [{ name: "input", shape: [1, 3, "h", "w"] }],
      outputs: [{ name: "output", shape: [1, 3, "H", "W"] }],
    },
    (graph) => {
      const light = graph.node("Add", ["input", graph.number(0.2)]);
      const many = Array<string>(factor ** 2).fill(light);
      const deep = graph.node("Concat", many, attribute.int("axis", 1));
      return [graph.node("DepthToSpace", [deep], attribute.int("blocksize", factor))];
    },
  );
