// What a model's configuration says, carried out by real engine processes.
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { refusal } from "../engine/engine-fixture.ts";
import { modelConfig, negativeModel, negativesModel, writeModel } from "../engine/onnx-file.ts";
import { openRealRepository, type RealRepository, someImage } from "./real-repository.ts";

async function withModel(
  { file = negativeModel(), config = {} }: { file?: Uint8Array; config?: object },
  work: (repository: RealRepository) => Promise<void>,
  prepare: (folder: string) => Promise<unknown> = async () => undefined,
): Promise<void> {
  const repository = await openRealRepository(async (root) => {
    await prepare(await writeModel(root, "negative", file, { ...modelConfig, ...config }));
  });
  try {
    await work(repository);
  } finally {
    await repository.stop();
  }
}

const entryOf = async ({ models }: RealRepository) => {
  const [entry] = await models.index();
  assert.ok(entry);
  return entry;
};

describe("a configuration that is wrong", () => {
  it("makes the model unavailable by its key, and leaves serving what served before", async () => {
    await withModel({}, async (repository) => {
      const { models, root, repair } = repository;
      const file = join(root, "negative", "config.json");
      const before = await repair("negative");
      await writeFile(file, JSON.stringify({ ...modelConfig, instnaces: 2 }));
      const detail = await refusal("model_failed", models.reload("negative"));
      assert.match(String(detail), /unknown key "instnaces"; did you mean instances\?/);
      const [whole, served] = await repository.index();
      assert.match(whole ?? "", /^negative null UNAVAILABLE: .*did you mean instances\?/);
      assert.match(served ?? "", /^negative 1 READY/);
      assert.deepEqual(await repair("negative"), before);
      await writeFile(file, JSON.stringify({ ...modelConfig, instances: 2 }));
      await models.reload("negative");
      assert.deepEqual(await repository.index(), ["negative 1 READY"]);
    });
  });

  it("makes it unavailable where it contradicts the file", async () => {
    const inputs = { image: { shape: [1, 3, 64, "w"] }, mask: { shape: [1, 1, 32, "w"], hole: 1 } };
    await withModel({ config: { inputs } }, async (repository) => {
      const { state, reason } = await entryOf(repository);
      assert.equal(state, "UNAVAILABLE");
      assert.match(
        reason,
        /declares height as 64 in image and as 32 in mask, but the file has one/,
      );
    });
  });
});

describe("a device", () => {
  it("that is no graphics processor is told where one was wished for, or refused", async () => {
    await withModel({ config: { device: "auto" } }, async (repository) => {
      await repository.repair("negative");
      const { state, notes } = await entryOf(repository);
      assert.equal(state, "READY");
      const { device } = await repository.models.metadata({ name: "negative" });
      const [told] = await repository.models.statistics({ name: "negative" });
      assert.equal(told?.device, device);
      if (device !== "cpu") return;
      assert.match(notes.join(), /no graphics processor could be used: this build .* offers cpu/);
      const file = join(repository.root, "negative", "config.json");
      await writeFile(file, JSON.stringify({ ...modelConfig, device: "gpu" }));
      const why = await refusal("model_failed", repository.models.reload("negative"));
      assert.match(String(why), /device gpu cannot be used: this build .* offers cpu/);
      await repository.repair("negative");
    });
  });
});

describe("warming up", () => {
  const batching = { itemsMax: 4, preferred: [2], delayMs: 5 };

  it("runs each size as often as it says, and tells how long one took", async () => {
    const warmUp = { runs: 3, data: "random" };
    await withModel(
      { file: negativesModel(), config: { batching, warmUp } },
      async ({ models }) => {
        const [told] = await models.statistics({ name: "negative" });
        const seen = told?.warmRuns.map(({ items, runs }) => [items, runs]);
        assert.deepEqual(seen, [
          [1, 3],
          [2, 3],
          [4, 3],
        ]);
        assert.ok(told?.warmRuns.every(({ ms }) => ms > 0));
      },
    );
  });

  it("runs a request whose files lie beside the model, in each size", async () => {
    const files = { image: "small.png", mask: "small.png" };
    const config = { batching, warmUp: { runs: 2, files } };
    const prepare = (folder: string) => writeFile(join(folder, "1", "small.png"), someImage);
    await withModel(
      { file: negativesModel(), config },
      async (repository) => {
        assert.equal((await entryOf(repository)).reason, "");
        const [told] = await repository.models.statistics({ name: "negative" });
        assert.deepEqual(
          told?.warmRuns.map(({ items, runs }) => [items, runs]),
          [
            [1, 2],
            [2, 2],
            [4, 2],
          ],
        );
      },
      prepare,
    );
  });

  it("that fails keeps the model from being ready, with the file that is missing or is none", async () => {
    const config = { warmUp: { files: { image: "small.png", mask: "small.png" } } };
    await withModel({ config }, async (repository) => {
      assert.match((await entryOf(repository)).reason, /warmUp\.files\.\w+ cannot be read: ENOENT/);
      await writeFile(join(repository.root, "negative", "1", "small.png"), "no picture");
      const why = await refusal("model_failed", repository.models.reload("negative"));
      assert.match(String(why), /could not be warmed up: bad_image/);
    });
  });
});

it("a folder of Triton's is served: config.pbtxt in the place of config.json, and not beside it", async () => {
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
    dynamic_batching { preferred_batch_size: [ 2 ] preserve_ordering: true }
    model_warmup { count: 2 inputs { key: "image" value { zero_data: true } } }
    parameters { key: "troupe.inputs" value { string_value: '{"image":{"range":[0,1]},"mask":{"hole":1}}' } }
    parameters { key: "troupe.outputs" value { string_value: '{"output":{"range":[0,1]}}' } }
    parameters { key: "troupe.padding" value { string_value: '{"multiple":1,"sizeMin":0,"isSquare":false}' } }`;
  const prepare = async (folder: string) => {
    await rm(join(folder, "config.json"));
    await writeFile(join(folder, "config.pbtxt"), text);
  };
  await withModel(
    { file: negativesModel() },
    async (repository) => {
      await repository.repair("negative");
      const { state, reason, notes } = await entryOf(repository);
      assert.deepEqual([state, reason], ["READY", ""]);
      assert.match(notes.join(), /preserve_ordering is left out/);
      const said: unknown = JSON.parse(await repository.models.config("negative"));
      assert.equal(Reflect.get(Object(said), "instances"), 2);
      await writeFile(join(repository.root, "negative", "config.json"), "{}");
      const why = await refusal("model_failed", repository.models.reload("negative"));
      assert.match(String(why), /has config\.json and config\.pbtxt: take one of them away/);
      await repository.repair("negative");
    },
    prepare,
  );
});
