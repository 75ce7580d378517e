// `troupe check` reads the folders of models as a worker does: what it would refuse is told with the place
// where the topology names the folder.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { loadTopology } from "#nodes/topology/topology-loader.ts";
import { troupe } from "../cli/terminal-double.ts";

async function stage(context: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), "troupe-check-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const put = async (name: string, text: string): Promise<void> => {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  };
  const file = path.join(folder, "t.yaml");
  return { folder, put, file, check: () => troupe("check", file) };
}

const topology = (rest: string): string => `cluster: test
store: { kind: sqlite, path: tasks.sqlite }
models:
  - { name: diffuse, path: builtin }
${rest}
nodes:
  - { name: all, bind: "tcp://127.0.0.1:7600", director: true, roles: [control, worker] }
`;
const eraser = topology("  - { name: eraser, path: eraser }");

test("a configuration that is wrong is told with the file, the key and where the topology names it", async (context) => {
  const { folder, put, file, check } = await stage(context);
  await put("t.yaml", eraser);
  await put("eraser/1/model.onnx", "network");
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['{ "instances": "two" }', /config\.json: instances is "two", not a whole number/],
    ['{ "instancs": 2 }', /config\.json: unknown key "instancs"; did you mean instances\?/],
    ['{ "tile": 64 }', /config\.json: the key tile is for models of kind upscale/],
    ["{", /config\.json is not JSON/],
  ];
  for (const [config, text] of wrong) {
    await put("eraser/config.json", config);
    const { exitCode, out, err } = await check();
    assert.equal(exitCode, 2, err);
    assert.equal(out, "");
    assert.match(err, /t\.yaml:5:27 {2}models\[1\]\.path {2}the model eraser cannot be served: /);
    assert.match(err, text);
    assert.match(err, /correct what is in that folder: docs\/models\.md/);
    assert.ok(err.includes(path.join(folder, "eraser", "config.json")), err);
  }
  // A cluster that has other models starts without it.
  assert.equal((await loadTopology(file)).models.length, 2);
  await put("eraser/config.json", "{}");
  const right = await check();
  assert.equal(right.exitCode, 0, right.err);
  assert.match(right.out, /^ok /);
});

test("versions are looked at as far as they are to be served", async (context) => {
  const { folder, put, check } = await stage(context);
  await put("t.yaml", eraser);
  await put("eraser/config.json", "{}");
  assert.match((await check()).err, /eraser has no numbered folder/);
  await put("eraser/1/model.onnx", "network");
  const digest = "0".repeat(64);
  await put("eraser/1/manifest.json", JSON.stringify({ files: { "model.onnx": digest } }));
  const { exitCode, err } = await check();
  assert.equal(exitCode, 2);
  assert.match(err, /version 1: \S+model\.onnx has SHA-256 [0-9a-f]{64}, the manifest says 0000/);
  assert.match(err, /mend it, or take its folder away/);
  await put("eraser/2/model.onnx", "newer");
  const newer = await check();
  assert.equal(newer.exitCode, 0, newer.err);
  const policy = { kind: "specific", versions: [2, 3] };
  await put("eraser/config.json", JSON.stringify({ versionPolicy: policy }));
  const missing = await check();
  assert.ok(missing.err.includes(`${path.join(folder, "eraser", "3")} is not there (policy: `));
  assert.match(missing.err, /put that version there, or change versionPolicy/);
});

test("of a repository every folder is a model, and in mode poll one without a manifest is none yet", async (context) => {
  const { put, check } = await stage(context);
  await put("t.yaml", topology("repository: { mode: explicit, path: models, load: [diffuse] }"));
  await put("models/a/config.json", "{}");
  await put("models/a/1/model.onnx", "network");
  await put("models/b/config.json", '{ "kind": "inpant" }');
  const explicit = await check();
  assert.match(explicit.err, /t\.yaml:5:37 {2}repository\.path {2}the model b cannot be served/);
  assert.match(explicit.err, /did you mean inpaint\?/);
  assert.ok(!explicit.err.includes("the model a"));
  await put("t.yaml", topology("repository: { mode: poll, path: models }"));
  const polled = await check();
  assert.match(
    polled.err,
    /the model a cannot be served: version 1: .*manifest\.json is not there/,
  );
});

test("a model that is to be loaded and is not there is told where it is named, with those that are", async (context) => {
  const { put, check } = await stage(context);
  const repository = "repository: { mode: explicit, path: models, load: [diffuse, lamma] }";
  await put("t.yaml", topology(repository));
  await put("models/lama/1/model.onnx", "network");
  await put("models/lama/config.json", "{}");
  await put("models/_old/1/model.onnx", "network");
  const { exitCode, err } = await check();
  assert.equal(exitCode, 2, err);
  assert.match(
    err,
    /repository\.load\[1\] {2}the model lamma cannot be served: it is to be loaded, and/,
  );
  assert.match(err, /there are: diffuse, _old, lama/);
  assert.equal(err.match(/cannot be served/g)?.length, 1, err);
});
