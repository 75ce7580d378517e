import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { impurities, mustBePure } from "./purity.ts";
import { printed, productFolders, sourceFiles } from "./source-files.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const linesOf = (text: string, path = "runtime/core/planted.ts") =>
  impurities({ path, text }).map((finding) => finding.line);

test("pure folders and actor classes take clock, chance and timers from their ports", () => {
  const files = sourceFiles(root, productFolders).filter(mustBePure);
  assert.ok(files.length > 0);
  assert.equal(printed(files.flatMap(impurities)), "");
});

const planted = [
  "Date.now()",
  "new Date()",
  "Date()",
  "const { now } = Date",
  "performance.now()",
  "Math.random()",
  "setTimeout(() => 1, 5)",
  "globalThis.setTimeout(() => 1, 5)",
  "setInterval(() => 1, 5)",
  "setImmediate(() => 1)",
  "process.pid",
  "const { pid } = process",
  "console.log(1)",
  "crypto.randomUUID()",
  "randomUUID()",
  "const later = setTimeout",
];
for (const code of planted) {
  test(`\`${code}\` is noticed`, () => assert.deepEqual(linesOf(`const a = 1;\n${code};\n`), [2]));
}

test("words in comments, texts and names of members are no use of clock or chance", () => {
  const text = `
    // Date.now() and setTimeout(…) are forbidden here; process.pid too.
    /** console.log */
    export interface Ports { setTimeout(ms: number): void; readonly process: string }
    export const text = "Math.random() " + \`new Date() performance.now()\`;
    export const use = (ports: Ports, random: { next(): number }) =>
      [ports.setTimeout(5), ports.process, random.next(), Math.floor(1)];
    export const fixed = [new Date(0), Date.UTC(2026, 0), Date.parse("2026-01-01")];
    export const isDate = (value: unknown): value is Date => value instanceof Date;
  `;
  assert.deepEqual(linesOf(text), []);
});

test("actor classes are held to it wherever they stand, and import no node module", () => {
  const text =
    'import { hostname } from "node:os";\nclass A extends Actor {\n  a = Date.now();\n}\n';
  const actor = { path: "actors/some/a.ts", text };
  assert.ok(mustBePure(actor));
  assert.deepEqual(linesOf(text, actor.path), [1, 3]);
  assert.ok(!mustBePure({ path: "actors/some/b.ts", text: "class B {}" }));
});
