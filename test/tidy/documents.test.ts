// What the documents tell a reader to type must exist.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);

const documents = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

/** The npm scripts that a text tells its reader to run. */
function scriptsNamed(text: string): readonly string[] {
  const named = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start)\b)/g)];
  return named.map(([, run, short]) => run ?? short ?? "");
}

/** The files of this tree that a text tells its reader to run with node. */
const filesNamed = (text: string): readonly string[] =>
  [...text.matchAll(/\bnode (?:--import tsx )?((?:[\w.-]+\/)+[\w.-]+\.(?:mjs|ts))\b/g)].map(
    ([, file]) => file ?? "",
  );

for (const document of documents) {
  test(`${document} names only commands that exist`, () => {
    const path = join(root, document);
    assert.ok(existsSync(path), `${document} is missing; say there what the project is`);
    const text = readFileSync(path, "utf8");
    assert.deepEqual(
      scriptsNamed(text).filter((name) => !Object.hasOwn(manifest.scripts, name)),
      [],
    );
    assert.deepEqual(
      filesNamed(text).filter((file) => !existsSync(join(root, file))),
      [],
    );
  });
}

test("every script of package.json starts a file that exists", () => {
  const files = Object.values(manifest.scripts).flatMap(filesNamed);
  assert.ok(files.length > 0);
  assert.deepEqual(
    files.filter((file) => !existsSync(join(root, file))),
    [],
  );
});

test("commands are found in the way documents write them", () => {
  assert.deepEqual(scriptsNamed("`npm test -- test/x`, npm run bench -- core; npm start"), [
    "test",
    "bench",
    "start",
  ]);
  assert.deepEqual(filesNamed("run `node bench/run.mjs` or node --import tsx a/b/c.ts"), [
    "bench/run.mjs",
    "a/b/c.ts",
  ]);
});
