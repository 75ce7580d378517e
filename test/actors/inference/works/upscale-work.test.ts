import assert from "node:assert/strict";
import { describe, it } from "node:test";
import sharp from "sharp";
import { attribute, type GraphBuilder, type Wire } from "#actors/inference/models/graph-builder.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { resizedByOpenCv } from "./opencv-reference.ts";
import {
  graphFile,
  type NamedBytes,
  openWork,
  type Picture,
  pictureIn,
  pixelAt,
  pngOf,
} from "./work-files.ts";

/** Each pixel becomes four equal ones, after `before` was done to the picture. */
const doubling = (
  side: number | undefined = undefined,
  before: (graph: GraphBuilder, input: Wire) => Wire = (_, input) => input,
): NamedBytes => {
  const [height, width] = [side ?? "height", side ?? "width"];
  const inputs = [{ name: "input.1", shape: [1, 3, height, width] }];
  const twice = side === undefined ? ["h", "w"] : [2 * side, 2 * side];
  const outputs = [{ name: "1895", shape: [1, 3, ...twice] }];
  const file = graphFile({ inputs, outputs }, (graph) => {
    const shown = before(graph, "input.1");
    const four = graph.node("Concat", [shown, shown, shown, shown], attribute.int("axis", 1));
    return [graph.node("DepthToSpace", [four], attribute.int("blocksize", 2))];
  });
  return { "model.onnx": file };
};

const blurred = (graph: GraphBuilder, input: Wire): Wire =>
  graph.node(
    "AveragePool",
    [input],
    attribute.ints("kernel_shape", [3, 3]),
    attribute.ints("pads", [1, 1, 1, 1]),
  );

async function enlarged(
  { config = {}, files }: { readonly config?: object; readonly files: NamedBytes },
  image: Uint8Array,
  parameters: TaskParameters,
): Promise<Picture> {
  const work = await openWork({ kind: "upscale", ...config }, files);
  try {
    const result = await work.ask({ image }, parameters);
    assert.equal(result.figures.factor, 2);
    return await pictureIn(result);
  } finally {
    await work.close();
  }
}

const sample = (x: number, y: number, channel: number) => (x * 37 + y * 91 + channel * 53) % 256;
const image = await pngOf({ width: 45, height: 29 }, sample);

describe("a picture that is enlarged", () => {
  it("has every pixel where it belongs, bit by bit", async () => {
    const picture = await enlarged({ files: doubling() }, image, { upscale: 2 });
    assert.deepEqual([picture.width, picture.height, picture.channels], [90, 58, 3]);
    for (let y = 0; y < 58; y++) {
      for (let x = 0; x < 90; x++) {
        const from = [0, 1, 2].map((channel) => sample(x >> 1, y >> 1, channel));
        assert.deepEqual(pixelAt(picture, x, y), from, `${x}, ${y}`);
      }
    }
  });

  it("shows no seam where tiles meet; without a rim it would", async () => {
    const files = doubling(undefined, blurred);
    const whole = await enlarged({ files, config: { tile: 512 } }, image, { upscale: 2 });
    const tiled = await enlarged({ files, config: { tile: 16, tileRim: 2 } }, image, {
      upscale: 2,
    });
    assert.deepEqual(tiled, whole);
    const seamed = await enlarged({ files, config: { tile: 16, tileRim: 0 } }, image, {
      upscale: 2,
    });
    assert.notDeepEqual(seamed, whole);
    assert.deepEqual(pixelAt(seamed, 10, 10), pixelAt(whole, 10, 10));
    assert.notDeepEqual(pixelAt(seamed, 31, 10), pixelAt(whole, 31, 10));
  });

  it("may be larger or smaller than what a network of one size takes", async () => {
    const files = doubling(24);
    const expected = await enlarged({ files: doubling() }, image, { upscale: 2 });
    assert.deepEqual(
      await enlarged({ files, config: { tileRim: 4 } }, image, { upscale: 2 }),
      expected,
    );
    const dot = await pngOf({ width: 1, height: 1 }, () => 9);
    const picture = await enlarged({ files }, dot, { upscale: 2 });
    assert.deepEqual([...picture.data], Array(12).fill(9));
  });

  it("has the size that was asked for, fractions dropped, and its alpha", async () => {
    const see = (x: number, y: number, channel: number) =>
      channel === 3 ? (x < 2 ? 0 : 200) : sample(x, y, channel);
    const clear = await pngOf({ width: 5, height: 3, channels: 4 }, see);
    const large = await enlarged({ files: doubling() }, clear, { upscale: 3.5 });
    assert.deepEqual([large.width, large.height, large.channels], [17, 10, 4]);
    assert.equal(pixelAt(large, 0, 0)[3], 0);
    assert.equal(pixelAt(large, 16, 9)[3], 200);
    const same = await enlarged({ files: doubling() }, clear, { upscale: 2 });
    // Between the columns 1 and 2: a quarter and three quarters of 200.
    assert.deepEqual(
      [3, 4].map((x) => pixelAt(same, x, 0)[3]),
      [50, 150],
    );
  });

  it("keeps its format", async () => {
    const jpeg = await sharp(image).jpeg().toBuffer();
    const picture = await enlarged({ files: doubling() }, jpeg, { upscale: 1, outputQuality: 50 });
    assert.deepEqual([picture.width, picture.height], [45, 29]);
  });
});

