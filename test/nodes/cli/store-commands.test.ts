import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
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

const sourceTables = `CREATE TABLE tasks (task_id TEXT PRIMARY KEY, task_type TEXT NOT NULL,
  name TEXT NOT NULL, description TEXT, required_skills TEXT, optional_skills TEXT,
  status TEXT NOT NULL, priority INTEGER DEFAULT 2, assigned_node TEXT, submitted_at TIMESTAMP,
  scheduled_at TIMESTAMP, started_at TIMESTAMP, completed_at TIMESTAMP, parameters TEXT,
  timeout INTEGER, retry_count INTEGER DEFAULT 0, max_retries INTEGER DEFAULT 3, user_id TEXT,
  affinity_tags TEXT, result TEXT, error TEXT, metadata TEXT,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
  CREATE TABLE nodes (node_id TEXT PRIMARY KEY, hostname TEXT);
  INSERT INTO nodes VALUES ('n1', 'h1');`;

function writeSource(path: string, rows: readonly string[]): void {
  const source = new Database(path);
  source.exec(sourceTables);
  for (const row of rows) source.exec(`INSERT INTO tasks ${row}`);
  source.close();
}

const sourceRows = [
  `(task_id, task_type, name, status, submitted_at, parameters, required_skills, timeout, user_id)
    VALUES ('s1', 'inpaint', 'one', 'waiting', '2025-01-31T12:00:00', '{"model":"m","deep":{"a":1}}',
      '["fast"]', 30, 'ann')`,
  `(task_id, task_type, name, status, submitted_at, started_at, assigned_node)
    VALUES ('s2', 'm', 'two', 'PROCESSING', '2025-01-31 11:59:59.500', '2025-01-31 12:00:01', 'n1')`,
  `(task_id, task_type, name, status, submitted_at, started_at, completed_at, result, assigned_node)
    VALUES ('s3', 'm', 'three', 'completed', '2025-01-31T10:00:00+00:00', '2025-01-31T10:00:01Z',
      '2025-01-31T10:00:05Z', '{"steps":5}', 'n1')`,
  `(task_id, task_type, name, status, error) VALUES ('s4', 'm', 'four', 'failed', 'it broke')`,
];

test("a source's tasks come over: times, words, lists; what ran waits again", async () => {
  writeSource(at("queue.db"), sourceRows);
  const said = await done("import", at("queue.db"), at("tasks.db"));
  assert.match(said, /imported 4 tasks .*; 2 of them wait\n1 nodes stay behind/s);
  assert.match(await done("import", at("queue.db"), at("tasks.db")), /imported 0 .*4 tasks were/s);
  const backend = await SqliteBackend.open({ path: at("tasks.db") });
  try {
    const view = (taskId: string) => backend.call({ method: "view", args: [taskId] });
    const first = await view("s1");
    assert.equal(first?.submittedAt, Date.UTC(2025, 0, 31, 12));
    assert.equal(first?.status, "pending");
    assert.equal((await view("s2"))?.status, "pending");
    assert.equal((await view("s4"))?.error, "it broke");
    const outcome = await backend.call({ method: "outcome", args: ["s3"] });
    assert.ok(outcome?.status === "completed");
    assert.deepEqual(
      [outcome.result.figures, outcome.node, outcome.runMs],
      [{ steps: 5 }, "n1", 4_000],
    );
    const request = { ...claim.args[0], models: ["m"], skills: ["fast"], max: 5 };
    const leases = await backend.call({ method: "claim", args: [request] });
    assert.deepEqual(
      leases.map(({ taskId }) => taskId),
      ["s2", "s1"],
    );
    assert.deepEqual(leases[1]?.parameters, { model: "m", deep: '{"a":1}' });
    assert.equal(leases[1]?.timeoutMs, 30_000);
    assert.deepEqual((await backend.call({ method: "check", args: [] })).problems, []);
  } finally {
    await backend.close();
  }
});

test("a source with one task that cannot be is refused as a whole", async () => {
  for (const [row, said] of [
    [
      "(task_id, task_type, name, status) VALUES ('x', 't', 'n', 'dreaming')",
      /status is "dreaming"/,
    ],
    [
      "(task_id, task_type, name, status, submitted_at) VALUES ('x', 't', 'n', 'waiting', 'soon')",
      /submitted_at is "soon", not a time/,
    ],
    [
      "(task_id, task_type, name, status, priority) VALUES ('x', 't', 'n', 'waiting', 12)",
      /priority is 12/,
    ],
  ] as const) {
    rmSync(at("queue.db"), { force: true });
    writeSource(at("queue.db"), [...sourceRows, row]);
    const { exitCode, err } = await troupe("import", at("queue.db"), at("tasks.db"));
    assert.equal(exitCode, 1);
    assert.match(err, said);
    assert.match(err, /nothing was imported/);
    assert.ok(!existsSync(at("tasks.db")), "the store that was made for it is gone");
  }
  const backend = await SqliteBackend.open({ path: at("tasks.db") });
  assert.equal((await backend.call({ method: "counts", args: [] })).pending, 0);
  assert.match((await troupe("import", at("queue.db"), at("tasks.db"))).err, /in use/);
  await backend.close();
  assert.ok(statSync(at("tasks.db")).size > 0);
});
