import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { brightening, detector, negative, parser, parserOfLight, weighing } from "./face-graphs.ts";
import { openWork, pictureIn, pixelAt, pngOf } from "./work-files.ts";

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
