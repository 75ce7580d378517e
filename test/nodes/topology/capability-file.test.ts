// Capability files: what was written is read back as it was, and mistakes are shown where they stand.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { detectCapability, withStated } from "#nodes/capability/detect-capability.ts";
import { runCommandLine } from "#nodes/cli/command-line.ts";
import { capabilityFileText, readCapabilityFile } from "#nodes/topology/capability-file.ts";
import { loadTopology } from "#nodes/topology/topology-loader.ts";

async function folderFor(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-capability-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const topology = (capability: string): string => `
cluster: test
store: { kind: sqlite, path: tasks.sqlite }
models: [ { name: diffuse, path: builtin } ]
nodes:
  - name: all
    bind: tcp://127.0.0.1:7600
    director: true
    roles: [control, worker]
    capability: ${capability}
`;

test("a generated file reads back as what was detected", async (context) => {
  const folder = await folderFor(context);
  const detected = {
    ...(await detectCapability({ dataFolder: folder, models: [], nowMs: 1 })),
    gpus: [{ vendor: "amd" as const, name: 'MI "300": X', memoryBytes: 5, driver: "6" }],
    skills: [{ skill: "ocr: en", level: 0.25, verifiedAt: null }],
    tags: ["- ssd", "#1"],
    gpuReason: "said: so",
    hostname: "a\nb: c",
  };
  const file = join(folder, "capability.yaml");
  await writeFile(file, capabilityFileText(detected));
  const read = withStated(detected, await readCapabilityFile(file));
  assert.deepEqual(read, { ...detected, gpuReason: "as the capability file says" });
});

test("engines are told in comments, and one that cannot be used with its reason", async (context) => {
  const folder = await folderFor(context);
  const detected = await detectCapability({ dataFolder: folder, models: [], nowMs: 1 });
  const runtime = {
    name: "ONNX Runtime",
    version: "1.9.0",
    providers: ["cpu", "cuda"],
    reason: "",
  };
  const openCv = { name: "OpenCV", version: null, providers: [], reason: "ended\nby SIGILL" };
  const engines = [
    { ...runtime, name: "ONNX Runtime" as const },
    { ...openCv, name: "OpenCV" as const },
  ];
  const text = capabilityFileText(detected, engines);
  assert.match(text, /^# ONNX Runtime 1\.9\.0 runs on cpu, cuda$/m);
  assert.match(text, /^# OpenCV cannot be used: ended by SIGILL$/m);
  const file = join(folder, "capability.yaml");
  await writeFile(file, text);
  assert.equal((await readCapabilityFile(file)).cores, detected.cores);
});

test("unknown keys and wrong values are refused with their place, and the topology with them", async (context) => {
  const folder = await folderFor(context);
  const file = join(folder, "box.yaml");
  const cases: readonly (readonly [string, RegExp])[] = [
    ["cores: 2\ncorse: 3\n", /box\.yaml:2:1 {2}corse {2}unknown key "corse"; did you mean cores\?/],
    ["cores: many\n", /box\.yaml:1:8 {2}cores {2}is "many", not a whole number/],
    [
      "gpus:\n  - { vendor: nvida, name: x, memoryBytes: 1 }\n",
      /box\.yaml:2:15 .*did you mean nvidia/,
    ],
    ["skills:\n  - { skill: a, level: 2 }\n", /box\.yaml:2:24 {2}skills\[0\]\.level/],
    ["models: [nothing]\n", /names the model nothing; the cluster has diffuse/],
  ];
  await writeFile(join(folder, "topology.yaml"), topology("box.yaml"));
  for (const [text, pattern] of cases) {
    await writeFile(file, text);
    await assert.rejects(loadTopology(join(folder, "topology.yaml")), (cause: Error) => {
      assert.match(cause.message, pattern);
      assert.match(cause.message, /topology\.yaml:10:17 {2}nodes\[0\]\.capability/);
      return true;
    });
  }
  // A repository may have what the topology does not name.
  await writeFile(file, "models: [strange]\n");
  const repository = "repository: { mode: poll, path: . }\n";
  const rooted = join(folder, "rooted.yaml");
  await writeFile(rooted, `${topology("box.yaml")}\n${repository}`);
  assert.equal((await loadTopology(rooted)).nodes[0]?.capabilityFile, file);
  await writeFile(file, "# nothing\n");
  assert.deepEqual(await readCapabilityFile(file), {});
  await rm(file);
  await assert.rejects(loadTopology(join(folder, "topology.yaml")), /cannot read .*box\.yaml/);
});

test("the command writes a file that a topology can name, and never over one that is there", async (context) => {
  const folder = await folderFor(context);
  const file = join(folder, "box.yaml");
  const run = async (...words: readonly string[]) => {
    const said = { out: "", err: "" };
    const io = {
      out: (text: string): void => {
        said.out += text;
      },
      err: (text: string): void => {
        said.err += text;
      },
      isTerminal: false,
      columns: 80,
    };
    const exitCode = await runCommandLine(words, io);
    return { exitCode, ...said };
  };
  const first = await run("capability", "--out", file);
  assert.equal(first.exitCode, 0, first.err);
  const text = await readFile(file, "utf8");
  assert.match(text, /^# diffuse 1: (verified|unverified), /m);
  assert.match(text, /^ {2}- \{"skill":"inpaint","level":1\}$/m);
  assert.match(text, /^# ONNX Runtime 1\.\d+\.\d+ runs on cpu/m);
  assert.match(text, /^# OpenCV runs on cpu$/m);
  await writeFile(join(folder, "topology.yaml"), topology("box.yaml"));
  const plan = await loadTopology(join(folder, "topology.yaml"));
  assert.equal(plan.nodes[0]?.capabilityFile, file);
  const again = await run("capability", "--out", file);
  assert.notEqual(again.exitCode, 0);
  assert.match(again.err, /is there already; remove it, or name another/);
  assert.equal(await readFile(file, "utf8"), text);
  const json = await run("capability", "--json");
  const { models, engines } = JSON.parse(json.out);
  assert.equal(models[0], "diffuse");
  const [{ providers, reason }, opencv] = engines;
  assert.equal(providers[0], "cpu");
  // Where no graphics provider can be used, all that the build names are told.
  assert.ok(providers.length === 2 || /^no graphics .* offers cpu\b/.test(reason), reason);
  assert.deepEqual(opencv, { name: "OpenCV", version: null, providers: ["cpu"], reason: "" });
});
