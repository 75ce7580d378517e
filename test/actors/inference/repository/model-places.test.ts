// What lies in a repository's folder, and what is said of what cannot be a model there.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, it } from "node:test";
import { placesOf } from "#actors/inference/repository/model-places.ts";
import { ModelScan } from "#actors/inference/repository/model-scan.ts";
import { ModelShelves } from "#actors/inference/repository/model-shelves.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "troupe-test-places-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** `name: folder in the root`, or `name: problem`. */
async function told(load?: readonly string[], models: readonly string[] = []) {
  const named = models.map((name) => ({ name, folder: join(root, name) }));
  const places = await placesOf({ models: named, root, ...(load && { load }) });
  return places.map((place) =>
    place.kind === "folder"
      ? `${place.name}: ${place.folder.slice(root.length)}`
      : `${place.name}: ${place.problem.replace(root, "/root")}`,
  );
}

it("folders are models, also behind a link; hidden folders, files and links to nothing are none", async () => {
  for (const name of ["b", ".git", "elsewhere"]) await mkdir(join(root, name));
  await writeFile(join(root, "readme.md"), "");
  await symlink(join(root, "elsewhere"), join(root, "a"));
  await symlink(join(root, "nowhere"), join(root, "c"));
  assert.deepEqual(await told(), ["a: /a", "b: /b", "elsewhere: /elsewhere"]);
});

it("a folder with a name that tasks cannot say has a problem", async () => {
  for (const name of ["_old", "my model", "x".repeat(64)]) await mkdir(join(root, name));
  const problems = await told();
  assert.equal(problems.length, 3);
  for (const problem of problems) assert.match(problem, /up to 63 letters.*: rename its folder$/);
});

it("what is to be loaded and is not there is told with what is", async () => {
  await mkdir(join(root, "lama"));
  assert.deepEqual(await told(["lama", "lamma", "lamma", "diffuse"], ["diffuse"]), [
    "diffuse: /diffuse",
    "lama: /lama",
    "lamma: it is to be loaded, and is not in /root; there are: diffuse, lama",
  ]);
  const [problem] = await placesOf({ models: [], root: null, load: ["m"] });
  assert.ok(problem?.kind === "missing");
  assert.match(problem.problem, /the topology names no such model; there are: none/);
});

it("more models than a node has are told", async () => {
  await Promise.all(Array.from({ length: 258 }, (_, at) => mkdir(join(root, `m${1_000 + at}`))));
  const problems = (await told()).filter((text) => /at most, and this is one more/.test(text));
  assert.deepEqual(
    problems.map((text) => text.slice(0, 5)),
    ["m1256", "m1257"],
  );
});

it("folders of digits that are no versions, and versions beyond the most, are noted", async () => {
  const folder = join(root, "eraser");
  for (const version of ["1", "002", "20240101123456"]) {
    await mkdir(join(folder, version), { recursive: true });
    await writeFile(join(folder, version, "model.onnx"), "network");
  }
  for (let version = 10; version < 80; version += 1) await mkdir(join(folder, String(version)));
  await writeFile(join(folder, "config.json"), JSON.stringify({ versionPolicy: { kind: "all" } }));
  const [model] = await new ModelScan({ models: [], root, manifests: "welcome" }).look();
  assert.ok(model?.kind === "model", JSON.stringify(model));
  assert.match(model.notes.join("; "), /the folder 002 is no version: write a whole number/);
  assert.match(model.notes.join("; "), /the folder 20240101123456 is no version/);
  assert.match(model.notes.join("; "), /of its 71 versions the 7 oldest are left out/);
});

it("what cannot be used is told once, and again when it has been well in between", () => {
  const shelves = new ModelShelves();
  const broken = { kind: "broken", name: "m", problem: "no" } as const;
  const seen = (): readonly string[] => {
    shelves.see([broken], () => true);
    return shelves.untold().map(({ name, why }) => `${name}: ${why}`);
  };
  assert.deepEqual([seen(), seen()], [["m: no"], []]);
  shelves.see([], () => true);
  assert.deepEqual(shelves.untold(), []);
  shelves.forgetGone();
  assert.deepEqual(seen(), ["m: no"]);
});
