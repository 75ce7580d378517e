// A repository whose folder is taken away while its models are served.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { ModelScan } from "#actors/inference/repository/model-scan.ts";
import { Failure } from "#protocols/failure.ts";
import { model, openRepository, version } from "./repository-stage.ts";

it("is told of once when it goes and once when it is back, and goes on serving meanwhile", async () => {
  const folders = [model([version(1)])];
  const stage = openRepository(folders, { mode: "poll" });
  await stage.until(stage.models.settled());
  stage.folders = new Failure("unavailable", "ENOENT: no such folder");
  await stage.advance(60_000);
  const gone = "warn the model repository cannot be read: ENOENT: no such folder";
  assert.deepEqual(stage.sights(), [gone]);
  assert.equal(await stage.until(stage.repair("eraser")), 1);
  stage.folders = folders;
  await stage.advance(60_000);
  const back = "info the model repository can be read again";
  assert.deepEqual(stage.sights(), [gone, back]);
  stage.folders = new Failure("unavailable", "ENOENT: no such folder");
  await stage.advance(10_000);
  assert.deepEqual(stage.sights(), [gone, back, gone]);
  await stage.stop();
});

it("is said with its path, and what is to be done", async () => {
  const root = await mkdtemp(join(tmpdir(), "troupe-repository-"));
  const folder = join(root, "models");
  await mkdir(folder);
  const scan = new ModelScan({ models: [], root: folder, manifests: "welcome" });
  assert.deepEqual(await scan.look(), []);
  await rename(folder, `${folder}-elsewhere`);
  await assert.rejects(scan.look(), {
    code: "unavailable",
    detail: `ENOENT: no such file or directory, scandir '${folder}': what is loaded goes on serving; put the folder back where it was`,
  });
  await rm(root, { recursive: true });
});
