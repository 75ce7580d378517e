// The network for faces answers with the negative; the detector finds one face, wherever it looks.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attribute } from "#actors/inference/models/graph-builder.ts";
import { onnxElements } from "#actors/inference/models/onnx-encoding.ts";
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

const planes = [1, 19, 512, 512];

/** Of class `left` in the left half of the face, of class `right` in the other one. */
const parser = (left: number, right: number, classes = planes) =>
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
const parserOfLight = () =>
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
const weighing = (name: string, element: "float32" | "float64", shape: readonly number[]) =>
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
const brightening = (factor: number) =>
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
    // A pixel is four of the aligned face, whose soft edge is half in after 25.5 of them.
    const [edge = 0] = pixelAt(picture, 96, 22);
    assert.ok(Math.abs(edge - 127.5) <= 12, `${edge}`);
    await work.close();
  });

  it("with a parser only what is of a face is laid back", async () => {
    const files = {
      ...{ "model.onnx": negative(), "detector.onnx": detector(0.99) },
      "parser.onnx": parser(1, 17),
    };
    const work = await openWork(kind, files);
    const image = await pngOf({ width: 256, height: 256 }, () => 60);
    const picture = await pictureIn(await work.ask({ image }));
    // The face covers 32 to 160 across and 16 to 144 down, and becomes 195 everywhere; skin is its left half.
    assert.deepEqual(pixelAt(picture, 50, 80), [195, 195, 195], "skin");
    assert.deepEqual(pixelAt(picture, 140, 80), [60, 60, 60], "neck");
    const [middle = 0] = pixelAt(picture, 96, 80);
    assert.ok(Math.abs(middle - 127.5) <= 12, `${middle}`);
    // Skin is seen to ten of its 512 pixels from the edge: two and a half here.
    const [near = 0] = pixelAt(picture, 36, 80);
    assert.deepEqual([near, pixelAt(picture, 33, 80)], [195, [60, 60, 60]]);
    await work.close();
  });

  it("a parser sees the face that was made, in samples of -1 to 1, and may have further outputs", async () => {
    const files = {
      ...{ "model.onnx": negative(), "detector.onnx": detector(0.99) },
      "parser.onnx": parserOfLight(),
    };
    const work = await openWork(kind, files);
    const after = async (level: number) => {
      const image = await pngOf({ width: 256, height: 256 }, () => level);
      return pixelAt(await pictureIn(await work.ask({ image })), 96, 80)[0];
    };
    // Its negative is light enough to be skin above 127.5 + 0.4 * 127.5 = 178.5.
    assert.deepEqual([await after(76), await after(77)], [179, 77]);
    await work.close();
  });

  it("an input named weight is given 0.5, or what config.json says; no other is taken", async () => {
    const image = await pngOf({ width: 512, height: 512 }, () => 10);
    const after = async (config: object, file: Uint8Array) => {
      const work = await openWork({ ...kind, ...config }, { "model.onnx": file });
      const [level] = pixelAt(await pictureIn(await work.ask({ image })), 1, 1);
      await work.close();
      return level;
    };
    // The network answers with its weight: 0.5 is three quarters of the way from -1 to 1.
    assert.equal(await after({}, weighing("weight", "float32", [])), 191);
    assert.equal(await after({}, weighing("weight", "float64", [1])), 191);
    assert.equal(await after({ weight: 0 }, weighing("weight", "float32", [1])), 128);
    await assert.rejects(after({}, weighing("other", "float32", [1])), {
      detail: /its inputs are input, other; expected one, a picture/,
    });
    await assert.rejects(after({}, weighing("weight", "float32", [2])), {
      detail: /input weight is float32 \[2\]; expected one number/,
    });
    await assert.rejects(after({ weight: 2 }, weighing("weight", "float32", [1])), {
      detail: /config\.json: weight is 2/,
    });
  });

  it("with a background network everything else is enlarged by it and brought back", async () => {
    const files = (factor: number) => ({
      ...{ "model.onnx": negative(), "detector.onnx": detector(0.99) },
      "background.onnx": brightening(factor),
    });
    const work = await openWork(kind, files(2));
    const image = await pngOf({ width: 256, height: 256 }, () => 60);
    const picture = await pictureIn(await work.ask({ image }));
    assert.deepEqual([picture.width, picture.height], [256, 256]);
    assert.deepEqual(pixelAt(picture, 96, 80), [195, 195, 195], "the face is of what was sent");
    assert.deepEqual(pixelAt(picture, 250, 250), [111, 111, 111], "51 levels lighter");
    await work.close();
    const larger = await openWork(kind, files(8));
    const wide = await pngOf({ width: 1_250, height: 1_251 }, () => 0);
    await assert.rejects(larger.ask({ image: wide }), {
      code: "too_large",
      detail: /^1250 by 1251 would become 100080000 pixels by background\.onnx/,
    });
    await larger.close();
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
    const parsing = (classes: number[]) => ({
      ...{ "model.onnx": negative(), "detector.onnx": detector(0.99) },
      "parser.onnx": parser(1, 2, classes),
    });
    await assert.rejects(openWork(kind, parsing([1, 11, 512, 512])), {
      code: "model_failed",
      detail: /parser\.onnx gave \[1,11,512,512\]; expected \[1,19,512,512\]/,
    });
    const blind = { "model.onnx": negative(), "parser.onnx": parser(1, 2) };
    await assert.rejects(openWork(kind, blind), {
      code: "model_failed",
      detail: /there is parser\.onnx, but no detector\.onnx .*; add one, or remove parser\.onnx/,
    });
    await assert.rejects(openWork(kind, files), {
      code: "model_failed",
      detail: /detector\.onnx has no float32 output \[1,10752,4\]; expected a RetinaFace network/,
    });
  });
});
