// What a model's configuration says, carried out as an engine does it when it loads the model.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type LoadedModel, loadModel } from "#actors/inference/engine/load-model.ts";
import { RunThreads } from "#actors/inference/engine/run-threads.ts";
import { Failure } from "#protocols/failure.ts";
import { greyMask, noise, picture } from "./engine-fixture.ts";
import { modelConfig, negativeModel, negativesModel, writeModel } from "./onnx-file.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "troupe-test-configured-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const place = (): string => join(root, "negative");

const load = (): Promise<LoadedModel> =>
  loadModel(
    { name: "negative", folder: place() },
    {
      threads: RunThreads.start(1),
      startTimeoutMs: 60_000,
    },
  );

async function loadOf(config: object, file = negativeModel()): Promise<LoadedModel["ready"]> {
  await writeModel(root, "negative", file, { ...modelConfig, ...config });
  return (await load()).ready;
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (cause) {
    const { code, detail } = Failure.of(cause);
    assert.equal(code, "model_failed", detail);
    return detail;
  }
  return "loaded";
}

describe("a configuration that is wrong", () => {
  it("is told by its key", async () => {
    const why = await refusal(loadOf({ instnaces: 2 }));
    assert.match(why, /config\.json: unknown key "instnaces"; did you mean instances\?/);
  });

  it("is told where it contradicts the file, or itself", async () => {
    const twice = { image: { shape: [1, 3, 64, "w"] }, mask: { shape: [1, 1, 32, "w"], hole: 1 } };
    const why = await refusal(loadOf({ inputs: twice }));
    assert.match(why, /declares height as 64 in image and as 32 in mask, but the file has one/);
    const absent = await refusal(loadOf({ inputs: { picture: { element: "float32" } } }));
    assert.match(absent, /picture/);
    const half = await refusal(loadOf({ outputs: { output: { element: "uint8" } } }));
    assert.match(half, /output output as uint8, but the file has float32 \[1, 3, height, width\]/);
  });
});

describe("a device", () => {
  it("that is no graphics processor is told where one was wished for, or refused", async () => {
    const { device, notes } = await loadOf({ device: "auto" });
    if (device !== "cpu") return;
    assert.match(notes.join(), /no graphics processor could be used: this build .* offers cpu/);
    const why = await refusal(loadOf({ device: "gpu" }));
    assert.match(why, /device gpu cannot be used: this build of onnxruntime-node offers cpu/);
  });

  it("is processors without a word", async () => {
    const { device, notes } = await loadOf({});
    assert.deepEqual([device, notes], ["cpu", []]);
  });
});

it("operators that run at a time are taken by ONNX Runtime", async () => {
  const { device } = await loadOf({ threads: { intraOp: 2, interOp: 2 } });
  assert.equal(device, "cpu");
});

describe("warming up", () => {
  const batching = { itemsMax: 4, preferred: [2], delayMs: 5 };
  const sizesAndRuns = ({ warmRuns }: LoadedModel["ready"]) =>
    warmRuns.map(({ items, runs }) => [items, runs]);

  for (const data of ["grey", "zero", "random"]) {
    it(`runs each size as often as it says, with pictures of ${data}`, async () => {
      const ready = await loadOf({ batching, warmUp: { runs: 3, data } }, negativesModel());
      assert.deepEqual(sizesAndRuns(ready), [
        [1, 3],
        [2, 3],
        [4, 3],
      ]);
      assert.ok(ready.warmRuns.every(({ ms }) => ms > 0));
    });
  }

  it("runs a request whose files lie beside the model, in each size", async () => {
    const files = { image: "small.png", mask: "hole.png" };
    await writeModel(root, "negative", negativesModel());
    const png = await picture(8, 8, 3, noise(192)).png().toBuffer();
    await writeFile(join(place(), "1", "small.png"), png);
    await writeFile(join(place(), "1", "hole.png"), await greyMask(8, 8, 255));
    const ready = await loadOf({ batching, warmUp: { runs: 2, files } }, negativesModel());
    assert.deepEqual(sizesAndRuns(ready), [
      [1, 2],
      [2, 2],
      [4, 2],
    ]);
  });

  it("that fails is the model's failure, with the file that is missing or is none", async () => {
    const config = { warmUp: { files: { image: "small.png", mask: "small.png" } } };
    assert.match(await refusal(loadOf(config)), /warmUp\.files\.\w+ cannot be read: ENOENT/);
    await writeFile(join(place(), "1", "small.png"), "no picture");
    assert.match(await refusal(load()), /model negative could not be warmed up: bad_image/);
  });
});

it("config.pbtxt, as Triton has it, takes the place of config.json", async () => {
  await writeModel(root, "negative", negativesModel());
  await rm(join(place(), "config.json"));
  const text = `
    name: "negative"
    platform: "onnxruntime_onnx"
    max_batch_size: 4
    input [
      { name: "image" data_type: TYPE_FP32 dims: [ 3, -1, -1 ] },
      { name: "mask" data_type: TYPE_FP32 dims: [ 1, -1, -1 ] }
    ]
    output [ { name: "output" data_type: TYPE_FP32 dims: [ 3, -1, -1 ] } ]
    instance_group [ { count: 2 kind: KIND_CPU } ]
    dynamic_batching { preferred_batch_size: [ 2 ] }
    model_warmup { count: 2 inputs { key: "image" value { zero_data: true } } }
    parameters { key: "troupe.inputs" value { string_value: '{"image":{"range":[0,1]},"mask":{"hole":1}}' } }
    parameters { key: "troupe.outputs" value { string_value: '{"output":{"range":[0,1]}}' } }`;
  const file = join(place(), "config.pbtxt");
  await writeFile(file, text);
  const { ready, together } = await load();
  assert.equal(together, 4);
  assert.deepEqual(
    ready.warmRuns.map(({ items, runs }) => [items, runs]),
    [
      [1, 2],
      [2, 2],
      [4, 2],
    ],
  );
  await writeFile(file, text.replace("dims: [ 1, -1, -1 ]", "dims: [ 2, -1, -1 ]"));
  assert.match(await refusal(load()), /input mask as float32 \[-1, 2, -1, -1\], but the file has/);
});
