// The test run is itself run on planted test files that leave something behind.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { canTellProcesses, isRunning } from "./leftovers.ts";
import { testChoice } from "./test-files.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "leftovers-"));
});
after(() => rmSync(folder, { recursive: true }));

/** A run that a failed test leaves behind is told to stop, and takes its tests with it. */
const runs: Run[] = [];
afterEach(async () => {
  for (const { child, ended } of runs.splice(0)) {
    child.kill("SIGTERM");
    await ended;
  }
});

/** An environment in which the inner run does not take itself for a part of the outer one. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _context, NODE_V8_COVERAGE: _coverage, ...rest } = process.env;
  return rest;
}

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly status: unknown; readonly said: string }>;
  said(): string;
}

function start(name: string, body: string): Run {
  const file = join(folder, `${name}.test.ts`);
  writeFileSync(file, body);
  return startFiles([file]);
}

function startFiles(files: readonly string[]): Run {
  const args = ["test/run.mjs", ...files];
  const child = spawn(process.execPath, args, { cwd: root, env: environment() });
  let said = "";
  child.stdout.on("data", (data) => {
    said += data;
  });
  child.stderr.on("data", (data) => {
    said += data;
  });
  const ended = once(child, "close").then(([status]) => ({ status, said }));
  const run: Run = { child, ended, said: () => said };
  runs.push(run);
  return run;
}

const onLinux = { skip: !canTellProcesses };

test("a run that leaves nothing succeeds, one with a failed test fails", async () => {
  const good = start("good", 'import { test } from "node:test"; test("a", () => {});');
  assert.equal((await good.ended).status, 0, good.said());
  const bad = start("bad", 'import { test } from "node:test"; test("a", () => { throw 1; });');
  assert.equal((await bad.ended).status, 1);
});

test("files that share a process are both run, and what fails is told with its file", async () => {
  const names = ["first", "second"];
  const files = names.map((name) => join(folder, `${name}-sharing.test.ts`));
  for (const [index, file] of files.entries()) {
    const body = `import { test } from "node:test"; test("${names[index]} in it", () => { if (${index}) throw 1; });`;
    writeFileSync(file, body);
  }
  const run = startFiles(files);
  const { status, said } = await run.ended;
  assert.equal(status, 1, said);
  assert.match(said, /✔ first in it/);
  assert.match(said, /test at .*second-sharing\.test\.ts:\d+:\d+\n✖ second in it/);
  assert.match(said, /These ran in one process, .*first-sharing\.test\.ts .*second-sharing/);
});

test(
  "a server process left behind fails the run, is named with its sockets, and ended",
  onLinux,
  async () => {
    const server =
      "require('node:net').createServer().listen(0, '127.0.0.1', () => console.log('up'))";
    const body = `
    import { spawn } from "node:child_process";
    import { once } from "node:events";
    import { test } from "node:test";
    test("leaves a server in a session of its own", async () => {
      const child = spawn(process.execPath, ["-e", ${JSON.stringify(server)}], {
        detached: true, stdio: ["ignore", "pipe", "ignore"],
      });
      await once(child.stdout, "data");
      child.stdout.destroy();
      child.unref();
    });
  `;
    const { status, said } = await start("leaves-server", body).ended;
    assert.equal(status, 1, said);
    const found = /left behind: process (\d+), listening on 1: .*createServer/.exec(said);
    assert.ok(found, said);
    assert.equal(isRunning(Number(found[1])), false);
  },
);

test("a file left in the temporary folder fails the run", async () => {
  const body = `
    import { writeFileSync } from "node:fs";
    import { tmpdir } from "node:os";
    import { test } from "node:test";
    test("leaves a file", () => writeFileSync(tmpdir() + "/forgotten", ""));
  `;
  const { status, said } = await start("leaves-file", body).ended;
  assert.equal(status, 1);
  assert.match(said, /left behind: file forgotten/);
});

test("a run that is told to stop stops its tests", onLinux, async () => {
  const body = `
    import { test } from "node:test";
    test("waits", async () => {
      console.log("waiting in " + process.pid + ".");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });
  `;
  const { child, ended, said } = start("waits", body);
  while (!/waiting in \d+\./.test(said())) {
    assert.ok(child.exitCode === null && child.stdout, said());
    await Promise.race([once(child.stdout, "data"), ended]);
  }
  child.kill("SIGTERM");
  const { status } = await ended;
  assert.notEqual(status, 0);
  assert.equal(isRunning(Number(/waiting in (\d+)\./.exec(said())?.[1])), false);
});

test("paths choose test files, and a path without any is refused", () => {
  const tree = join(folder, "tree");
  mkdirSync(join(tree, "test/a/b"), { recursive: true });
  for (const file of ["test/a/x.test.ts", "test/a/b/y.test.ts", "test/z.test.ts", "test/a/n.ts"]) {
    writeFileSync(join(tree, file), "");
  }
  const filesOf = (...args: readonly string[]) => {
    const choice = testChoice(tree, args);
    return "help" in choice ? choice.help.split("\n")[0] : choice.files;
  };
  assert.deepEqual(filesOf(), ["test/a/b/y.test.ts", "test/a/x.test.ts", "test/z.test.ts"]);
  assert.deepEqual(filesOf("test/a/b", "test/z.test.ts"), ["test/a/b/y.test.ts", "test/z.test.ts"]);
  assert.deepEqual(filesOf("test/a", "test/a/x.test.ts"), [
    "test/a/b/y.test.ts",
    "test/a/x.test.ts",
  ]);
  assert.equal(filesOf("test/none"), "There is no *.test.ts file at test/none.");
  assert.equal(filesOf("test/a/n.ts"), "There is no *.test.ts file at test/a/n.ts.");
  assert.equal(filesOf("--fast"), "There is no option --fast.");
  const files = ["test/z.test.ts"];
  const measured = { coverage: "with-coverage", files };
  assert.deepEqual(testChoice(tree, ["--coverage", ...files]), measured);
  assert.deepEqual(testChoice(tree, files), { coverage: "without-coverage", files });
});
