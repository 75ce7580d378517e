import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attribute, type GraphBuilder, type Wire } from "#actors/inference/models/graph-builder.ts";
import { stretchedToBytes, unitsToBytes } from "#actors/inference/works/cutout.ts";
import { smoothlyResized } from "#actors/inference/works/smooth-resize.ts";
import {
  graphFile,
  type NamedBytes,
  openWork,
  type Picture,
  pictureIn,
  pixelAt,
  pngOf,
} from "./work-files.ts";

/** A network of a square picture; `body` gives the plane that it answers with. */
const networkOf = (side: number, body: (graph: GraphBuilder) => Wire): NamedBytes => ({
  "model.onnx": graphFile(
    {
      inputs: [{ name: "input.1", shape: [1, 3, side, side] }],
      outputs: [{ name: "1959", shape: [1, 1, side, side] }],
    },
    (graph) => [body(graph)],
  ),
});

const channel = (graph: GraphBuilder, index: number): Wire =>
  graph.node("Slice", [
    ...["input.1", graph.integers(index), graph.integers(index + 1), graph.integers(1)],
  ]);

async function cutOut(
  { config, files }: { readonly config: object; readonly files: NamedBytes },
  image: Uint8Array,
): Promise<Picture> {
  const work = await openWork(config, files);
  try {
    const result = await work.ask({ image });
    assert.equal(result.figures.format, "png");
    return await pictureIn(result);
  } finally {
    await work.close();
  }
}

const red = (x: number, y: number) => 20 + 10 * x + 3 * y;
const green = (x: number, y: number) => 200 - 7 * x - 11 * y;
const blue = (x: number, y: number) => 5 * x + 20 * y;
const colours = (x: number, y: number, index: number) => [red, green, blue][index]?.(x, y) ?? 0;

describe("a background that is removed", () => {
  it("the network sees each sample over the largest one, less its mean, over its deviation", async () => {
    const files = networkOf(8, (graph) =>
      graph.node("Mul", [channel(graph, 0), channel(graph, 1)]),
    );
    const image = await pngOf({ width: 8, height: 8 }, colours);
    const picture = await cutOut({ config: { kind: "remove-background" }, files }, image);
    assert.equal(picture.channels, 4);
    // The largest sample is the green of the first pixel, 200. Only what is no straight line of the
    // samples survives the stretching of the answer, so the product shows means and deviations.
    const answer = (x: number, y: number) =>
      ((red(x, y) / 200 - 0.485) / 0.229) * ((green(x, y) / 200 - 0.456) / 0.224);
    const answers = Array.from({ length: 64 }, (_, at) => answer(at % 8, Math.floor(at / 8)));
    const [least, most] = [Math.min(...answers), Math.max(...answers)];
    for (const [at, value] of answers.entries()) {
      const [x, y] = [at % 8, Math.floor(at / 8)];
      const [r = 0, , , alpha = 0] = pixelAt(picture, x, y);
      const kept = Math.floor(((value - least) / (most - least)) * 255);
      assert.ok(Math.abs(alpha - kept) <= 1, `alpha ${alpha} at ${x}, ${y}, not ${kept}`);
      assert.equal(r, Math.round((red(x, y) * alpha) / 255), "the colour is premultiplied");
    }
  });

  it("means, deviations and the order of the channels are those of config.json", async () => {
    const image = await pngOf({ width: 8, height: 8 }, colours);
    const config = {
      ...{ kind: "remove-background", means: [0.5, 0.5, 0.5], deviations: [1, 1, 1] },
      channelOrder: "bgr",
    };
    const square = networkOf(8, (graph) =>
      graph.node("Mul", [channel(graph, 0), channel(graph, 0)]),
    );
    const picture = await cutOut({ config, files: square }, image);
    const answers = Array.from(
      { length: 64 },
      (_, at) => (blue(at % 8, Math.floor(at / 8)) / 200 - 0.5) ** 2,
    );
    const [least, most] = [Math.min(...answers), Math.max(...answers)];
    for (const [at, value] of answers.entries()) {
      const alpha = picture.data[at * 4 + 3] ?? 0;
      assert.ok(Math.abs(alpha - ((value - least) / (most - least)) * 255) <= 1.01, `${at}`);
    }
  });

  it("a larger picture comes back in its size; what is all alike stays away", async () => {
    const files = networkOf(8, (graph) => channel(graph, 0));
    const half = await pngOf({ width: 40, height: 20 }, (x) => (x < 20 ? 0 : 250));
    const picture = await cutOut({ config: { kind: "remove-background" }, files }, half);
    assert.deepEqual([picture.width, picture.height], [40, 20]);
    assert.deepEqual(pixelAt(picture, 3, 10), [0, 0, 0, 0]);
    const [, , , alpha = 0] = pixelAt(picture, 36, 10);
    assert.ok(alpha >= 240, `${alpha}`);
    const plain = await pngOf({ width: 8, height: 8 }, () => 77);
    const nothing = await cutOut({ config: { kind: "remove-background" }, files }, plain);
    assert.ok(nothing.data.every((sample) => sample === 0));
  });
});