describe("what an enlarged picture has of the original's", () => {
  /** Each pixel is what lies nine columns to its right and nine rows below; nothing is beyond the end. */
  const ahead = (graph: GraphBuilder, input: Wire): Wire => {
    const far = 2 ** 31;
    const rest = graph.node("Slice", [
      ...[input, graph.integers(9, 9), graph.integers(far, far), graph.integers(2, 3)],
    ]);
    return graph.node("Pad", [rest, graph.integers(0, 0, 0, 0, 0, 0, 9, 9)]);
  };

  it("the network sees ten pixels more, mirrored at the last column and row, as often as needed", async () => {
    const config = { tile: 16, tileRim: 9 };
    for (const [width, height] of [
      [45, 29],
      [32, 16],
      [12, 11],
      [10, 4],
      [2, 1],
    ] as const) {
      const mirrored = (at: number, length: number): number => {
        if (length === 1) return 0;
        if (at < length) return at;
        return mirrored(Math.abs(2 * (length - 1) - at), length);
      };
      const picture = await enlarged(
        { files: doubling(undefined, ahead), config },
        await pngOf({ width, height }, sample),
        { upscale: 2 },
      );
      assert.deepEqual([picture.width, picture.height], [2 * width, 2 * height]);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const from = [mirrored(x + 9, width), mirrored(y + 9, height)] as const;
          const expected = [0, 1, 2].map((channel) => sample(...from, channel));
          const told = `${x}, ${y} of ${width} by ${height}`;
          assert.deepEqual(pixelAt(picture, 2 * x, 2 * y), expected, told);
        }
      }
    }
  });

  it("what was asked for is OpenCV's Lanczos of what the network made, alpha its linear", async () => {
    const see = (x: number, y: number, channel: number) => sample(x, y, channel);
    const [width, height] = [45, 29];
    const clear = await pngOf({ width, height, channels: 4 }, see);
    const plane = (channels: 1 | 3, side: number, first: number) => ({
      ...{ width: side * width, height: side * height, channels },
      data: Uint8Array.from({ length: side * side * width * height * channels }, (_, at) => {
        const pixel = Math.floor(at / channels);
        const [x, y] = [pixel % (side * width), Math.floor(pixel / (side * width))];
        return see(Math.floor(x / side), Math.floor(y / side), first + (at % channels));
      }),
    });
    for (const upscale of [1, 1.3, 2, 3.7, 4]) {
      const size = { width: Math.floor(45 * upscale), height: Math.floor(29 * upscale) };
      const picture = await enlarged({ files: doubling() }, clear, { upscale });
      assert.deepEqual([picture.width, picture.height], [size.width, size.height]);
      const colours = resizedByOpenCv(plane(3, 2, 0), size, "INTER_LANCZOS4");
      const alpha = resizedByOpenCv(plane(1, 1, 3), size, "INTER_LINEAR");
      for (let at = 0; at < size.width * size.height; at++) {
        const expected = [...colours.subarray(at * 3, at * 3 + 3), alpha[at]];
        const seen = [...picture.data.subarray(at * 4, at * 4 + 4)];
        assert.deepEqual(seen, expected, `${at} at ${upscale}`);
      }
    }
  });

  it("a sample between two levels becomes the even one, and what is beyond black and white is clipped", async () => {
    const answers: [answer: number, level: number][] = [
      [126.5 / 255, 126],
      [127.5 / 255, 128],
      [-3, 0],
      [1.7, 255],
    ];
    for (const [answer, level] of answers) {
      const files = doubling(undefined, (graph, input) => {
        return graph.node("Add", [
          graph.node("Mul", [input, graph.number(0)]),
          graph.number(answer),
        ]);
      });
      const picture = await enlarged({ files }, image, { upscale: 2 });
      assert.ok(
        picture.data.every((value) => value === level),
        `${picture.data[0]}, not ${level}`,
      );
    }
  });

  it("a network of factor two that folds its pixels takes an odd picture", async () => {
    // Folding fails where a side is odd.
    const files = doubling(undefined, (graph, input) => {
      const folded = graph.node("SpaceToDepth", [input], attribute.int("blocksize", 2));
      return graph.node("DepthToSpace", [folded], attribute.int("blocksize", 2));
    });
    const expected = await enlarged({ files: doubling() }, image, { upscale: 2 });
    assert.deepEqual(await enlarged({ files }, image, { upscale: 2 }), expected);
  });
});

describe("what cannot be enlarged is refused", () => {
  it("without a factor, or with one that is none; and above the bound", async () => {
    const work = await openWork({ kind: "upscale" }, doubling());
    const wrong: TaskParameters[] = [{}, { upscale: 0.5 }, { upscale: 9 }, { upscale: "2" }];
    for (const parameters of wrong) {
      await assert.rejects(work.ask({ image }, parameters), {
        code: "invalid",
        detail: /^upscale is .*; send a number from 1 to 8$/,
      });
    }
    await assert.rejects(work.ask({ image }, { upscale: 2, outputQualty: 90 }), {
      code: "invalid",
      detail: "there is no parameter outputQualty; did you mean outputQuality?",
    });
    const wide = await pngOf({ width: 4_000, height: 4_000 }, () => 0);
    await assert.rejects(work.ask({ image: wide }, { upscale: 2 }), {
      code: "too_large",
      detail: /^4000 by 4000 would become 8000 by 8000/,
    });
    await work.close();
  });

  it("by a network that leaves its size, or is too small for its rim", async () => {
    const same = graphFile(
      {
        inputs: [{ name: "x", shape: [1, 3, "h", "w"] }],
        outputs: [{ name: "y", shape: [1, 1, "h", "w"] }],
      },
      (graph) => [graph.node("ReduceMean", ["x"], attribute.ints("axes", [1]))],
    );
    await assert.rejects(openWork({ kind: "upscale" }, { "model.onnx": same }), {
      detail: /its output is \[1,1,64,64\]; expected \[1,3,height,width\]/,
    });
    await assert.rejects(openWork({ kind: "upscale" }, doubling(20)), {
      detail: /it takes 20 by 20, which leaves nothing within a rim of 10/,
    });
  });
});
