// `troupe models install`: what stands in the folder of models afterwards, and what is refused.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { verifiedFiles } from "#actors/inference/repository/version-files.ts";
import { installableModels } from "#nodes/cli/installable-models.ts";
import { negativeModel } from "../../actors/inference/engine/onnx-file.ts";
import { troupe } from "./terminal-double.ts";

async function stage(context: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), "troupe-install-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = (name: string): string => path.join(folder, name);
  const install = (name: string, ...words: readonly string[]) =>
    troupe("models", "install", name, "--into", file("models"), ...words);
  return { file, install };
}

test("each model stands in its folder, with its kind and a manifest that fits", async (context) => {
  const { file, install } = await stage(context);
  for (const { name, sha256 } of installableModels) {
    const { exitCode, out, err } = await install(name);
    assert.deepEqual([exitCode, out], [0, `${file(`models/${name}`)}\n`], err);
    const place = file(`models/${name}/1`);
    assert.equal((await verifiedFiles(place)).standing, "verified");
    assert.deepEqual((await readdir(place)).sort(), ["manifest.json", "model.onnx"]);
    const bytes = await readFile(path.join(place, "model.onnx"));
    assert.equal(createHash("sha256").update(bytes).digest("hex"), sha256);
    const config = JSON.parse(await readFile(file(`models/${name}/config.json`), "utf8"));
    assert.equal(config.kind, "detect-text");
  }
});

test("a second time changes nothing, mends what is missing and keeps a configuration of one's own", async (context) => {
  const { file, install } = await stage(context);
  await install("text-detector");
  const own = '{ "kind": "detect-text", "instances": 2 }';
  await writeFile(file("models/text-detector/config.json"), own);
  await rm(file("models/text-detector/1/manifest.json"));
  assert.equal((await install("text-detector")).exitCode, 0);
  assert.equal(await readFile(file("models/text-detector/config.json"), "utf8"), own);
  assert.equal((await verifiedFiles(file("models/text-detector/1"))).standing, "verified");
});

test("a file of one's own is taken, and what stands there is not written over", async (context) => {
  const { file, install } = await stage(context);
  await install("text-detector");
  const published = file("models/text-detector/1/model.onnx");
  // Another file of the same graph: a field behind it that readers skip.
  const mine = Buffer.concat([await readFile(published), Buffer.from([0xfa, 0x7f, 0x01, 0x20])]);
  await writeFile(file("mine.onnx"), mine);
  const taken = await install("text-detector", "--file", file("mine.onnx"));
  assert.match(taken.err, /text-detector\/1 holds another file: move it away, or choose/);
  await rm(file("models"), { recursive: true });
  const first = await install("text-detector", "--file", file("mine.onnx"));
  assert.equal(first.exitCode, 0, first.err);
  const place = file("models/text-detector/1");
  assert.equal((await verifiedFiles(place)).standing, "verified");
  assert.deepEqual(await readFile(path.join(place, "model.onnx")), mine);
});

test("a file that is no such model is refused before anything is placed", async (context) => {
  const { file, install } = await stage(context);
  await writeFile(file("text.onnx"), "no model");
  await writeFile(file("other.onnx"), negativeModel());
  for (const [name, reason] of [
    ["text.onnx", /text\.onnx is no text-detector: .*; nothing was placed/],
    ["other.onnx", /other\.onnx is no text-detector: .*inputs?.*; nothing was placed/],
  ] as const) {
    const { exitCode, err } = await install("text-detector", "--file", file(name));
    assert.equal(exitCode, 1);
    assert.match(err, reason);
    assert.doesNotMatch(err, /troupe-trial/);
  }
  const endless = await install("text-detector", "--file", "/dev/zero");
  assert.match(endless.err, /\/dev\/zero is a pipe, device or folder/);
  assert.deepEqual((await readdir(file(""))).sort(), ["other.onnx", "text.onnx"]);
});

test("what is not there is told by name", async (context) => {
  const { file, install } = await stage(context);
  const strange = await install("lama");
  assert.match(strange.err, /no model lama to install; there are: text-detector/);
  const absent = await install("text-detector", "--file", file("gone.onnx"));
  assert.match(absent.err, /cannot read .*gone\.onnx/);
  assert.deepEqual([strange.exitCode, absent.exitCode], [1, 1]);
});
