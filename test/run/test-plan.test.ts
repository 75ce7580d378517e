import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { testChoice } from "./test-files.ts";
import { testPlan } from "./test-plan.ts";
import { sharing } from "./test-sharing.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A tree of these files; with its path that of each. */
function tree(context: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "test-plan-"));
  context.after(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const pure = 'import { test } from "node:test";\nimport { sum } from "#runtime/sum.ts";\n';

test("a file shares its process when nothing it can reach is a process, a thread, a socket or a clock", (context) => {
  const cases: Readonly<Record<string, string>> = {
    pure,
    "with types of what starts processes": `${pure}import type { ChildProcess } from "node:child_process";`,
    "with a text that tells of a process": `${pure}// It is the process. Then it ends.\n`,
    "with a helper": `${pure}import { help } from "./help.ts";`,
    "starts a process": `${pure}import { spawn } from "node:child_process";`,
    "starts one by a helper": `${pure}import { start } from "./start.ts";`,
    "starts one by the product": `${pure}import { Launcher } from "#nodes/launcher.ts";`,
    "starts one later": `${pure}test("a", async () => { await import("../nodes/launcher.ts"); });`,
    "loads what only the run knows": `${pure}test("a", async () => { await import(name); });`,
    "loads foreign code": `${pure}import zeromq from "zeromq";`,
    "imports what is not there": `${pure}import { gone } from "./gone.ts";`,
    "sees its environment": `${pure}const { SEED } = process.env;`,
    "sees it by a helper": `${pure}export { seed } from "./seed.ts";`,
    "measures time": `${pure}const begun = performance.now();`,
    "waits for a clock": `${pure}setTimeout(done, 20);`,
    "sets something up around all tests": `${pure}beforeEach(() => {});`,
    "waits before its tests": `${pure}await prepared();`,
    "changes what all see": `${pure}globalThis.seen = 1;`,
  };
  const files = Object.entries(cases).map(([name, text]) => [`test/${name}.test.ts`, text]);
  const folder = tree(context, {
    ...Object.fromEntries(files),
    "runtime/sum.ts": 'import { inspect } from "node:util";',
    "nodes/launcher.ts": 'import { fork } from "node:child_process";',
    "test/help.ts": 'import assert from "node:assert/strict";',
    "test/start.ts": 'import { spawn } from "node:child_process";',
    "test/seed.ts": "export const seed = process.env.SEED;",
  });
  const share = sharing(folder);
  const sharers = Object.keys(cases).filter((name) => share(`test/${name}.test.ts`));
  assert.deepEqual(sharers, Object.keys(cases).slice(0, 4));
});

test("each file of a run is started once, the longest alone and first, the shared ones at the end", (context) => {
  const names = Array.from({ length: 26 }, (_, index) => `test/runtime/${index + 10}.test.ts`);
  const files = ["test/a/thread.test.ts", ...names, "test/simulation/world.test.ts"];
  const folder = tree(context, {
    ...Object.fromEntries(files.map((file) => [file, 'import { test } from "node:test";'])),
    "test/a/thread.test.ts": 'import { Worker } from "node:worker_threads";',
  });
  const plan = testPlan(folder, files);
  assert.deepEqual(plan.slice(0, 2), [
    ["test/simulation/world.test.ts"],
    ["test/a/thread.test.ts"],
  ]);
  assert.deepEqual(
    plan.slice(2).map((group) => group.length),
    [12, 12, 2],
  );
  assert.deepEqual(plan.slice(2).flat(), names);
  assert.deepEqual(testPlan(folder, files), plan);
  assert.deepEqual(testPlan(folder, names.slice(0, 1)), [names.slice(0, 1)]);
  assert.deepEqual(testPlan(folder, []), []);
});

test("of this project a third shares, and no file is lost or starts twice", () => {
  const choice = testChoice(root, []);
  assert.ok("files" in choice);
  const plan = testPlan(root, choice.files);
  assert.deepEqual(plan.flat().toSorted(), choice.files);
  const shared = plan.filter((group) => group.length > 1).flat();
  assert.ok(shared.length > choice.files.length / 3, `${shared.length} share their process`);
});
