import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const bundles = new URL("../../../runtime/host/package-bundles.mjs", import.meta.url);
const project = fileURLToPath(new URL("../../../", import.meta.url));

async function emptyRoot(context: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "troupe-test-bundles-"));
  context.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

/** What a process of its own says of a root. */
async function said(code: string, args: readonly string[] = []): Promise<string> {
  const words = [...args, "--input-type=module", "--eval", code];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: project });
  return stdout.trim();
}

const bundlesFor = (root: string): string => `
  const { bundledPackages } = await import(${JSON.stringify(bundles.href)});
  const found = bundledPackages(new URL(${JSON.stringify(`${pathToFileURL(root).href}/`)}));
  const { default: Type } = await import(found["typebox"] ?? "typebox");
  const { Compile } = await import(found["typebox/compile"] ?? "typebox/compile");
  const isTaken = [1, "1"].map((value) => Compile(Type.Number()).Check(value));
  console.log(JSON.stringify([Object.keys(found).length > 0, isTaken]));
`;

test("processes that bundle at the same time all have what works, and leave nothing unfinished", async (context) => {
  const root = await emptyRoot(context);
  const all = await Promise.all(Array.from({ length: 4 }, () => said(bundlesFor(root))));
  assert.deepEqual(new Set(all), new Set(["[true,[true,false]]"]));
  const [only, ...more] = await readdir(join(root, "node_modules", ".cache", "troupe"));
  assert.match(only ?? "", /^typebox-[\d.]+$/);
  assert.deepEqual(more, []);
});

test("where nothing can be written, packages are loaded as they come", async (context) => {
  const root = await emptyRoot(context);
  await writeFile(join(root, "node_modules"), "a file");
  assert.equal(await said(bundlesFor(root)), "[false,[true,false]]");
});

test("whoever loads TypeScript loads the bundles", async () => {
  const loader = ["--import", "#runtime/host/typescript-loader.mjs"];
  const place = 'console.log(import.meta.resolve("typebox/compile"))';
  assert.match(await said(place, loader), /\/\.cache\/troupe\/typebox-[\d.]+\/compile\.mjs$/);
});
