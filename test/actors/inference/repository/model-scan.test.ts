import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type FoundModel, ModelScan } from "#actors/inference/repository/model-scan.ts";
import { manifestFor, sha256Of } from "#actors/inference/repository/version-files.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "troupe-test-models-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const place = (version: number): string => join(root, "eraser", String(version));

async function writeVersion(version: number, content = "network"): Promise<void> {
  await mkdir(place(version), { recursive: true });
  await writeFile(join(place(version), "model.onnx"), content);
}

async function writeManifest(version: number, more: object = {}): Promise<void> {
  const files = await manifestFor(place(version));
  await writeFile(join(place(version), "manifest.json"), JSON.stringify({ files, ...more }));
}

const writeConfig = (text = "{}"): Promise<void> =>
  mkdir(join(root, "eraser"), { recursive: true }).then(() =>
    writeFile(join(root, "eraser", "config.json"), text),
  );

const scan = (manifests: "needed" | "welcome" = "welcome"): ModelScan =>
  new ModelScan({ models: [], root, manifests });

/** `version: problem` of the only model, or what is wrong with it as a whole. */
function told([model, ...more]: readonly FoundModel[]): readonly string[] {
  assert.equal(more.length, 0);
  if (model?.kind !== "model") return [model?.problem ?? "nothing"];
  return model.versions.map(({ version, problem }) => `${version}: ${problem ?? "well"}`);
}

describe("a configuration in a manifest", () => {
  const config = (): Promise<string> => sha256Of(join(root, "eraser", "config.json"));

  it("is held to it, also when no file of the version changes", async () => {
    await writeConfig();
    for (const version of [1, 2]) await writeVersion(version);
    await writeManifest(1, { config: await config() });
    await writeManifest(2);
    const often = scan();
    assert.deepEqual(told(await often.look()), ["1: well", "2: well"]);
    await writeConfig('{ "instances": 2 }');
    const [first = "", second] = told(await often.look());
    assert.match(
      first,
      /^1: \S+config\.json has SHA-256 [0-9a-f]{64}, the manifest says [0-9a-f]{64};/,
    );
    assert.equal(second, "2: well");
    await writeManifest(1, { config: await config() });
    assert.deepEqual(told(await often.look()), ["1: well", "2: well"]);
    await writeConfig();
    assert.match(told(await often.look())[0] ?? "", /bring back the one that it was/);
  });

  it("of Triton's form is held to its own bytes", async () => {
    await mkdir(join(root, "eraser"), { recursive: true });
    const file = join(root, "eraser", "config.pbtxt");
    const text = 'platform: "onnxruntime_onnx"\n';
    await writeFile(file, text);
    await writeVersion(1);
    await writeManifest(1, { config: await sha256Of(file) });
    const often = scan();
    assert.deepEqual(told(await often.look()), ["1: well"]);
    await writeFile(file, `${text}# the same, but for a comment\n`);
    assert.match(told(await often.look())[0] ?? "", /config\.pbtxt has SHA-256/);
  });
});

