// Files that are swapped after they were compared with their manifest.
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { EngineProcess } from "#actors/inference/engine-process.ts";
import { sealedFiles } from "#actors/inference/repository/sealed-files.ts";
import { manifestFor, verifiedFiles } from "#actors/inference/repository/version-files.ts";
import { refusal } from "../engine/engine-fixture.ts";
import { modelReading, negativeModel, writeModel } from "../engine/onnx-file.ts";

let root = "";
let place = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "troupe-test-sealed-"));
  place = join(root, "1");
  await mkdir(place);
  await writeFile(join(place, "model.onnx"), "network");
  await writeFile(join(place, "weights.bin"), "weights");
  await writeManifest(place);
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function writeManifest(folder: string): Promise<void> {
  const files = await manifestFor(folder);
  await writeFile(join(folder, "manifest.json"), JSON.stringify({ files }));
}

const swaps: readonly (readonly [string, () => Promise<unknown>])[] = [
  ["a file is overwritten", () => writeFile(join(place, "weights.bin"), "stranger")],
  [
    "a file is overwritten, and the manifest with it",
    async () => {
      await writeFile(join(place, "weights.bin"), "stranger");
      await writeManifest(place);
    },
  ],
  ["a file is added", () => writeFile(join(place, "more.bin"), "more")],
  ["a file is taken away", () => rm(join(place, "weights.bin"))],
  ["the manifest is taken away", () => rm(join(place, "manifest.json"))],
  ["the folder is taken away", () => rm(place, { recursive: true })],
];

describe("files that are not those that were looked at are refused", () => {
  for (const [name, swap] of swaps) {
    it(`before they are loaded: ${name}`, async () => {
      const { fingerprint } = await verifiedFiles(place);
      await swap();
      const why = await refusal("model_failed", sealedFiles(place, fingerprint));
      assert.match(why.detail, /are not those that were compared with the manifest any more/);
    });

    it(`while they are loaded: ${name}`, async () => {
      const { fingerprint } = await verifiedFiles(place);
      const sealed = await sealedFiles(place, fingerprint);
      await sealed.confirm();
      await swap();
      await refusal("model_failed", sealed.confirm());
    });
  }

  it("while they are loaded: one is swapped and put back, its times too", async () => {
    const { fingerprint } = await verifiedFiles(place);
    const sealed = await sealedFiles(place, fingerprint);
    const [file, aside] = [join(place, "weights.bin"), join(root, "aside")];
    await rename(file, aside);
    await writeFile(file, "strange");
    await rename(aside, file);
    await utimes(file, 1, 1);
    await refusal("model_failed", sealed.confirm());
  });

  it("the same files elsewhere are the same", async () => {
    const { fingerprint } = await verifiedFiles(place);
    await cp(place, join(root, "2"), { recursive: true });
    const sealed = await sealedFiles(join(root, "2"), fingerprint);
    await sealed.confirm();
  });
});

it("an engine does not load what was swapped after the look", { timeout: 60_000 }, async () => {
  const folder = await writeModel(root, "eraser", negativeModel());
  const version = join(folder, "1");
  await writeManifest(version);
  const { fingerprint: manifest } = await verifiedFiles(version);
  const start = () => {
    const models = [{ name: "eraser", folder, version: 1, manifest }];
    const spec = { models, threads: 1, startTimeoutMs: 30_000, runTimeoutMs: 30_000 };
    return EngineProcess.start(spec, { exited: () => undefined });
  };
  const good = start();
  await good.ready;
  await good.stop();
  await writeFile(join(version, "model.onnx"), modelReading("weights.bin"));
  await writeManifest(version);
  const bad = start();
  try {
    const { detail } = await refusal("model_failed", bad.ready);
    assert.match(detail, /the files in .*eraser\/1 are not those that were compared/);
  } finally {
    await bad.stop();
  }
});
