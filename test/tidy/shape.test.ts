import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { badNames, linesMax, silencedTypes, tooLong } from "./shape.ts";
import { allFolders, printed, productFolders, sourceFiles } from "./source-files.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = sourceFiles(root, allFolders);
const product = sourceFiles(root, productFolders);
const linesOf = (text: string, path = "runtime/core/planted.ts") =>
  silencedTypes({ path, text }).map((finding) => finding.line);

test(`no file has more than ${linesMax} lines`, () => {
  assert.ok(files.length > 0);
  assert.equal(printed(files.flatMap(tooLong)), "");
});

test("a file name stands once in the product and names a concept", () => {
  assert.equal(printed(badNames(product)), "");
});

test("no type is silenced in the product without its reason", () => {
  assert.equal(printed(product.flatMap(silencedTypes)), "");
});

test("the file with one line too many is noticed, the one at the limit is not", () => {
  const file = (lines: number) => ({ path: "a.ts", text: "x\n".repeat(lines) });
  assert.equal(tooLong(file(linesMax)).length, 0);
  assert.equal(tooLong(file(linesMax + 1)).length, 1);
});

test("a second file of the same name and a bag file are noticed", () => {
  const names = (...paths: readonly string[]) =>
    badNames(paths.map((path) => ({ path, text: "" }))).map((finding) => finding.path);
  assert.deepEqual(names("a/x.ts", "b/x.ts"), ["b/x.ts"]);
  assert.deepEqual(names("a/index.ts", "b/index.ts"), []);
  assert.deepEqual(names("a/utils.ts", "a/link.ts"), ["a/utils.ts"]);
});

test("any, assertions and disabled checks are noticed", () => {
  assert.deepEqual(linesOf("let a: any;\n"), [1]);
  assert.deepEqual(linesOf("let a: any[] = [];\nf(a as string);\n"), [1, 2]);
  assert.deepEqual(linesOf("const a = <string>b;\n"), [1]);
  assert.deepEqual(linesOf("// @ts-ignore\nf();\n"), [1]);
});

test("a reasoned any, `as const` and the words in texts are fine", () => {
  const reason = "// biome-ignore lint/suspicious/noExplicitAny: nothing else fits.\n";
  assert.deepEqual(linesOf(`${reason}let a: any;\n`), []);
  assert.deepEqual(linesOf('const a = "as any" as const; // as any\n'), []);
  assert.deepEqual(linesOf('import { a as b } from "./a.ts";\nexport { b as c };\n'), []);
  assert.deepEqual(linesOf("f(a as string);\n", "protocols/codec.ts"), []);
});