describe("versions of a folder", () => {
  it("are its numbered folders, in order of their numbers", async () => {
    await writeConfig();
    for (const version of [10, 9, 1]) await writeVersion(version);
    await mkdir(join(root, "eraser", "01"));
    await mkdir(join(root, "eraser", "draft"));
    assert.deepEqual(told(await scan().look()), ["1: well", "9: well", "10: well"]);
  });

  it("are broken when a file is not as the manifest says, is missing, or stands beside it", async () => {
    await writeConfig();
    for (const version of [1, 2, 3, 4, 5]) {
      await writeVersion(version);
      await writeManifest(version);
    }
    await writeFile(join(place(2), "model.onnx"), "another");
    await rm(join(place(3), "model.onnx"));
    await symlink("/etc/hostname", join(place(4), "weights.bin"));
    await mkdir(join(place(5), "weights"));
    const [first, second, third, fourth, fifth] = told(await scan().look());
    assert.equal(first, "1: well");
    assert.match(second ?? "", /has SHA-256 [0-9a-f]{64}, the manifest says/);
    assert.match(third ?? "", /ENOENT.*model\.onnx/);
    assert.match(fourth ?? "", /weights\.bin is not in the manifest/);
    assert.match(fifth ?? "", /weights is not in the manifest/);
  });

  it("need a manifest where folders are copied while we look", async () => {
    await writeConfig();
    await writeVersion(1);
    assert.match(told(await scan("needed").look())[0] ?? "", /manifest\.json is not there.*last/);
    await writeManifest(1);
    assert.deepEqual(told(await scan("needed").look()), ["1: well"]);
  });

  it("a manifest that leads out of its folder is refused", async () => {
    await writeConfig();
    await writeVersion(1);
    const files = { "model.onnx": "0".repeat(64), "../../secret": "0".repeat(64) };
    await writeFile(join(place(1), "manifest.json"), JSON.stringify({ files }));
    assert.match(
      told(await scan().look())[0] ?? "",
      /"\.\.\/\.\.\/secret", which names no file beside/,
    );
  });

  it("a manifest that does not fit is refused by its name, with the entry that is wrong", async () => {
    const sum = "0".repeat(64);
    const cases: readonly (readonly [string, RegExp])[] = [
      ["{", /manifest\.json is not JSON/],
      ["[]", /manifest\.json: it must be object/],
      [
        `{"files":{"model.onnx":"${sum}"},"confg":"${sum}"}`,
        /confg is not known; did you mean config/,
      ],
      [`{"files":{"model.onnx":"${sum}"},"version":1}`, /version is not known; .*files, config/],
      [
        `{"files":{"model.onnx":"sha256:${sum}"}}`,
        /files\.model\.onnx is "sha256:0.*; write the SHA-256/,
      ],
      [
        `{"files":{"model.onnx":"${"A".repeat(64)}"}}`,
        /files\.model\.onnx is "AAAA.*; write the SHA-256/,
      ],
      [`{"files":{"model.onnx":"${sum}"},"config":"abc"}`, /config is "abc"; write the SHA-256/],
    ];
    await writeConfig();
    await writeVersion(1);
    for (const [text, reason] of cases) {
      await writeFile(join(place(1), "manifest.json"), text);
      assert.match(told(await scan().look())[0] ?? "", reason);
    }
  });
});

describe("a fingerprint", () => {
  const fingerprint = async (one: ModelScan): Promise<string> => {
    const [model] = await one.look();
    return model?.kind === "model" ? (model.versions[0]?.fingerprint ?? "") : "";
  };

  it("changes with the files and with the configuration, and with nothing else", async () => {
    await writeConfig();
    await writeVersion(1);
    await writeManifest(1);
    const one = scan();
    const before = await fingerprint(one);
    assert.equal(await fingerprint(one), before);
    assert.equal(await fingerprint(scan()), before);
    await writeConfig('{ "instances": 2 }');
    const configured = await fingerprint(one);
    assert.notEqual(configured, before);
    await writeVersion(1, "another network");
    await writeManifest(1);
    assert.notEqual(await fingerprint(one), configured);
  });

  it("a change of content that leaves size and name alone is noticed", async () => {
    await writeConfig();
    await writeVersion(1, "aaaa");
    await writeManifest(1);
    const one = scan();
    await one.look();
    await writeVersion(1, "bbbb");
    assert.match(told(await one.look())[0] ?? "", /has SHA-256/);
  });
});

