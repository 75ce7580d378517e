// The write-ahead log of a killed store, cut and damaged anywhere: what comes back is a moment of the
// store as it was, and when something that was acknowledged is missing, the store says so.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "#actors/store/sqlite/inspection.ts";
import { SqliteStore } from "#actors/store/sqlite/sqlite-store.ts";
import { Failure } from "#protocols/failure.ts";
import { damagedLogOf } from "#runtime/stores/sqlite/log-damage.ts";
import { randomOf } from "#runtime/testkit/random-of.ts";
import { temporaryFolder } from "../sqlite/sqlite-store-fixture.ts";
import { submission } from "../submissions.ts";
import { ChildStore } from "./child-store.ts";

// What a store says when it opens such a log; not wanted among the answers of the tests.
const warnings: string[] = [];
process.removeAllListeners("warning");
process.on("warning", ({ message }) => warnings.push(message));

const frameBytes = 24 + 4096;
const tasksCount = 20;

/** A killed store's files: as many tasks as `tasksCount`, each acknowledged by a commit of its own. */
async function killedStore(folder: string): Promise<string> {
  const path = join(folder, "killed.db");
  const child = await new ChildStore("sqlite").loaded();
  try {
    await child.open({ kind: "sqlite", path });
    for (let index = 0; index < tasksCount; index += 1) {
      const args = [submission({ name: `task ${index}` })] as const;
      await child.call({ method: "submit", args: [...args] });
    }
  } finally {
    await child.kill();
  }
  return path;
}

interface Found {
  readonly tasks: readonly string[];
  readonly epoch: string;
  readonly isTold: boolean;
}

/** What a store finds in the file with that log beside it; undefined when it refuses to open. */
function opened(path: string, log: Uint8Array, copy: string): Found {
  for (const end of ["", "-wal", "-shm", "-wal.damaged"]) rmSync(copy + end, { force: true });
  copyFileSync(path, copy);
  writeFileSync(`${copy}-wal`, log);
  const nowMs = Date.now();
  const store = SqliteStore.open({ path: copy, nowMs, makeId: () => "unused" });
  try {
    const list = { method: "list", args: [{ limit: 1_000 }] } as const;
    const [answer] = store.run([{ method: list.method, args: [...list.args] }], nowMs);
    assert.ok(answer?.kind === "done", "the list is answered");
    const { value } = answer;
    assert.ok(value !== null && typeof value === "object" && "tasks" in value);
    const isTold = existsSync(damagedLogOf(copy));
    const problems = inspect({ path: copy, nowMs });
    assert.equal(problems.length, Number(isTold), problems.join("\n"));
    return { tasks: value.tasks.map(({ name }) => name), epoch: store.info.epoch, isTold };
  } finally {
    store.close();
  }
}

/** Nothing but tasks from the first on, without a gap. */
const isMoment = ({ tasks }: Found): boolean =>
  tasks.every((name, index) => name === `task ${index}`);

test("a log that was damaged behind the last checkpoint: all is there, or it is told and the epoch is new", async (t) => {
  const folder = temporaryFolder(t);
  const path = await killedStore(folder);
  const log = readFileSync(`${path}-wal`);
  const copy = join(folder, "copy.db");
  const whole = opened(path, log, copy);
  assert.deepEqual([whole.tasks.length, whole.isTold], [tasksCount, false]);
  const random = randomOf(41, "flips");
  let missed = 0;
  for (let count = 0; count < 40; count += 1) {
    // The head of the last frame, the last pages, and some anywhere.
    const last = log.byteLength - frameBytes;
    const [from, length] =
      count < 24 ? [last + count, 1] : count < 32 ? [last, frameBytes] : [0, log.byteLength];
    const at = from + Math.floor(random.next() * length);
    const damaged = Buffer.from(log);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(random.next() * 8));
    let found: Found;
    try {
      found = opened(path, damaged, copy);
    } catch (cause) {
      // Damage that is told outright is not silent either.
      assert.match(Failure.of(cause).code, /^(corrupt|store_failed)$/, `byte ${at}: ${cause}`);
      missed += 1;
      continue;
    }
    assert.ok(isMoment(found), `byte ${at}: ${found.tasks.join()}`);
    if (found.tasks.length === tasksCount) continue;
    missed += 1;
    assert.ok(found.isTold, `byte ${at}: ${found.tasks.length} tasks, and nothing is said`);
    assert.notEqual(found.epoch, whole.epoch, `byte ${at}: old leases would be taken for new ones`);
  }
  assert.ok(missed > 30, `${missed} flips cost something`);
  await new Promise((resolve) => setImmediate(resolve));
  assert.match(warnings.join("\n"), /cannot be read from frame \d+ on, .*restore a backup/);
});

test("a log that was cut within a commit: the commits before it are there, and the cut is told", async (t) => {
  const folder = temporaryFolder(t);
  const path = await killedStore(folder);
  const log = readFileSync(`${path}-wal`);
  const copy = join(folder, "copy.db");
  const counts = new Set<number>();
  const frames = Math.floor((log.byteLength - 32) / frameBytes);
  for (let frame = frames; frame > frames - 12; frame -= 1) {
    const found = opened(path, log.subarray(0, 32 + frame * frameBytes - 100), copy);
    assert.ok(isMoment(found), found.tasks.join());
    assert.ok(found.tasks.length <= tasksCount);
    counts.add(found.tasks.length);
    // The frame that was cut ended a commit, so something is missed; else its commit was never whole.
    const isEndOfCommit = log.readUInt32BE(32 + (frame - 1) * frameBytes + 4) > 0;
    if (isEndOfCommit) assert.ok(found.isTold, `cut in frame ${frame} of ${frames}`);
  }
  assert.ok(counts.size > 1, `after the cuts there were ${[...counts]} tasks`);
});
