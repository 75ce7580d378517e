import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const sources = new URL("../../../runtime/host/compiled-sources.mjs", import.meta.url);
const project = fileURLToPath(new URL("../../../", import.meta.url));
const loader = ["--import", "#runtime/host/typescript-loader.mjs"];

async function emptyFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-sources-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What a process of its own says. */
async function said(code: string, args: readonly string[] = []): Promise<string> {
  const words = [...args, "--input-type=module", "--eval", code];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: project });
  return stdout.trim();
}

const compileIn = (folder: string, then: string): string => `
  import { readdirSync, readFileSync, writeFileSync } from "node:fs";
  const { compiledSource } = await import(${JSON.stringify(sources.href)});
  const [source, kept] = ${JSON.stringify([join(folder, "source.ts"), join(folder, "kept")])};
  const compiled = async () => String(await compiledSource(source, kept)).split("//")[0].trim();
  const keptFile = () => kept + "/" + readdirSync(kept)[0];
  ${then}
`;

test("a source is compiled once for each of its texts, and the last one is kept", async (context) => {
  const folder = await emptyFolder(context);
  await mkdir(join(folder, "kept"));
  const told = await said(
    compileIn(
      folder,
      `const told = [];
      for (const text of ["1 as number", "2 as number", "1 as number"]) {
        writeFileSync(source, text);
        told.push(await compiled());
        // What is kept is what is answered.
        writeFileSync(keptFile(), readFileSync(keptFile(), "utf8").replace(";", "; kept;"));
        told.push(await compiled());
      }
      console.log(JSON.stringify(told), readdirSync(kept).length);`,
    ),
  );
  assert.equal(told, '["1;","1; kept;","2;","2; kept;","1;","1; kept;"] 1');
});

test("what was kept and is cut short or empty is compiled anew", async (context) => {
  const folder = await emptyFolder(context);
  await mkdir(join(folder, "kept"));
  await writeFile(join(folder, "source.ts"), "const one: number = 1;");
  const told = await said(
    compileIn(
      folder,
      `await compiled();
      const whole = readFileSync(keptFile(), "utf8");
      const told = [];
      for (const size of [0, 10, whole.length - 1]) {
        writeFileSync(keptFile(), whole.slice(0, size));
        told.push(await compiled(), readFileSync(keptFile(), "utf8") === whole);
      }
      console.log(JSON.stringify(told));`,
    ),
  );
  assert.equal(
    told,
    JSON.stringify(Array.from({ length: 3 }, () => ["const one = 1;", true]).flat()),
  );
});

test("where nothing can be kept, a source is compiled each time, and nothing is left", async (context) => {
  const folder = await emptyFolder(context);
  await writeFile(join(folder, "source.ts"), "const one: number = 1;");
  const code = "console.log(JSON.stringify([await compiled(), await compiled()]));";
  assert.equal(await said(compileIn(folder, code)), '["const one = 1;","const one = 1;"]');
  assert.deepEqual(await readdir(folder), ["source.ts"]);
});

test("processes that compile at the same time all have what works, and leave nothing unfinished", async (context) => {
  const folder = await emptyFolder(context);
  await mkdir(join(folder, "kept"));
  await writeFile(join(folder, "source.ts"), "const one: number = 1;");
  const code = compileIn(folder, "console.log(await compiled());");
  const all = await Promise.all(Array.from({ length: 3 }, () => said(code)));
  assert.deepEqual(new Set(all), new Set(["const one = 1;"]));
  const [only, ...more] = await readdir(join(folder, "kept"));
  assert.match(only ?? "", /^[0-9a-f]{40}\.js$/);
  assert.deepEqual(more, []);
});

test("a function has its own name and no other, and a failure its place in the source", async () => {
  const inner = (): string => new Error("planted").stack ?? "";
  const [, first = ""] = inner().split("\n");
  const lines = (await readFile(fileURLToPath(import.meta.url), "utf8")).split("\n");
  const line = lines.findIndex((text) => text.includes('new Error("planted")')) + 1;
  assert.match(first, new RegExp(`at inner .*compiled-sources\\.test\\.ts:${line}:\\d+`));
  // Made anew by each call, such a function would be named anew by each call.
  const made = () => () => 0;
  assert.equal(made.toString(), "() => () => 0");
});

test("a file that is not there is told by its name", async () => {
  const code = `await import("#runtime/core/not-there.ts").catch((error) => console.log(error.code, error.message));`;
  assert.match(await said(code, loader), /^ERR_MODULE_NOT_FOUND .*not-there\.ts/);
});