describe("a configuration", () => {
  const cases: readonly [string, string, RegExp][] = [
    ["is JSON", "{", /config\.json is not JSON/],
    ["names a policy that there is", '{"versionPolicy":{"kind":"newest"}}', /versionPolicy/],
    ["chooses at least one version", '{"versionPolicy":{"kind":"latest","count":0}}', /count/],
    ["gives aliases that are words", '{"aliases":{"2":1}}', /aliases/],
    ["has at least one instance", '{"instances":0}', /instances/],
    ["has no keys that nobody knows", '{"instnaces":2}', /did you mean instances\?/],
  ];
  for (const [name, text, reason] of cases) {
    it(name, async () => {
      await writeConfig(text);
      await writeVersion(1);
      assert.match(told(await scan().look())[0] ?? "", reason);
    });
  }

  it("an alias of a version that is not served is noted", async () => {
    await writeConfig('{ "aliases": { "stable": 1, "next": 3, "now": 2 } }');
    for (const version of [1, 2]) await writeVersion(version);
    const [model] = await scan().look();
    assert.ok(model?.kind === "model");
    assert.deepEqual(model.notes, [
      "the alias stable names version 1, which is not served (policy: latest 1)",
      "the alias next names version 3, which is not there (policy: latest 1)",
    ]);
  });

  it("config.pbtxt takes the place of config.json, and does not stand beside it", async () => {
    await writeVersion(1);
    const triton = join(root, "eraser", "config.pbtxt");
    await writeFile(triton, "instance_group { count: 2 }");
    const [model] = await scan().look();
    assert.ok(model?.kind === "model");
    assert.equal(model.settings.instances, 2);
    await writeFile(triton, "instance_groups { count: 2 }");
    assert.match(told(await scan().look())[0] ?? "", /config\.pbtxt:1: .*mean instance_group\?/);
    await writeConfig();
    assert.match(told(await scan().look())[0] ?? "", /take one of them away/);
  });

  it("a model without one is told of", async () => {
    await writeVersion(1);
    assert.match(told(await scan().look())[0] ?? "", /ENOENT.*config\.json/);
  });
});

it("a model named in the topology wins over the folder of that name", async () => {
  await writeConfig();
  await writeVersion(1);
  const other = join(root, "elsewhere", "x");
  await cp(join(root, "eraser"), other, { recursive: true });
  const models = [{ name: "eraser", folder: other }];
  const found = await new ModelScan({ models, root, manifests: "welcome" }).look();
  const eraser = found.find(({ name }) => name === "eraser");
  assert.ok(eraser?.kind === "model");
  assert.equal(eraser.folder, other);
  assert.deepEqual(
    found.map(({ name }) => name),
    ["elsewhere", "eraser"],
  );
  assert.equal(eraser.configText, await readFile(join(other, "config.json"), "utf8"));
});

describe("what is no file", () => {
  const odd = /is a pipe, device or folder; put a file in its place$/;
  const pipe = (path: string): void => {
    execFileSync("mkfifo", [path]);
  };

  it("is refused in the place of a network, with a manifest and without, and never read", async () => {
    await writeConfig();
    for (const version of [1, 2, 3, 4]) await writeVersion(version);
    await writeManifest(1);
    for (const version of [1, 2, 3]) await rm(join(place(version), "model.onnx"));
    for (const version of [1, 2]) await symlink("/dev/zero", join(place(version), "model.onnx"));
    pipe(join(place(3), "model.onnx"));
    const [first, second, third, fourth] = told(await scan().look());
    for (const problem of [first, second, third]) assert.match(problem ?? "", odd);
    assert.equal(fourth, "4: well");
  });

  it("is refused in the place of a configuration or a manifest, as is one that is too large", async () => {
    await writeVersion(1);
    pipe(join(root, "eraser", "config.json"));
    assert.match(told(await scan().look())[0] ?? "", odd);
    await rm(join(root, "eraser", "config.json"));
    await writeConfig(" ".repeat(256 * 1024 + 1));
    assert.match(
      told(await scan().look())[0] ?? "",
      /config\.json has 262145 bytes; at most 262144/,
    );
    await writeConfig();
    await symlink("/dev/zero", join(place(1), "manifest.json"));
    assert.match(told(await scan().look())[0] ?? "", odd);
  });
});
