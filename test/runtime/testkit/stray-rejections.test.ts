import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What a process of its own says: here the test runner would take the rejection for its own. */
const said = (lines: readonly string[]): string => {
  const code = [
    'await import("#runtime/host/typescript-loader.mjs");',
    'const { explore, simulate } = await import("./runtime/testkit/index.ts");',
    'const stray = () => void Promise.reject(new Error("nobody looks"));',
    ...lines,
  ].join("\n");
  const args = ["--input-type=module", "--eval", code];
  return execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" });
};

test("a rejection that nobody looks at is a violation of its run, and ends no process", () => {
  const world = '{ nodes: 1, until: "1s", settle: "1s", build: stray, checks: [], seed: 1 }';
  const told = said([
    `const { violation } = await simulate(${world});`,
    "console.log(violation.checker, violation.statement);",
  ]);
  assert.match(told, /^no uncaught error nobody looked at a rejection: Error: nobody looks/);
});

test("a rejection that nobody looks at breaks its order, which is named", () => {
  const told = said([
    "const failure = await explore([7], stray).catch((error) => error);",
    "console.log(failure.message);",
  ]);
  assert.match(told, /^seed 7 breaks the test, after \d+ choices: nobody looks/);
});
