// A real process whose files may not grow: SQLite meets the limit as it would a full disk.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { SqliteBackend } from "#actors/store/sqlite/sqlite-backend.ts";
import { createStore, submission, temporaryFolder } from "./sqlite-store-fixture.ts";

const script = fileURLToPath(new URL("./sqlite-store-process.ts", import.meta.url));

test("a full disk refuses tasks, loses none, and takes more when space returns", async (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  // A soft limit of 2 MB a file, which can be lifted again from outside.
  const shell = 'ulimit -S -f 2048; exec "$0" --import tsx "$@"';
  const child = spawn("bash", ["-c", shell, process.execPath, script, path], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => String((await lines.next()).value);
  assert.equal(await nextLine(), "opened");
  const acknowledged: string[] = [];
  const submit = async () => {
    child.stdin.write("x");
    const line = await nextLine();
    if (line.startsWith("S ")) acknowledged.push(line.slice(2));
    return line;
  };
  let line = "";
  for (let count = 0; count < 100 && !line.startsWith("F"); count += 1) line = await submit();
  assert.match(line, /^F store_failed: .*(SQLITE_IOERR|SQLITE_FULL).*nothing was stored/);
  const before = acknowledged.length;
  assert.ok(before >= 5, `${before} were stored before`);
  assert.match(await submit(), /^F store_failed/);
  execFileSync("prlimit", ["--pid", String(child.pid), "--fsize=unlimited"]);
  for (let count = 0; count < 10; count += 1) assert.match(await submit(), /^S /);
  const ended = once(child, "exit");
  child.stdin.end();
  assert.deepEqual(await ended, [0, null]);

  const thread = await SqliteBackend.open({ path });
  t.after(() => thread.close());
  assert.deepEqual(await thread.call({ method: "check", args: [] }), { problems: [] });
  assert.equal((await thread.call({ method: "counts", args: [] })).pending, acknowledged.length);
  for (const taskId of acknowledged) {
    assert.ok(await thread.call({ method: "view", args: [taskId] }), `${taskId} is gone`);
  }
});

test("a refused write says what to do, and reads of its batch are answered", (t) => {
  const store = createStore(t);
  const taskId = store.submit();
  const blocker = new Database(store.path, { timeout: 0 });
  t.after(() => blocker.close());
  blocker.exec("BEGIN IMMEDIATE");
  const answers = store.store.run(
    [
      { method: "submit", args: [submission()] },
      { method: "view", args: [taskId] },
    ],
    store.nowMs,
  );
  const [written, read] = answers;
  assert.ok(written?.kind === "failed" && read?.kind === "done");
  assert.equal(written.failure.code, "store_failed");
  assert.match(written.failure.detail, /SQLITE_BUSY.*end whatever other program holds a lock/);
  blocker.exec("ROLLBACK");
  store.submit();
  assert.equal(store.counts().pending, 2);
});
