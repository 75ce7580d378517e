// The text `parameters` of a PNG through the engine, and what a file can be that has some.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import sharp from "sharp";
import { pngChunk, pngChunksIn } from "#actors/inference/engine/png-chunk.ts";
import { pngParametersIn } from "#actors/inference/engine/png-parameters.ts";
import { RecordedFolder } from "../recorded-folder.ts";
import { greyMask, noise } from "./engine-fixture.ts";
import { pngFile } from "./png-file.ts";
import { useEngine } from "./shared-engine.ts";

type Chunks = Parameters<typeof pngFile>[0]["chunks"];

const said = "a cat, steps: 20";
const text = (name: string, data: string) => ({ name, data: Buffer.from(data, "latin1") });
const parameters = text("tEXt", `parameters\0${said}`);

const pngWith = (chunks: Chunks, samples = noise(16 * 8 * 3)): Buffer =>
  pngFile({ width: 16, height: 8, depth: 8, colourType: 2, samples, ...(chunks && { chunks }) });

const names = new Set(["tEXt", "zTXt", "iTXt", "tIME"]);
const textsIn = (file: Uint8Array): readonly string[] =>
  [...pngChunksIn(file, names)].map(({ name, data }) =>
    `${name} ${Buffer.from(data).toString("latin1")}`.replaceAll("\0", "|"),
  );

describe("the parameters of a PNG", () => {
  const { repair } = useEngine();

  it("come back with the repaired picture, and no other text does", async () => {
    const file = pngWith([text("tEXt", "Software\0x"), parameters, text("tEXt", "parameter\0y")]);
    const { bytes, contentType } = await repair(file, await greyMask(16, 8, 255));
    assert.equal(contentType, "image/png");
    assert.deepEqual(textsIn(bytes), [`tEXt parameters|${said}`]);
    const { comments = [] } = await sharp(bytes).metadata();
    assert.deepEqual(comments, [{ keyword: "parameters", text: said }], "as others read it, too");
    const whole = await repair(file, await greyMask(16, 8, 0));
    assert.deepEqual(textsIn(whole.bytes), [`tEXt parameters|${said}`]);
    const pixels = (from: Uint8Array) => sharp(from).raw().toBuffer();
    assert.deepEqual(await pixels(whole.bytes), await pixels(file));
  });

  it("come back beside EXIF, packed or in any alphabet", async () => {
    const turned = await sharp(pngWith(undefined))
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    const packed = text("zTXt", "parameters\0\0packed");
    const file = Buffer.concat([turned.subarray(0, 33), pngChunk(packed), turned.subarray(33)]);
    const { bytes } = await repair(file, await greyMask(8, 16, 255));
    assert.deepEqual(textsIn(bytes), ["zTXt parameters||packed"]);
    assert.equal((await sharp(bytes).metadata()).orientation, 1);
    const words = text("iTXt", "parameters\0\0\0\0\0\xe7\x8c\xab");
    const alphabet = await repair(pngWith([words]), await greyMask(16, 8, 0));
    assert.deepEqual(textsIn(alphabet.bytes), ["iTXt parameters|||||\xe7\x8c\xab"]);
  });

  it("of a picture that comes back in another format are left out", async () => {
    const jpeg = await sharp(pngWith([parameters]))
      .jpeg()
      .toBuffer();
    const { bytes, contentType } = await repair(jpeg, await greyMask(16, 8, 255));
    assert.equal(contentType, "image/jpeg");
    assert.equal(Buffer.from(bytes).includes(said), false);
  });
});

describe("where there are parameters", () => {
  const found = (file: Uint8Array): string | undefined => {
    const data = pngParametersIn(file)?.data;
    return data && Buffer.from(data).toString("latin1").slice("parameters\0".length);
  };

  it("the last of several counts, before the pixels or behind them", () => {
    const file = pngWith([parameters, text("tEXt", "parameters\0b")]);
    assert.equal(found(file), "b");
    const end = file.length - 12;
    const late = pngChunk(text("tEXt", "parameters\0c"));
    const more = Buffer.concat([file.subarray(0, end), late, file.subarray(end)]);
    assert.equal(found(more), "c");
    assert.equal(found(Buffer.concat([file, late])), "b", "behind the end of the picture");
  });

  it("what is damaged, cut off or too long is none", () => {
    const file = pngWith([parameters]);
    assert.equal(found(file), said);
    const damaged = Buffer.from(file);
    damaged.write("dog", damaged.indexOf("cat"));
    assert.equal(found(damaged), undefined);
    const whole = file.indexOf(said) + said.length + 4;
    for (let length = 8; length < file.length; length += 1) {
      assert.equal(found(file.subarray(0, length)), length < whole ? undefined : said, `${length}`);
    }
    const long = (size: number) => pngWith([text("tEXt", `parameters\0${"x".repeat(size)}`)]);
    assert.equal(found(long(1024 * 1024 - 11))?.length, 1024 * 1024 - 11);
    assert.equal(found(long(1024 * 1024 - 10)), undefined);
    assert.equal(found(pngWith([text("tEXt", "parameters")])), undefined);
  });

  it("a file of nothing but empty chunks is given up after so many", () => {
    const many = Array.from({ length: 100_001 }, () => text("tIME", ""));
    assert.equal(found(pngWith([...many, parameters])), undefined);
    assert.equal(found(pngWith([...many.slice(3), parameters])), said);
  });
});

const images = new RecordedFolder("images");

describe("the recorded PNG with parameters", { skip: images.skip }, () => {
  const { repair } = useEngine();

  it("comes back with them", async () => {
    const file = images.read("pnginfo_test.png");
    const { width = 0, height = 0 } = await sharp(file).metadata();
    const { bytes } = await repair(file, await greyMask(width, height, 255));
    const before = textsIn(file).filter((one) => / parameters\|/.test(one));
    assert.deepEqual([before.length, textsIn(bytes)], [1, before]);
  });
});
