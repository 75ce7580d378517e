// The published detector in a real engine, on photographs with writing whose pixels are known.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import sharp from "sharp";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { troupe } from "../../../nodes/cli/terminal-double.ts";
import { type EngineFixture, pixelsOf, startEngine } from "../engine/engine-fixture.ts";
import { negativeModel, writeModel } from "../engine/onnx-file.ts";
import { samples, type WrittenPicture, writtenPicture } from "../text/written-picture.ts";

const isBoxes = Compile(
  Type.Object({
    width: Type.Integer(),
    height: Type.Integer(),
    boxes: Type.Array(
      Type.Object({
        polygon: Type.Array(Type.Tuple([Type.Number(), Type.Number()]), {
          minItems: 4,
          maxItems: 4,
        }),
        score: Type.Number({ minimum: 0, maximum: 1 }),
      }),
    ),
  }),
);

describe("the detector of text", () => {
  let fixture: EngineFixture;
  let models: string;
  before(async () => {
    models = await mkdtemp(join(tmpdir(), "troupe-detector-"));
    const { exitCode, err } = await troupe("models", "install", "text-detector", "--into", models);
    assert.equal(exitCode, 0, err);
    const folder = join(models, "text-detector");
    fixture = await startEngine({ models: [{ name: "text-detector", folder }], threads: 2 });
    await fixture.engine.ready;
  });
  after(async () => {
    await fixture.close();
    await rm(models, { recursive: true, force: true });
  });

  async function detected(file: Uint8Array, parameters: TaskParameters = {}) {
    const files = [{ name: "image", bytes: file }];
    const reply = await fixture.engine.run({ model: "text-detector", files, parameters });
    const [mask, boxes, ...others] = reply.files;
    assert.ok(mask && boxes);
    assert.deepEqual([mask.name, boxes.name, others.length], ["mask", "boxes", 0]);
    const told = isBoxes.Parse(JSON.parse(Buffer.from(boxes.bytes).toString()));
    return { mask: await pixelsOf(mask.bytes), told, figures: reply.figures };
  }

  /** How much of the writing the mask covers, and how much else. */
  function shares({ ink }: WrittenPicture, mask: Uint8Array, channels: number) {
    let [inked, hit, white] = [0, 0, 0];
    for (const [at, one] of ink.entries()) {
      const isWhite = mask[at * channels] === 255;
      inked += one;
      white += isWhite ? 1 : 0;
      hit += isWhite && one === 1 ? 1 : 0;
    }
    return { recall: hit / inked, covered: white / ink.length, inked: inked / ink.length };
  }

  for (const [name, width, lines] of samples) {
    it(`finds every letter on ${name}, and leaves what is around it`, async () => {
      const picture = await writtenPicture(name, width, lines);
      const { mask, told, figures } = await detected(picture.file);
      assert.deepEqual([mask.width, mask.height], [picture.width, picture.height]);
      const { recall, covered, inked } = shares(picture, mask.data, mask.channels);
      assert.equal(recall, 1, `of the writing ${recall} is covered`);
      assert.equal(told.boxes.length, lines.length);
      assert.ok(covered < 4 * inked, `${covered} is covered for ${inked} of ink`);
      assert.deepEqual(
        [figures.texts, figures.width, figures.height],
        [lines.length, picture.width, picture.height],
      );
      assert.ok(Math.abs(Number(figures.covered) - covered) < 1e-4);
    });
  }

  it("finds nothing on photographs without writing: an empty mask of their size", async () => {
    for (const name of ["bridge", "seeding", "mountains"]) {
      const picture = await writtenPicture(name, 1_280, []);
      const { mask, told, figures } = await detected(picture.file);
      assert.deepEqual([told.boxes, figures.texts, figures.covered], [[], 0, 0], name);
      assert.deepEqual([mask.width, mask.height], [picture.width, picture.height]);
      assert.ok(mask.data.every((sample) => sample === 0));
    }
  });

  it("heeds its parameters, and says which of them it cannot", async () => {
    const [name, width, lines] = samples[0] ?? ["bridge", 640, []];
    const { file } = await writtenPicture(name, width, lines);
    const usual = await detected(file);
    const wide = await detected(file, { dilation: 1 });
    assert.ok(Number(wide.figures.covered) > 1.5 * Number(usual.figures.covered));
    assert.equal((await detected(file, { boxThreshold: 1 })).figures.texts, 0);
    assert.equal((await detected(file, { limitSide: 32 })).figures.texts, 0);
    const tight = await detected(file, { unclipRatio: 0, dilation: 0 });
    assert.ok(Number(tight.figures.covered) < 0.6 * Number(usual.figures.covered));
    await assert.rejects(
      detected(file, { threshold: "much" }),
      (cause) => cause instanceof Failure && /threshold is "much"; send/.test(cause.detail),
    );
    const noFile = { model: "text-detector", files: [], parameters: {} };
    await assert.rejects(fixture.engine.run(noFile), /no input named image/);
  });

  it("a photograph that lies on its side is looked at, and its mask drawn, as it is seen", async () => {
    const [name, width, lines] = samples[1] ?? ["seeding", 640, []];
    const upright = await writtenPicture(name, width, lines);
    const lying = await sharp(upright.file).rotate(-90).withMetadata({ orientation: 6 }).toBuffer();
    assert.equal((await sharp(lying).metadata()).width, upright.height);
    const { mask, figures } = await detected(lying);
    assert.deepEqual([figures.width, figures.height], [upright.width, upright.height]);
    assert.equal(shares(upright, mask.data, mask.channels).recall, 1);
  });

  it("a picture of a single pixel, and one that is very long, are looked at, too", async () => {
    const dot = await writtenPicture("bridge", 1, []);
    assert.deepEqual((await detected(dot.file)).figures.texts, 0);
    const create = { width: 6_000, height: 3, channels: 3, background: "white" } as const;
    const { figures } = await detected(await sharp({ create }).png().toBuffer());
    assert.deepEqual([figures.width, figures.height, figures.texts], [6_000, 3, 0]);
  });
});

it("a network that is no detector is refused when it is loaded", async () => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-detector-"));
  try {
    const model = await writeModel(folder, "negative", negativeModel(), { kind: "detect-text" });
    const fixture = await startEngine({ models: [{ name: "negative", folder: model }] });
    await assert.rejects(fixture.engine.ready, /a text detector has one input/);
    await fixture.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
