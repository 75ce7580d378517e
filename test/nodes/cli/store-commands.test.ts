import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { SqliteBackend } from "#actors/store/sqlite/sqlite-backend.ts";
import { troupe } from "./terminal-double.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "troupe-store-command-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const submission = { type: "t", model: "m", parameters: {}, inputs: [] };

async function done(...words: readonly string[]): Promise<string> {
  const { exitCode, out, err } = await troupe(...words);
  assert.equal(exitCode, 0, err);
  return out;
}

/** What a refused command says; no file may have changed. */
async function refusal(...words: readonly string[]): Promise<string> {
  const before = contents();
  const { exitCode, out, err } = await troupe(...words);
  assert.notEqual(exitCode, 0, out);
  assert.deepEqual(contents(), before);
  return err;
}

/** Lock files, which every look at a store may leave, are nobody's content. */
const contents = (): unknown =>
  readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isFile() ? [entry.name] : []))
    .filter((name) => !/\.lock$|\.owner$|-shm$|-wal$/.test(name))
    .map((name) => [name, readFileSync(at(name)).toString("base64")]);

async function storeWith(path: string, tasks: number): Promise<SqliteBackend> {
  const backend = await SqliteBackend.open({ path });
  for (let count = 0; count < tasks; count += 1) {
    await backend.call({ method: "submit", args: [submission] });
  }
  return backend;
}

const claim = {
  method: "claim",
  args: [{ node: "n", incarnation: 1, models: ["m"], max: 1 }],
} as const;

test("a store that runs is copied, and the copy restored is a store whose old leases are refused", async () => {
  const backend = await storeWith(at("tasks.db"), 5);
  const [lease] = await backend.call({ ...claim, args: [{ ...claim.args[0], models: ["m"] }] });
  assert.ok(lease);
  const working = Array.from({ length: 50 }, () =>
    backend.call({ method: "submit", args: [submission] }),
  );
  const said = await done("store", "backup", at("tasks.db"), at("copies/monday.db"));
  await Promise.all(working);
  assert.match(said, /monday\.db {2}\d+ bytes {2}SHA-256 [0-9a-f]{64}/);
  assert.match(
    readFileSync(at("copies/monday.db.sha256"), "utf8"),
    /^[0-9a-f]{64} {2}monday\.db\n$/,
  );
  assert.deepEqual(readdirSync(at("copies")).sort(), ["monday.db", "monday.db.sha256"]);
  assert.match(await done("store", "check", at("tasks.db")), /^ok/);

  assert.match(
    await refusal("store", "restore", at("copies/monday.db"), at("tasks.db"), "--replace"),
    new RegExp(`in use by this process already \\(pid ${process.pid}\\)`),
  );
  await backend.close();
  assert.match(
    await refusal("store", "restore", at("copies/monday.db"), at("tasks.db")),
    /is a store already; give --replace/,
  );
  const restored = await done(
    "store",
    "restore",
    at("copies/monday.db"),
    at("tasks.db"),
    "--replace",
  );
  assert.match(restored, /the former one is .*tasks\.db\.former-\d+/);
  const next = await SqliteBackend.open({ path: at("tasks.db") });
  try {
    assert.notEqual(next.info.epoch, backend.info.epoch);
    const { taskId, fence, epoch } = lease;
    const result = { figures: {}, files: [] };
    const report = { lease: { taskId, fence, epoch }, result };
    assert.deepEqual(await next.call({ method: "complete", args: [report] }), { kind: "lost" });
    const counts = await next.call({ method: "counts", args: [] });
    assert.ok(counts.pending >= 4 && counts.running === 1);
    assert.deepEqual((await next.call({ method: "check", args: [] })).problems, []);
  } finally {
    await next.close();
  }
});

test("what is no store, or damaged, is refused by every command", async () => {
  writeFileSync(at("letter"), "this is a letter, not a database, and it is long enough to be one");
  const other = new Database(at("other.db"));
  other.exec("CREATE TABLE theirs (x)");
  other.close();
  for (const [name, said] of [
    ["letter", /no database of this store|not a database/],
    ["other.db", /another program/],
    ["nowhere", /there is no file/],
  ] as const) {
    assert.match(await refusal("store", "backup", at(name), at("copy.db")), said);
    assert.match(await refusal("store", "check", at(name)), said);
    assert.match(await refusal("store", "restore", at(name), at("new.db")), said);
  }
  for (const [name, said] of [
    ["letter", /no database of this store|not a database/],
    ["other.db", /no table tasks; name a database with such tasks/],
    ["nowhere", /there is no file/],
  ] as const) {
    assert.match(await refusal("import", at(name), at("new.db")), said);
  }
});

test("a name that is taken is not written over, a backup that was changed not restored", async () => {
  await (await storeWith(at("tasks.db"), 3)).close();
  await done("store", "backup", at("tasks.db"), at("copy.db"));
  assert.match(await refusal("store", "backup", at("tasks.db"), at("copy.db")), /is there already/);
  const copy = new Database(at("copy.db"));
  copy.exec("UPDATE tasks SET priority = 3 WHERE seq = 2");
  copy.close();
  assert.match(
    await refusal("store", "restore", at("copy.db"), at("new.db")),
    /is damaged: the row of task .* fails its checksum/,
  );
  writeFileSync(at("copy.db.sha256"), `${"0".repeat(64)}  copy.db\n`);
  const mended = new Database(at("copy.db"));
  mended.exec("UPDATE tasks SET priority = 2 WHERE seq = 2");
  mended.close();
  assert.match(await refusal("store", "restore", at("copy.db"), at("new.db")), /SHA-256/);
  assert.ok(!existsSync(at("new.db")));
});

test("a damaged store is told of, problem by problem, and gives no backup", async () => {
  await (await storeWith(at("tasks.db"), 3)).close();
  const database = new Database(at("tasks.db"));
  database.exec("UPDATE tasks SET parameters = '{\"a\":1}'");
  database.close();
  const { exitCode, out, err } = await troupe("store", "check", at("tasks.db"));
  assert.equal(exitCode, 1);
  assert.equal(out.trim().split("\n").length, 3);
  assert.match(err, /3 problems; restore a backup/);
  assert.match(
    await refusal("store", "backup", at("tasks.db"), at("copy.db")),
    /damaged, so this would be no good backup/,
  );
});

test("a disk that gets full leaves nothing of a backup, nor of a restored store", async () => {
  const backend = await storeWith(at("tasks.db"), 1);
  const big = { name: "image", contentType: "image/png", bytes: new Uint8Array(2_000_000) };
  await backend.call({ method: "submit", args: [{ ...submission, inputs: [big] }] });
  await backend.close();
  const script = fileURLToPath(new URL("../../../nodes/troupe.mjs", import.meta.url));
  const limited = (...words: readonly string[]) =>
    spawnSync(
      "bash",
      ["-c", 'ulimit -f 1024; exec "$0" "$@"', process.execPath, script, ...words],
      {
        encoding: "utf8",
      },
    );
  const copied = limited("store", "backup", at("tasks.db"), at("copies/copy.db"));
  assert.equal(copied.status, 1);
  assert.match(copied.stderr, /full|size limit/);
  assert.deepEqual(readdirSync(at("copies")), []);
  await done("store", "backup", at("tasks.db"), at("copies/copy.db"));
  const restored = limited("store", "restore", at("copies/copy.db"), at("new/tasks.db"));
  assert.equal(restored.status, 1);
  assert.match(restored.stderr, /full|size limit/);
  assert.deepEqual(
    readdirSync(at("new")).filter((name) => !name.endsWith(".lock")),
    [],
  );
});
