// What documents show must work: their code is written to files and its tests are run.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type CodeBlock, codeBlocks } from "./code-blocks.ts";

/** Documents whose blocks marked `ts` are run. */
const documents = [
  "docs/writing-actors.md",
  "docs/supervision.md",
  "docs/testing.md",
  "docs/simulation.md",
  "docs/observability.md",
  "docs/threads.md",
];

const root = fileURLToPath(new URL("../..", import.meta.url));
const runMsMax = 120_000;

interface Run {
  readonly status: "passed" | "failed";
  readonly said: string;
}

/** Writes the blocks into a folder from which the project's imports resolve, and runs their tests. */
async function runBlocks(blocks: readonly CodeBlock[]): Promise<Run> {
  await mkdir(join(root, "data"), { recursive: true });
  const folder = await mkdtemp(join(root, "data", "code-blocks-"));
  try {
    for (const { name, text } of blocks) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    const names = blocks.map(({ name }) => name).filter((name) => name.endsWith(".test.ts"));
    return await runTests(names.map((name) => join(folder, name)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runTests(files: readonly string[]): Promise<Run> {
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--import", "tsx", "--test", ...files],
      { cwd: root, env, timeout: runMsMax, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) =>
        resolve({ status: error ? "failed" : "passed", said: `${stdout}\n${stderr}` }),
    );
  });
}

for (const document of documents) {
  test(`the code in ${document} runs`, async () => {
    const blocks = codeBlocks(document, await readFile(join(root, document), "utf8"));
    assert.ok(
      blocks.some(({ name }) => name.endsWith(".test.ts")),
      `${document} has no block whose file is a test`,
    );
    const { status, said } = await runBlocks(blocks);
    assert.equal(status, "passed", said);
    assert.match(said, /^# fail 0$/m);
    assert.doesNotMatch(said, /^# pass 0$/m);
  });
}

test("a block that does not work is noticed", async () => {
  const text =
    'import { test } from "node:test";\ntest("x", () => { throw new Error("wrong"); });\n';
  const { status, said } = await runBlocks([{ name: "wrong.test.ts", line: 1, text }]);
  assert.equal(status, "failed");
  assert.match(said, /wrong/);
});

const fence = "```";
const page = (...blocks: readonly string[]): string =>
  blocks.map((block) => `text\n\n${fence}ts\n${block}\n${fence}\n`).join("\n");

test("blocks are found with their names and places, and other languages are left alone", () => {
  const text = `${fence}json\n{}\n${fence}\n${page("// a.ts\nlet a;", "// deep/b.test.ts\nlet b;")}`;
  assert.deepEqual(codeBlocks("x.md", text), [
    { name: "a.ts", line: 7, text: "// a.ts\nlet a;\n" },
    { name: "deep/b.test.ts", line: 14, text: "// deep/b.test.ts\nlet b;\n" },
  ]);
});

test("a block without a name, with a taken one, or without an end is refused with its place", () => {
  assert.throws(() => codeBlocks("x.md", page("let a;")), /x\.md:4: name the block's file/);
  assert.throws(() => codeBlocks("x.md", page("// ../a.ts")), /x\.md:4: name the block's file/);
  assert.throws(() => codeBlocks("x.md", page("// a.ts", "// a.ts")), /x\.md:10: a\.ts stands/);
  assert.throws(() => codeBlocks("x.md", `${fence}ts\n// a.ts`), /x\.md:2: the block has no end/);
});
