// The write-ahead log of a killed store, cut and damaged anywhere: what comes back is a moment of the
// store as it was, and when something that was acknowledged is missing, the store says so.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SqliteStore } from "#actors/store/sqlite/sqlite-store.ts";
import { inspect } from "#actors/store/sqlite/store-inspection.ts";
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

/** The log up to its last frame: behind that may stand frames of before it began anew, which bear another salt. */
function logOf(path: string): Buffer {
  const log = readFileSync(`${path}-wal`);
  const salt = log.subarray(16, 24);
  let end = 32;
  while (log.subarray(end + 8, end + 16).equals(salt)) end += frameBytes;
  return log.subarray(0, end);
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
  // As it was when the process was killed: it says how much of the log was committed.
  copyFileSync(`${path}-shm`, `${copy}-shm`);
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
  const log = logOf(path);
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

test("a log that lost its end: the commits before it are there, and what is missed is told", async (t) => {
  const folder = temporaryFolder(t);
  const path = await killedStore(folder);
  const log = logOf(path);
  const copy = join(folder, "copy.db");
  const counts = new Set<number>();
  const frames = Math.floor((log.byteLength - 32) / frameBytes);
  const whole = opened(path, log, copy);
  for (let frame = frames; frame > frames - 10; frame -= 1) {
    for (const within of [0, 100]) {
      const found = opened(path, log.subarray(0, 32 + frame * frameBytes - within), copy);
      assert.ok(isMoment(found), found.tasks.join());
      counts.add(found.tasks.length);
      const isCut = frame < frames || within > 0;
      assert.equal(found.isTold, isCut, `cut in frame ${frame} of ${frames}`);
      assert.equal(found.epoch === whole.epoch, !isCut);
    }
  }
  assert.ok(counts.size > 1, `after the cuts there were ${[...counts]} tasks`);
});

test("a commit that was being written when the process was killed is no damage", async (t) => {
  const folder = temporaryFolder(t);
  const path = await killedStore(folder);
  const log = logOf(path);
  const copy = join(folder, "copy.db");
  // The head of one more frame, with the marks of a commit, and a part of its page.
  const last = log.subarray(log.byteLength - frameBytes);
  for (const bytes of [24, 1_000, frameBytes]) {
    const torn = Buffer.from(last.subarray(0, bytes));
    torn.writeUInt32BE(0, 16);
    const found = opened(path, Buffer.concat([log, torn]), copy);
    assert.deepEqual([found.tasks.length, found.isTold], [tasksCount, false]);
  }
});
