import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const loader = fileURLToPath(
  new URL("../../../runtime/host/typescript-loader.mjs", import.meta.url),
);

const part = "export enum Part { first = 7 }";

/** Programs of somebody else, in a package of modules and in one that does not say. */
const foreign: Readonly<Record<string, string>> = {
  "modules/package.json": '{ "type": "module" }',
  "modules/part.ts": part,
  "modules/by-its-output.ts":
    'import { Part } from "./part.js"; console.log(Part.first as number);',
  "modules/without-ending.ts": 'import { Part } from "./part"; console.log(Part.first as number);',
  "modules/required.cjs": 'console.log(require("./part").Part.first);',
  "plain/part.ts": part,
  "plain/as-script.ts": 'import { Part } from "./part"; console.log(Part.first as number);',
  "plain/required.js": 'console.log(require("./part.ts").Part.first);',
  "plain/as-module.mts": "const seven: number = await Promise.resolve(7); console.log(seven);",
};
const programs = Object.keys(foreign).filter((path) => !/(part\.ts|json)$/.test(path));

async function foreignFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-foreign-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(foreign)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

async function said(folder: string, words: readonly string[]): Promise<string> {
  const all = ["--import", loader, ...words];
  const { stdout } = await promisify(execFile)(process.execPath, all, { cwd: folder });
  return stdout;
}

test("TypeScript from outside the project is loaded by the rules of tsx, whatever its form", async (context) => {
  const folder = await foreignFolder(context);
  for (const program of programs) assert.equal(await said(folder, [program]), "7\n", program);
});

test("a program loads it beside files of the project, before and after", async (context) => {
  const folder = await foreignFolder(context);
  const before = new URL("../../../protocols/index.ts", import.meta.url).href;
  const after = new URL("../../../runtime/core/actor.ts", import.meta.url).href;
  const places = [before, ...programs.map((path) => `./${path}`), after];
  await writeFile(
    join(folder, "program.mjs"),
    `for (const place of ${JSON.stringify(places)}) await import(place);
    await import("./modules/nowhere.js").catch(({ code }) => console.log(code));`,
  );
  const told = await said(folder, ["program.mjs"]);
  assert.equal(told, `${"7\n".repeat(programs.length)}ERR_MODULE_NOT_FOUND\n`);
});

test("what it exports is seen by its names, in a package of modules and in one that does not say", async (context) => {
  const folder = await foreignFolder(context);
  const text = "export default class Kind {} export const part = 7;";
  for (const place of ["modules", "plain"]) await writeFile(join(folder, place, "kind.ts"), text);
  const helper = new URL("../../../runtime/host/foreign-module.ts", import.meta.url).href;
  await writeFile(
    join(folder, "program.mjs"),
    `const { foreignModule } = await import(${JSON.stringify(helper)});
    for (const place of ["modules", "plain"]) {
      const url = new URL("./" + place + "/kind.ts", import.meta.url).href;
      const { default: kind, part } = await foreignModule(url);
      console.log(kind.name, part);
    }`,
  );
  assert.equal(await said(folder, ["program.mjs"]), "Kind 7\nKind 7\n");
});
