// A file of the first version whose store is killed while it is brought to the newest tables: each time
// it has the tables of one version or of another, and in the end all that was in it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { migrations } from "#actors/store/sqlite/migrations.ts";
import { inspect } from "#actors/store/sqlite/store-inspection.ts";
import { migrate, openTaskDatabase } from "#actors/store/sqlite/task-file.ts";
import { checksum } from "#runtime/stores/sqlite/checksum.ts";
import { randomOf } from "#runtime/testkit/random-of.ts";
import { temporaryFolder } from "../sqlite/sqlite-store-fixture.ts";
import { ChildStore } from "./child-store.ts";
import { crashPlan } from "./crash-plan.ts";

const tasksCount = 2_000;
const formerMs = 1_690_000_000_000;

function writeFirstVersion(path: string): void {
  const database = openTaskDatabase(path);
  migrate(database, { nowMs: formerMs, steps: migrations.slice(0, 1) });
  const insert = database.prepare(`INSERT INTO tasks (task_id, task_type, name, status, priority,
    submitted_at, created_at, run_at, seq, parameters, max_retries, rank, payload_bytes, model_name,
    payload_crc32) VALUES (:id, 'inpaint', 'inpaint', 'pending', 2, :now, :now, :now, :seq,
    '{"seed":7}', 3, :now + :seq, 10, 'm', :sum)`);
  const fill = database.transaction(() => {
    for (let seq = 1; seq <= tasksCount; seq += 1) {
      const id = `old-${seq}`;
      const sum = checksum([id, "inpaint", "m", 2, 3, '{"seed":7}', 0]);
      insert.run({ id, now: formerMs, seq, sum });
    }
    database.exec(`UPDATE sequences SET value = ${tasksCount} WHERE name = 'task_seq'`);
  });
  fill();
  database.close();
}

function versionOf(path: string): number {
  const database = openTaskDatabase(path);
  try {
    return Number(database.prepare("SELECT max(version) FROM schema_migrations").pluck().get());
  } finally {
    database.close();
  }
}

function tasksIn(path: string): number {
  const database = openTaskDatabase(path);
  try {
    return Number(database.prepare("SELECT count(*) FROM tasks").pluck().get());
  } finally {
    database.close();
  }
}

/** Milliseconds from the request to the answer, for a file with all those tasks. */
async function migrationMs(path: string): Promise<number> {
  writeFirstVersion(path);
  const store = await new ChildStore("sqlite").loaded();
  const begun = performance.now();
  await store.open({ kind: "sqlite", path });
  const tookMs = performance.now() - begun;
  await store.close();
  return tookMs;
}

test("a store that is killed while it migrates loses nothing of the file, and finishes when it is opened again", async (t) => {
  const folder = temporaryFolder(t);
  const { seed, kills } = crashPlan();
  const random = randomOf(seed, "migration");
  const wholeMs = await migrationMs(join(folder, "whole.db"));
  const versions: number[] = [];
  let path = "";
  for (let kill = 0; kill < Math.max(3, Math.ceil(kills / 10)); kill += 1) {
    if (versions.at(-1) === undefined || versions.at(-1) === migrations.length) {
      path = join(folder, `tasks-${kill}.db`);
      writeFirstVersion(path);
    }
    const store = await new ChildStore("sqlite").loaded();
    const opened = store.open({ kind: "sqlite", path }).catch(() => undefined);
    await Promise.race([opened, delay(wholeMs * (0.4 + 0.8 * random.next()))]);
    await store.kill();
    await opened;
    const version = versionOf(path);
    versions.push(version);
    assert.ok(version >= 1 && version <= migrations.length, versions.join());
    // Between two steps as well as before the first, what was in it is whole.
    assert.equal(tasksIn(path), tasksCount);
  }
  t.diagnostic(`seed ${seed}: schema after each kill: ${versions.join(" ")}`);
  const store = await new ChildStore("sqlite").loaded();
  t.after(() => store.kill());
  await store.open({ kind: "sqlite", path });
  assert.equal((await store.call({ method: "counts", args: [] })).pending, tasksCount);
  assert.deepEqual(inspect({ path, nowMs: Date.now() }), []);
  assert.equal(versionOf(path), migrations.length);
});