describe("a background that is removed, as rembg removes it", () => {
  const stretched = (values: readonly number[]): Uint8Array => {
    const single = Math.fround;
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const shares = values.map((value) => single(single(value - least) / single(most - least)));
    return Uint8Array.from(shares, (share) => Math.floor(single(share * 255)));
  };

  it("is resized by Pillow's Lanczos on the way there and back, bit by bit", async () => {
    const see = (x: number, y: number, index: number) => (x * x + 7 * y + 60 * index) % 233;
    const [width, height, side] = [40, 21, 16];
    const files = networkOf(side, (graph) => channel(graph, 0));
    const image = await pngOf({ width, height }, see);
    const picture = await cutOut({ config: { kind: "remove-background" }, files }, image);
    const rgb = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
      const pixel = Math.floor(at / 3);
      return see(pixel % width, Math.floor(pixel / width), at % 3);
    });
    const square = { width: side, height: side };
    const small = smoothlyResized({ width, height, channels: 3, data: rgb }, square, "lanczos3");
    const most = Math.max(...small.data);
    assert.ok(most < 255, "the picture's own largest sample is another than 255");
    const reds = [...small.data].filter((_, at) => at % 3 === 0);
    const seen = reds.map((value) => Math.fround((value / most - 0.485) / 0.229));
    const answer = { ...square, channels: 1, data: stretched(seen) } as const;
    const kept = smoothlyResized(answer, { width, height }, "lanczos3").data;
    assert.deepEqual(
      kept.map((_, at) => picture.data[at * 4 + 3] ?? 0),
      kept,
    );
  });

  it("takes a sigmoid first where the network answers with logits, as birefnet does", async () => {
    const files = networkOf(8, (graph) => graph.node("Mul", [channel(graph, 0), graph.number(3)]));
    const image = await pngOf({ width: 8, height: 8 }, (x, y) => 4 * (8 * y + x));
    const config = { kind: "remove-background", hasLogits: true };
    const picture = await cutOut({ config, files }, image);
    const kept = stretched(
      Array.from({ length: 64 }, (_, at) => {
        const logit = 3 * ((at / 63 - 0.485) / 0.229);
        return 1 / (1 + Math.exp(-logit));
      }),
    );
    for (const [at, value] of kept.entries()) {
      const alpha = picture.data[at * 4 + 3] ?? 0;
      assert.ok(Math.abs(alpha - value) <= 1, `${alpha}, not ${value} at ${at}`);
    }
  });

  it("has the first plane of the first output; names and what else there is do not matter", async () => {
    const file = graphFile(
      {
        inputs: [{ name: "any name", shape: ["batch", 3, 8, 8] }],
        outputs: [
          { name: "b", shape: ["batch", 2, 8, 8] },
          { name: "a", shape: ["batch", 1, 8, 8] },
        ],
      },
      (graph) => {
        const plane = (index: number) =>
          graph.node("Slice", [
            ...["any name", graph.integers(index), graph.integers(index + 1), graph.integers(1)],
          ]);
        const both = graph.node("Concat", [plane(0), plane(1)], attribute.int("axis", 1));
        return [both, graph.node("Identity", [plane(2)])];
      },
    );
    const see = (x: number, y: number, index: number) => [30 * x, 30 * y, 10 * (x + y)][index] ?? 0;
    const image = await pngOf({ width: 8, height: 8 }, see);
    const config = { kind: "remove-background" };
    const picture = await cutOut({ config, files: { "model.onnx": file } }, image);
    const expected = stretched([0, 1, 2, 3, 4, 5, 6, 7].map((x) => x / 7));
    const row = Array.from({ length: 8 }, (_, x) => pixelAt(picture, x, 5)[3] ?? -9);
    for (const [x, alpha] of row.entries()) {
      assert.ok(Math.abs(alpha - (expected[x] ?? 0)) <= 1, `${row}, not ${expected}`);
    }
  });
});

