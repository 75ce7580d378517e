// JSON beside a model that is read as its author meant it, or not at all; from files on the disk.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { readConfigFile } from "#actors/inference/repository/config-file.ts";
import { modelJsonIn } from "#actors/inference/repository/model-json.ts";
import { manifestFor, verifiedFiles } from "#actors/inference/repository/version-files.ts";
import { Failure } from "#protocols/failure.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "troupe-test-json-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const mark = "\ufeff";

async function configOf(text: string) {
  await writeFile(join(folder, "config.json"), text);
  return readConfigFile(folder);
}

const refusalOf = async (promise: Promise<unknown>): Promise<string> => {
  const cause: unknown = await promise.then(
    () => "it was taken",
    (why: unknown) => why,
  );
  assert.ok(cause instanceof Failure && cause.code === "invalid", String(cause));
  return cause.detail.replaceAll(`${folder}/`, "");
};

describe("a configuration", () => {
  it("may begin with a mark of the byte order, which its digest covers and its text leaves out", async () => {
    const bytes = Buffer.from(`${mark}{ "instances": 2 }`);
    const { settings, text, sha256 } = await configOf(bytes.toString());
    assert.equal(settings.instances, 2);
    assert.equal(text, '{ "instances": 2 }');
    assert.equal(sha256, createHash("sha256").update(bytes).digest("hex"));
    assert.match(await refusalOf(configOf(`${mark}${mark}{}`)), /^config\.json is not JSON: /);
  });

  const repeated: readonly [what: string, text: string, detail: string][] = [
    [
      "at the top",
      '{ "instances": 1,\n  "instances": 8 }',
      "config.json:2:3: instances stands there twice (take one of the two away)",
    ],
    [
      "further down, in a list, and written in another way",
      '{ "a": [ "a", { "b": 1 }, { "b": 1, "\\u0062": 2 } ] }',
      "config.json:1:37: a[2].b stands there twice (take one of the two away)",
    ],
    [
      "behind a mark of the byte order",
      `${mark}{"a":{},"a":{}}`,
      "config.json:1:9: a stands there twice (take one of the two away)",
    ],
    [
      "among strings that look like keys",
      '{ "a": "\\"b\\": {", "b": "}", "a": [] }',
      "config.json:1:30: a stands there twice (take one of the two away)",
    ],
  ];
  for (const [what, text, detail] of repeated) {
    it(`is refused for a key that stands twice ${what}`, async () => {
      assert.equal(await refusalOf(configOf(text)), detail);
    });
  }
});

it("a manifest that names a file twice vouches for nothing", async () => {
  const place = join(folder, "1");
  await mkdir(place);
  await writeFile(join(place, "model.onnx"), "network");
  const sum = (await manifestFor(place))["model.onnx"];
  const line = `"model.onnx": "${sum}"`;
  const path = join(place, "manifest.json");
  await writeFile(path, `${mark}{ "files": { ${line} } }`);
  assert.equal((await verifiedFiles(place)).standing, "verified");
  await writeFile(path, `{ "files": { ${line},\n${line} } }`);
  const why = await refusalOf(verifiedFiles(place));
  assert.match(why, /^1\/manifest\.json:2:1: files\.model\.onnx stands there twice/);
});

it("any JSON without a repeated key is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(undefined, 1), (text, indent) => {
      const value: unknown = JSON.parse(text);
      const spaced = JSON.stringify(value, null, indent);
      assert.deepEqual(modelJsonIn(spaced, "f"), value);
    }),
  );
});
