// Folders on the disk that change while their models serve: half written, wrong, replaced, taken away.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, it } from "node:test";
import { ModelScan } from "#actors/inference/repository/model-scan.ts";
import { manifestFor } from "#actors/inference/repository/version-files.ts";
import { Failure } from "#protocols/failure.ts";
import { openRepository } from "./repository-stage.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "troupe-test-folders-"));
});
afterEach(async () => {
  for (const folder of [root, `${root}.away`]) await rm(folder, { recursive: true, force: true });
});

const place = (version: number): string => join(root, "eraser", String(version));
const configFile = (): string => join(root, "eraser", "config.json");

async function writeVersion(version: number, content = "network"): Promise<void> {
  await mkdir(place(version), { recursive: true });
  await writeFile(join(place(version), "model.onnx"), content);
}

async function writeManifest(version: number): Promise<void> {
  const files = await manifestFor(place(version));
  await writeFile(join(place(version), "manifest.json"), JSON.stringify({ files }));
}

it("a worker that starts while a newer version is copied serves the one before it", async () => {
  await writeVersion(1);
  await writeManifest(1);
  await writeVersion(2, "half of a net");
  await writeFile(configFile(), "{}");
  const scan = new ModelScan({ models: [], root, manifests: "needed" });
  const stage = openRepository(await scan.look(), { mode: "poll" });
  const { models, until, repair, index, advance } = stage;
  assert.deepEqual(await until(models.settled()), ["eraser", "eraser@1"]);
  assert.equal(await until(repair("eraser")), 1);
  assert.match((await index()).join(), /^1 READY\*,2 UNAVAILABLE: .*manifest\.json is not there/);
  await writeManifest(2);
  stage.folders = await scan.look();
  await advance(30_000);
  assert.equal(await until(repair("eraser")), 2);
  // Whoever writes it anew takes the manifest away first: it serves on.
  await rm(join(place(2), "manifest.json"));
  stage.folders = await scan.look();
  await advance(30_000);
  assert.equal(await until(repair("eraser")), 2);
  await stage.stop();
});

it("what is half copied is not taken, what is wrong is told, and what served before serves on", async () => {
  await writeVersion(1);
  await writeManifest(1);
  await writeFile(configFile(), '{ "aliases": { "stable": 1 } }');
  const scan = new ModelScan({ models: [], root, manifests: "needed" });
  const stage = openRepository(await scan.look(), { mode: "poll" });
  const { models, until, repair, index, advance } = stage;
  const seen = async (): Promise<readonly string[]> => {
    stage.folders = await scan.look();
    await advance(30_000);
    assert.equal(await until(repair("eraser@stable")), 1, "the alias serves throughout");
    return index();
  };
  assert.deepEqual(await until(models.settled()), ["eraser", "eraser@1", "eraser@stable"]);

  await writeFile(configFile(), '{ "aliases": { "stab');
  assert.match((await seen()).join(), /^null UNAVAILABLE: .*is not JSON.*,1 READY\*$/);
  await writeFile(configFile(), '{ "aliases": { "stable": 1 }, "instnaces": 2 }');
  assert.match((await seen()).join(), /^null UNAVAILABLE: .*did you mean instances\?.*,1 READY\*$/);
  const why = await until(models.reload("eraser").catch(Failure.of));
  assert.match(String(why), /did you mean instances\?/);
  await writeFile(
    configFile(),
    '{ "aliases": { "stable": 1 }, "instances": 2, "versionPolicy": { "kind": "all" } }',
  );
  assert.deepEqual(await seen(), ["1 READY*"]);

  await writeVersion(2, "half of a net");
  assert.match((await seen()).join(), /^1 READY\*,2 UNAVAILABLE: .*manifest\.json is not there/);
  await writeVersion(2, "the whole of a network");
  await writeManifest(2);
  assert.deepEqual(await seen(), ["1 READY", "2 READY*"]);
  await writeVersion(2, "another network");
  assert.match(
    (await seen()).join(),
    /^1 READY,2 READY\*: what was loaded before serves on: .*SHA-256/,
  );
  await rm(place(2), { recursive: true });
  assert.deepEqual(await seen(), ["1 READY*"]);
  assert.equal(stage.script.alive, 2, "two instances of the version that is left");
  await stage.stop();
});

it("notes tell of an alias that leads nowhere, and of threads that are too many", async () => {
  await writeVersion(1);
  await writeFile(configFile(), '{ "aliases": { "next": 7 }, "threads": { "intraOp": 65 } }');
  const scan = new ModelScan({ models: [], root, manifests: "welcome" });
  const stage = openRepository(await scan.look());
  await stage.until(stage.models.settled());
  const [entry] = await stage.until(stage.models.index());
  assert.equal(entry?.state, "READY");
  const [alias, threads, ...more] = entry?.notes ?? [];
  assert.match(alias ?? "", /alias next names version 7, which is not there/);
  assert.match(threads ?? "", /^65 threads in each of 1 engines: .* up to 65 .* on 64 processors/);
  assert.deepEqual(more, []);
  const { notes, device } = await stage.until(stage.models.metadata({ name: "eraser" }));
  assert.deepEqual([notes.length, device], [2, "none"]);
  await stage.stop();
});

it("a folder that vanishes takes nothing along, and what was lost meanwhile is loaded when it is back", async () => {
  await writeVersion(1);
  await writeManifest(1);
  await writeFile(configFile(), "{}");
  const scan = new ModelScan({ models: [], root, manifests: "needed" });
  const stage = openRepository(await scan.look(), { mode: "poll" });
  const { models, until, repair, index, advance, script } = stage;
  const away = `${root}.away`;
  const look = async (): Promise<void> => {
    stage.folders = await scan.look().catch((cause: unknown) => Failure.of(cause));
    await advance(30_000);
  };
  script.losses.set(1, [100_000]);
  await until(models.settled());
  await rename(root, away);
  await look();
  const gone =
    /^null UNAVAILABLE: the folder of the model repository cannot be read: ENOENT.*serves on,1 READY\*$/;
  assert.match((await index()).join(), gone);
  assert.equal(await until(repair("eraser")), 1);
  script.unloadable.set(1, { code: "model_failed", detail: "ENOENT: model.onnx" });
  const why = await until(models.reload("eraser").catch(Failure.of));
  assert.match(String(why), /eraser is not loaded as ordered: the folder of the model repository/);
  await advance(200_000);
  assert.match((await index()).join(), /,1 UNAVAILABLE: .*ENOENT: model\.onnx$/);
  script.unloadable.clear();
  await rename(away, root);
  await look();
  assert.deepEqual(await index(), ["1 READY*"]);
  assert.equal(await until(repair("eraser")), 1);
  await stage.stop();
});
