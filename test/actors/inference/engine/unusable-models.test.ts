// Models that end the engine before it is ready.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { describe, it } from "node:test";
import { halvingFile } from "../fillers/network-files.ts";
import { refusal, testFolder, withEngine } from "./engine-fixture.ts";
import { modelConfig, modelWithoutMask, negativeModel, writeModel } from "./onnx-file.ts";

describe("a model that cannot be used ends the engine with its reason", () => {
  const cases: [name: string, file: Uint8Array, reason: RegExp][] = [
    [
      "no ONNX file",
      Buffer.from("rubbish"),
      /model\.onnx: the file \(7 bytes, starting 72756262697368\) is no ONNX file: export or/,
    ],
    ["nothing", new Uint8Array(), /model\.onnx: the file is empty: copy it anew$/],
    [
      "a pointer of Git LFS",
      Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"),
      /model\.onnx: the file is a pointer of Git LFS: fetch what it stands for/,
    ],
    ["a web page", Buffer.from("\n<!DOCTYPE html><p>404"), /model\.onnx: the file is a web page:/],
    [
      "the first half of a network",
      negativeModel().subarray(0, negativeModel().byteLength / 2),
      /model\.onnx: the file is cut off or damaged: copy it anew \(/,
    ],
    [
      "no input for the mask",
      modelWithoutMask(),
      /model broken .*: config\.json names mask among the inputs; the model's inputs are image/,
    ],
    ["it fails at the warm-up", halvingFile(), /output gave float32 \[1,3,32,64\], not/],
  ];
  for (const [name, file, reason] of cases) {
    it(name, async () => {
      const folder = await testFolder();
      const models = [{ name: "broken", folder: await writeModel(folder, "broken", file) }];
      await withEngine({ models }, async ({ engine, exited }) => {
        const why = await refusal("model_failed", engine.ready);
        assert.match(why.detail, reason);
        assert.equal((await exited).detail, why.detail);
      });
      await rm(folder, { recursive: true });
    });
  }

  const configs: [name: string, config: object, reason: RegExp][] = [
    [
      "it wants no padding rule",
      { ...modelConfig, padding: {} },
      /config\.json: padding the key multiple is missing/,
    ],
    [
      "its output has another range",
      { ...modelConfig, outputs: { output: { range: [-1, 1] } } },
      /config\.json: outputs\.output\.range is \[-1,1\]/,
    ],
  ];
  for (const [name, config, reason] of configs) {
    it(`by its configuration ${name}`, async () => {
      const folder = await testFolder();
      const model = await writeModel(folder, "odd", negativeModel(), config);
      await withEngine({ models: [{ name: "odd", folder: model }] }, async ({ engine }) => {
        assert.match((await refusal("model_failed", engine.ready)).detail, reason);
      });
      await rm(folder, { recursive: true });
    });
  }

  it("OpenCV is to run it, and the version's folder does not say so", async () => {
    const folder = await testFolder();
    const model = await writeModel(folder, "odd", negativeModel(), { backend: "opencv" });
    await withEngine({ models: [{ name: "odd", folder: model }] }, async ({ engine }) => {
      const { detail } = await refusal("model_failed", engine.ready);
      assert.match(detail, /odd\/1\/opencv\.json is not there/);
    });
    await rm(folder, { recursive: true });
  });

  it("there is no such folder", () =>
    withEngine({ models: [{ name: "ghost", folder: "/nowhere" }] }, async ({ engine }) => {
      assert.match((await refusal("model_failed", engine.ready)).detail, /ghost.*\/nowhere/);
    }));
});
