// Real processes on real files: killed at any instant, out of disk, without permission to write.
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { storedIn } from "#runtime/persistence/storage.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";
import { journalPath, openStore } from "../stores/sqlite-fixture.ts";
import { LedgerActor } from "./ledger.ts";

const killCount = 10;
const script = fileURLToPath(new URL("./ledger-process.ts", import.meta.url));

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

async function notesIn(t: TestContext, path: string, name: string): Promise<readonly string[]> {
  const store = await openStore(t, path);
  const system = await startLocalSystem({ log: { write: () => {} } });
  t.after(() => system.stop());
  const notes = await system.spawn(storedIn(store, LedgerActor), { name }).notes();
  await system.stop();
  await store.close();
  return notes;
}

test("no kill loses an acknowledged event, and none is there twice", async (t) => {
  const path = journalPath(t);
  const acknowledged = new Map<string, number>();
  for (let round = 0; round < killCount; round += 1) {
    const child = spawn(
      process.execPath,
      ["--import", "#runtime/host/typescript-loader.mjs", script, path, "work"],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    t.after(() => child.kill("SIGKILL"));
    const lines: string[] = [];
    const reader = createInterface({ input: child.stdout });
    const drained = once(reader, "close");
    reader.on("line", (line) => lines.push(line));
    const died = drained.then(() => assert.fail(`it ended after ${lines.length} lines`));
    died.catch(() => {});
    // Each kill comes some acknowledgements later than the one before, on any machine.
    while (lines.length < 1 + 6 * round) await Promise.race([once(reader, "line"), died]);
    // Chance is the point here: the kill hits any instant of recovering, appending and saving.
    await delay(Math.random() * 50);
    await kill(child);
    await drained;
    for (const line of lines) {
      const [kind, name = "", count] = line.split(" ");
      if (kind !== "A") continue;
      assert.ok(
        Number(count) > (acknowledged.get(name) ?? 0),
        `${line} after ${acknowledged.get(name)}`,
      );
      acknowledged.set(name, Number(count));
    }
  }
  t.diagnostic(`acknowledged: ${[...acknowledged].join(" ")}`);
  assert.equal(acknowledged.size, 4);
  for (const [name, count] of acknowledged) {
    const notes = await notesIn(t, path, name);
    assert.ok(notes.length >= count, `${name} has ${notes.length} of ${count}`);
    assert.deepEqual(
      notes,
      notes.map((_, index) => String(index + 1)),
    );
  }
});

test("a full disk refuses events, loses none, and takes more when space returns", async (t) => {
  const path = journalPath(t);
  // A soft limit of 3 MB a file, which can be lifted again from outside.
  const shell = 'ulimit -S -f 3072; exec "$0" --import tsx "$@"';
  const child = spawn("bash", ["-c", shell, process.execPath, script, path, "feed"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => String((await lines.next()).value);
  assert.equal(await nextLine(), "opened");
  let kept = 0;
  const enter = async () => {
    child.stdin.write("x");
    const line = await nextLine();
    if (line.startsWith("A ")) kept += 1;
    return line;
  };
  let line = "";
  for (let count = 0; count < 200 && !line.startsWith("F"); count += 1) line = await enter();
  assert.match(line, /^F store_failed: .*(SQLITE_IOERR|SQLITE_FULL).*nothing was stored/);
  const before = kept;
  assert.ok(before >= 5, `${before} were stored before`);
  execFileSync("prlimit", ["--pid", String(child.pid), "--fsize=unlimited"]);
  for (let count = 0; count < 5; count += 1)
    assert.equal(await enter(), `A a ${before + count + 1}`);
  const ended = once(child, "exit");
  child.stdin.end();
  assert.deepEqual(await ended, [0, null]);
  assert.equal((await notesIn(t, path, "a")).length, kept);
});

test("a store without permission to write does not open, and says what to do", async (t) => {
  const path = journalPath(t);
  assert.deepEqual(await notesIn(t, path, "a"), []);
  // A user who may read everything and write nothing; the superuser may always write.
  const isSuperuser = process.getuid?.() === 0;
  chmodSync(dirname(path), 0o555);
  chmodSync(path, 0o444);
  const child = spawn(
    process.execPath,
    ["--import", "#runtime/host/typescript-loader.mjs", script, path, "work"],
    {
      stdio: ["ignore", "pipe", "ignore"],
      ...(isSuperuser ? { uid: 65_534, gid: 65_534 } : {}),
    },
  );
  t.after(() => child.kill("SIGKILL"));
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  await once(reader, "close");
  chmodSync(dirname(path), 0o755);
  if (lines.length === 0 && isSuperuser) {
    t.skip("no other user may read this checkout");
    return;
  }
  assert.match(String(lines[0]), /^F store_failed: .*(writable|may write)/);
});
