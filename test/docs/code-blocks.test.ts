// What documents show must work: their code is written to files and its tests are run, and its types checked.
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
  "docs/patterns.md",
  "docs/persistence.md",
  "docs/testing.md",
  "docs/simulation.md",
  "docs/observability.md",
  "docs/threads.md",
  "docs/cluster.md",
  "docs/control.md",
  "docs/workers.md",
];

/** Those whose blocks are programs of a running cluster: their types are checked. */
const programs = ["docs/client.md"];

const root = fileURLToPath(new URL("../..", import.meta.url));
const runMsMax = 120_000;

interface Run {
  readonly status: "passed" | "failed";
  readonly said: string;
}

/** Writes each list of blocks into a folder of its own, from which the project's imports resolve. */
async function withFiles<T>(
  lists: readonly (readonly CodeBlock[])[],
  act: (folder: string) => Promise<T>,
): Promise<T> {
  await mkdir(join(root, "data"), { recursive: true });
  const folder = await mkdtemp(join(root, "data", "code-blocks-"));
  try {
    for (const [index, blocks] of lists.entries()) {
      for (const { name, text } of blocks) {
        const path = join(folder, `${index}`, name);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, text);
      }
    }
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const runBlocks = (blocks: readonly CodeBlock[]): Promise<Run> =>
  withFiles([blocks], (folder) => {
    const names = blocks.map(({ name }) => name).filter((name) => name.endsWith(".test.ts"));
    return run([
      "--import",
      "#runtime/host/typescript-loader.mjs",
      "--test",
      ...names.map((name) => join(folder, "0", name)),
    ]);
  });

const checkTypes = (lists: readonly (readonly CodeBlock[])[]): Promise<Run> =>
  withFiles(lists, async (folder) => {
    const config = { extends: "../../tsconfig.json", include: ["."] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    return run([join(root, "node_modules/typescript/bin/tsc"), "-p", folder]);
  });

function run(args: readonly string[]): Promise<Run> {
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: root, env, timeout: runMsMax, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) =>
        resolve({ status: error ? "failed" : "passed", said: `${stdout}\n${stderr}` }),
    );
  });
}

const blocksOf = async (document: string): Promise<readonly CodeBlock[]> =>
  codeBlocks(document, await readFile(join(root, document), "utf8"));

for (const document of documents) {
  test(`the code in ${document} runs`, async () => {
    const blocks = await blocksOf(document);
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

test("the code in all documents has the types that it needs", async () => {
  const { status, said } = await checkTypes(
    await Promise.all([...documents, ...programs].map(blocksOf)),
  );
  assert.equal(status, "passed", said);
});

test("a block with a type error is noticed", async () => {
  const text = 'export const count: number = "three";\n';
  const { status, said } = await checkTypes([[{ name: "wrong.ts", line: 1, text }]]);
  assert.equal(status, "failed");
  assert.match(said, /wrong\.ts\(1,14\): error TS2322/);
});

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
