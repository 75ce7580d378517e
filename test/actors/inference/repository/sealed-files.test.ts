// Files that are swapped after they were compared with their manifest.
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { EngineProcess } from "#actors/inference/engine-process.ts";
import { sealedFiles } from "#actors/inference/repository/sealed-files.ts";
import {
  manifestFor,
  sha256Of,
  verifiedFiles,
} from "#actors/inference/repository/version-files.ts";
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

async function writeManifest(folder: string, more: object = {}): Promise<void> {
  const files = await manifestFor(folder);
  await writeFile(join(folder, "manifest.json"), JSON.stringify({ files, ...more }));
}

const config = { file: "config.json", sha256: "0".repeat(64) };

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
      const why = await refusal("model_failed", sealedFiles(place, { fingerprint, config }));
      assert.match(why.detail, /are not those that were compared with the manifest any more/);
    });

    it(`while they are loaded: ${name}`, async () => {
      const { fingerprint } = await verifiedFiles(place);
      const sealed = await sealedFiles(place, { fingerprint, config });
      await sealed.confirm();
      await swap();
      await refusal("model_failed", sealed.confirm());
    });
  }

  it("while they are loaded: one is swapped and put back, its times too", async () => {
    const { fingerprint } = await verifiedFiles(place);
    const sealed = await sealedFiles(place, { fingerprint, config });
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
    const sealed = await sealedFiles(join(root, "2"), { fingerprint, config });
    await sealed.confirm();
  });
});

describe("a configuration that the manifest vouches for", () => {
  it("is held to it when the files are, and any will do where it does not", async () => {
    await writeManifest(place, { config: config.sha256 });
    const { fingerprint, reason } = await verifiedFiles(place);
    assert.equal(reason, "2 files and the configuration are as the manifest says");
    await sealedFiles(place, { fingerprint, config });
    const other = { ...config, sha256: "1".repeat(64) };
    const why = await refusal("model_failed", sealedFiles(place, { fingerprint, config: other }));
    assert.match(why.detail, /config\.json has SHA-256 1{64}, the manifest says 0{64}; bring back/);
    await writeManifest(place);
    const open = await verifiedFiles(place);
    assert.notEqual(open.fingerprint, fingerprint);
    await sealedFiles(place, { fingerprint: open.fingerprint, config: other });
  });

  it("is none when the manifest has no digest for it", async () => {
    await writeManifest(place, { config: "none" });
    await refusal("invalid", verifiedFiles(place));
  });

  it("is swapped in vain under an engine", { timeout: 60_000 }, async () => {
    const folder = await writeModel(root, "eraser", negativeModel());
    const [file, version] = [join(folder, "config.json"), join(folder, "1")];
    await writeManifest(version, { config: await sha256Of(file) });
    const { fingerprint: manifest } = await verifiedFiles(version);
    const start = async () => {
      const models = [{ name: "eraser", folder, version: 1, manifest }];
      const spec = { models, threads: 1, startTimeoutMs: 30_000, runTimeoutMs: 30_000 };
      const engine = EngineProcess.start(spec, { exited: () => undefined });
      await engine.ready.finally(() => engine.stop());
    };
    await start();
    const text = await readFile(file, "utf8");
    await writeFile(file, `${text}\n`);
    const { detail } = await refusal("model_failed", start());
    assert.match(detail, /any more \(\S+config\.json has SHA-256 .*, the manifest says/);
    await writeFile(file, text);
    await start();
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