describe("what a network says of a pixel", () => {
  it("becomes a level in single precision, as NumPy has it, fractions dropped", () => {
    const levels = Array.from({ length: 256 }, (_, level) => level);
    const units = Float32Array.from(levels, (level) => level / 255);
    assert.deepEqual([...unitsToBytes(units)], levels);
    assert.deepEqual([...stretchedToBytes(units)], levels);
    // In double precision these would be 85, 50 and 101.
    assert.deepEqual([...stretchedToBytes(Float32Array.of(0.1, 0.2, 0.4))], [0, 84, 255]);
    assert.deepEqual([...stretchedToBytes(Float32Array.of(0.1, 0.2, 0.6))], [0, 51, 255]);
    assert.deepEqual([...stretchedToBytes(Float32Array.of(0.1, 0.5, 1.1))], [0, 102, 255]);
    assert.deepEqual([...unitsToBytes(Float32Array.of(-0.5, 1.5, 0.999))], [0, 255, 254]);
  });
});

describe("a drawn figure that is cut out", () => {
  it("lies in the middle of the network's square, and the answer is taken from there", async () => {
    const config = { kind: "anime-segment" };
    // Where a pixel is known from what the network saw: half of its red, and 0.25 more on black.
    const files = networkOf(16, (graph) => channel(graph, 0));
    const exact = await pngOf({ width: 16, height: 16 }, (x, y) => 15 * x + y);
    const same = await cutOut({ config, files }, exact);
    for (let at = 0; at < 256; at++) {
      const value = 15 * (at % 16) + Math.floor(at / 16);
      assert.ok(Math.abs((same.data[at * 4 + 3] ?? 0) - value) <= 1, `${at}`);
    }
    for (const [width, height] of [
      [16, 8],
      [6, 16],
      [32, 10],
    ] as const) {
      const white = await pngOf({ width, height }, () => 255);
      const whole = await cutOut({ config, files }, white);
      assert.deepEqual([whole.width, whole.height], [width, height]);
      assert.ok(
        whole.data.every((sample) => sample === 255),
        `none of the black beside ${width} by ${height} is seen`,
      );
    }
  });

  it("a network that answers with logits says so", async () => {
    const files = networkOf(16, (graph) => graph.node("Mul", [channel(graph, 0), graph.number(0)]));
    const image = await pngOf({ width: 16, height: 16 }, () => 200);
    const config = { kind: "anime-segment", hasLogits: true };
    const picture = await cutOut({ config, files }, image);
    assert.deepEqual(pixelAt(picture, 5, 5), [100, 100, 100, 127]);
  });
});

describe("a network that cannot cut out", () => {
  const refused: [name: string, config: object, files: NamedBytes, detail: RegExp][] = [
    [
      "deviations of zero",
      { deviations: [0, 1, 1] },
      networkOf(8, (graph) => channel(graph, 0)),
      /config\.json: deviations\[0\] is 0/,
    ],
    [
      "answers that are no numbers",
      {},
      networkOf(8, (graph) => graph.node("Mul", [channel(graph, 0), graph.number(Number.NaN)])),
      /model tried: its output has values that are not numbers/,
    ],
    [
      "an answer of no picture",
      {},
      networkOf(8, (graph) => graph.node("Flatten", [channel(graph, 0)])),
      /model tried: its output is \[1,64\]; expected \[1,1,height,width\]/,
    ],
  ];
  for (const [name, config, files, detail] of refused) {
    it(`with ${name} is not ready, and says why`, async () => {
      const opened = openWork({ kind: "remove-background", ...config }, files);
      await assert.rejects(opened, { code: "model_failed", detail });
    });
  }
});
