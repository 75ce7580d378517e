// What is detected of this machine, against what the system itself says; and of models, as they lie there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, hostname, tmpdir, totalmem } from "node:os";
import { delimiter, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { detectCapability, withStated } from "#nodes/capability/detect-capability.ts";
import { findGpus } from "#nodes/capability/gpu-tools.ts";
import { MachineLoad } from "#nodes/capability/machine-figures.ts";
import { examineModel } from "#nodes/capability/model-files.ts";

async function folderFor(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-capability-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function modelIn(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  await mkdir(join(folder, "2"), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const manifest = (files: Readonly<Record<string, string>>): string => JSON.stringify({ files });

test("processors, memory and disk are as the system says", async (context) => {
  const folder = await folderFor(context);
  const found = await detectCapability({
    dataFolder: join(folder, "not/yet"),
    models: [],
    nowMs: 1,
  });
  assert.equal(found.hostname, hostname());
  assert.equal(found.platform, process.platform);
  assert.equal(found.arch, process.arch);
  assert.equal(found.cpuModel, cpus()[0]?.model.trim() || "unknown");
  assert.ok(found.cores >= 1 && found.cores <= availableParallelism(), String(found.cores));
  assert.ok(found.memoryBytes > 0 && found.memoryBytes <= totalmem(), String(found.memoryBytes));
  const [, blocks] = execFileSync("df", ["-B1", "--output=size", folder], { encoding: "utf8" })
    .trim()
    .split("\n");
  assert.equal(found.diskBytes, Number(blocks));
});

test("memory without a container's limit is what the kernel counts", {
  skip: process.platform !== "linux",
}, async () => {
  const text = await readFile("/proc/meminfo", "utf8");
  assert.equal(totalmem(), Number(/MemTotal:\s+(\d+) kB/.exec(text)?.[1]) * 1024);
});

test("load is in percent of the machine, and of its disk as df says", async (context) => {
  const folder = await folderFor(context);
  const load = new MachineLoad({ memoryBytes: totalmem(), folder });
  const end = performance.now() + 120;
  while (performance.now() < end) Math.sqrt(end);
  const { machineCpuPercent, machineMemoryPercent, diskPercent } = load.read();
  assert.ok(machineCpuPercent > 0 && machineCpuPercent <= 100, String(machineCpuPercent));
  assert.ok(machineMemoryPercent > 0 && machineMemoryPercent < 100, String(machineMemoryPercent));
  const [, row = ""] = execFileSync("df", ["-B1", "--output=size,avail", folder], {
    encoding: "utf8",
  })
    .trim()
    .split("\n");
  const [size = 0, free = 0] = row.trim().split(/\s+/).map(Number);
  assert.ok(Math.abs(diskPercent - ((size - free) / size) * 100) < 1, String(diskPercent));
});

test("tools for graphics processors that are not there mean none, and the reason says so", async (context) => {
  const empty = await folderFor(context);
  assert.deepEqual(await findGpus(empty), {
    gpus: [],
    reason: "nvidia-smi is not installed; rocm-smi is not installed",
  });
});

test("what the tools print becomes graphics processors; what they cannot tell is said", async (context) => {
  const folder = await folderFor(context);
  const tool = async (name: string, script: string): Promise<void> => {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  };
  await tool(
    "nvidia-smi",
    "echo 'NVIDIA H200, 143771, 550.54.15'; echo 'NVIDIA GB10, [N/A], 580.1'",
  );
  const card = { "Card Series": "MI300X", "VRAM Total Memory (B)": "205993803776" };
  const cards = JSON.stringify({ card0: card, system: { "Driver version": "6.8.5" } });
  await tool("rocm-smi", `echo 'WARNING: low power'; echo '${cards}'`);
  const path = `${folder}${delimiter}/bin${delimiter}/usr/bin`;
  const { gpus, reason } = await findGpus(path);
  assert.deepEqual(gpus, [
    { vendor: "nvidia", name: "NVIDIA H200", memoryBytes: 143_771 * 2 ** 20, driver: "550.54.15" },
    { vendor: "nvidia", name: "NVIDIA GB10", memoryBytes: 0, driver: "580.1" },
    { vendor: "amd", name: "MI300X", memoryBytes: 205_993_803_776, driver: "6.8.5" },
  ]);
  assert.equal(reason, "nvidia-smi found 2; rocm-smi found 1");
  await tool("nvidia-smi", "echo 'cannot talk to the driver' >&2; exit 9");
  await tool("rocm-smi", "echo nonsense");
  const failed = await findGpus(path);
  assert.deepEqual(failed.gpus, []);
  assert.match(failed.reason, /nvidia-smi failed: cannot talk to the driver; rocm-smi printed/);
  await tool("nvidia-smi", "echo 'NVIDIA-SMI has failed: no driver'; exit 9");
  const { reason: complaint } = await findGpus(path);
  assert.match(complaint, /nvidia-smi failed: NVIDIA-SMI has failed: no driver; rocm-smi/);
});

test("a model whose files are as its manifest says is verified, without one it is unverified", async (context) => {
  const folder = await folderFor(context);
  const files = { "config.json": '{"kind":"inpaint"}', "2/model.onnx": "weights" };
  await modelIn(folder, files);
  const plain = await examineModel("m", folder);
  assert.equal(plain.standing, "unverified");
  assert.deepEqual([plain.version, plain.sha256, plain.bytes], [2, sha256("weights"), 7]);
  await modelIn(folder, { "2/manifest.json": manifest({ "model.onnx": sha256("weights") }) });
  const verified = await examineModel("m", folder);
  assert.deepEqual([verified.standing, verified.kind], ["verified", "inpaint"]);
  const found = await detectCapability({
    dataFolder: folder,
    models: [{ name: "m", folder }],
    nowMs: 5,
  });
  assert.deepEqual(found.models, ["m"]);
  assert.deepEqual(found.skills, [{ skill: "inpaint", level: 1, verifiedAt: 5 }]);
});

test("a model that OpenCV runs is known by its note instead of a network", async (context) => {
  const folder = await folderFor(context);
  await modelIn(folder, { "config.json": '{"backend":"opencv"}', "2/opencv.json": "{}" });
  const model = await examineModel("cv2", folder);
  assert.deepEqual(
    [model.standing, model.version, model.sha256, model.kind],
    ["unverified", 2, sha256("{}"), "inpaint"],
  );
  const builtIn = new URL("../../../actors/inference/models/cv2", import.meta.url);
  const { standing, kind } = await examineModel("cv2", fileURLToPath(builtIn));
  assert.deepEqual([standing, kind], ["verified", "inpaint"]);
});

test("a model that is not what its manifest says, or not there, is broken and is not offered", async (context) => {
  const cases: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ "2/manifest.json": manifest({ "model.onnx": sha256("other") }) }, /the manifest says/],
    [
      { "2/manifest.json": manifest({ "model.onnx": sha256("weights"), absent: sha256("") }) },
      /absent/,
    ],
    [{ "2/manifest.json": manifest({}) }, /name each file beside it/],
    [{ "2/manifest.json": manifest({ "../config.json": sha256("") }) }, /names no file beside it/],
    [{ "2/manifest.json": "{" }, /JSON/],
    [{ "config.json": "no json" }, /JSON/],
  ];
  for (const [change, reason] of cases) {
    const folder = await folderFor(context);
    await modelIn(folder, { "config.json": '{"kind":"inpaint"}', "2/model.onnx": "weights" });
    await modelIn(folder, change);
    const model = await examineModel("m", folder);
    assert.equal(model.standing, "broken", JSON.stringify(change));
    assert.match(model.reason, reason);
    const place = { dataFolder: folder, models: [{ name: "m", folder }], nowMs: 5 };
    const found = await detectCapability(place);
    assert.deepEqual([found.models, found.skills], [[], []]);
  }
});

test("a version that cannot be used hides no other one that is served", async (context) => {
  const folder = await folderFor(context);
  await mkdir(join(folder, "10"));
  await modelIn(folder, {
    "config.json": '{"kind":"inpaint","versionPolicy":{"kind":"all"}}',
    "2/model.onnx": "weights",
    "10/model.onnx": "cut off",
    "10/manifest.json": manifest({ "model.onnx": sha256("whole") }),
  });
  const both = await examineModel("m", folder);
  assert.deepEqual([both.version, both.sha256, both.bytes], [2, sha256("weights"), 7]);
  assert.equal(both.standing, "unverified");
  assert.match(both.reason, /; version 10 cannot be used: .*the manifest says/);
  // By default only the latest is served, which is the one that cannot be.
  await writeFile(join(folder, "config.json"), "{}");
  assert.deepEqual((await examineModel("m", folder)).standing, "broken");
  const policy = (versions: readonly number[]): string =>
    JSON.stringify({ versionPolicy: { kind: "specific", versions } });
  await writeFile(join(folder, "config.json"), policy([2]));
  assert.equal((await examineModel("m", folder)).version, 2);
  await writeFile(join(folder, "config.json"), policy([7]));
  const missing = await examineModel("m", folder);
  assert.deepEqual([missing.standing, missing.version], ["broken", 7]);
});

test("what a file says wins over what was detected, and the rest is as detected", async (context) => {
  const folder = await folderFor(context);
  await modelIn(folder, { "config.json": '{"kind":"inpaint"}', "2/model.onnx": "weights" });
  const detected = await detectCapability({
    dataFolder: folder,
    models: [{ name: "m", folder }],
    nowMs: 5,
  });
  const gpu = { vendor: "nvidia", name: "H200", memoryBytes: 1 } as const;
  const stated = withStated(detected, {
    cores: 1,
    gpus: [gpu],
    skills: [{ skill: "ocr", level: 0.5 }],
    tags: ["ssd"],
    models: ["other"],
  });
  assert.deepEqual([stated.cores, stated.memoryBytes], [1, detected.memoryBytes]);
  assert.deepEqual(stated.gpus, [{ ...gpu, driver: null }]);
  assert.deepEqual(stated.skills, [{ skill: "ocr", level: 0.5, verifiedAt: null }]);
  assert.deepEqual([stated.tags, stated.models], [["ssd"], []]);
  assert.deepEqual(stated.modelFiles, [], "what the node does not load is none of its files");
  assert.deepEqual(withStated(detected, {}), detected);
});
