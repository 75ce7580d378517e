// The network for faces answers with the negative; the detector finds one face, wherever it looks.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attribute } from "#actors/inference/models/graph-builder.ts";
import { priorsOf } from "#actors/inference/works/face-detection.ts";
import { graphFile, openWork, pictureIn, pixelAt, pngOf } from "./work-files.ts";

const negative = (side = 512) =>
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
const detector = (score: number) => {
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

const kind = { kind: "restore-face" };
const sample = (x: number, y: number, channel: number) => (x + 3 * y + 50 * channel) % 251;

describe("faces that are made anew", () => {
  it("without a detector a picture of 512 by 512 is one, and no other is taken", async () => {
    const work = await openWork(kind, { "model.onnx": negative() });
    const image = await pngOf({ width: 512, height: 512 }, sample);
    const result = await work.ask({ image });
    assert.equal(result.figures.faces, 1);
    const picture = await pictureIn(result);
    for (const [x, y] of [
      [0, 0],
      [511, 511],
      [100, 37],
    ] as const) {
      const expected = [0, 1, 2].map((channel) => 255 - sample(x, y, channel));
      assert.deepEqual(pixelAt(picture, x, y), expected);
    }
    const other = await pngOf({ width: 512, height: 511 }, sample);
    await assert.rejects(work.ask({ image: other }), {
      code: "invalid",
      detail:
        /^the image is 512 by 511, and the model has no detector\.onnx .*; send one aligned face/,
    });
    await work.close();
  });

  it("with one each face is, and the rest stays as it is", async () => {
    const files = { "model.onnx": negative(), "detector.onnx": detector(0.99) };
    const work = await openWork(kind, files);
    // Twice what the detector is shown: the face is 128 pixels from 32, 16 on.
    const image = await pngOf({ width: 256, height: 256 }, () => 60);
    const result = await work.ask({ image });
    assert.equal(result.figures.faces, 1);
    const picture = await pictureIn(result);
    assert.deepEqual([picture.width, picture.height], [256, 256]);
    assert.deepEqual(pixelAt(picture, 96, 80), [195, 195, 195]);
    for (const [x, y] of [
      [31, 80],
      [161, 80],
      [96, 15],
      [96, 145],
      [250, 250],
    ] as const) {
      assert.deepEqual(pixelAt(picture, x, y), [60, 60, 60], `${x}, ${y}`);
    }
    // Six of the twelve pixels of its soft edge.
    const [edge = 0] = pixelAt(picture, 96, 22);
    assert.ok(Math.abs(edge - 127.5) <= 3, `${edge}`);
    await work.close();
  });

  it("a picture without one comes back as it is", async () => {
    const files = { "model.onnx": negative(), "detector.onnx": detector(0.5) };
    const work = await openWork(kind, files);
    const image = await pngOf({ width: 70, height: 40 }, sample);
    const result = await work.ask({ image });
    assert.equal(result.figures.faces, 0);
    const picture = await pictureIn(result);
    assert.ok(
      picture.data.every((value, at) => {
        const pixel = Math.floor(at / 3);
        return value === sample(pixel % 70, Math.floor(pixel / 70), at % 3);
      }),
    );
    await work.close();
  });

  it("networks of another form are refused", async () => {
    await assert.rejects(openWork(kind, { "model.onnx": negative(256) }), {
      detail: /it takes 256 by 256; expected 512 by 512/,
    });
    const files = { "model.onnx": negative(), "detector.onnx": negative() };
    await assert.rejects(openWork(kind, files), {
      code: "model_failed",
      detail: /detector\.onnx has no float32 output \[1,10752,4\]; expected a RetinaFace network/,
    });
  });
});
