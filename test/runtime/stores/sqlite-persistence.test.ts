import assert from "node:assert/strict";
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import type { Persistence } from "#runtime/persistence/journal.ts";
import { journalApplicationId } from "#runtime/stores/sqlite/journal-steps.ts";
import { openDatabase } from "#runtime/stores/sqlite/open-database.ts";
import { SqlitePersistence } from "#runtime/stores/sqlite-persistence.ts";
import { journalPath, openStore } from "./sqlite-fixture.ts";
import { storeContract, textsOf, value } from "./store-contract.ts";

storeContract("sqlite", async (t) => openStore(t, journalPath(t)));

async function fill({ journal, snapshots }: Persistence, count: number): Promise<void> {
  const owner = await journal.claim("a");
  for (let version = 0; version < count; version += 1) {
    await journal.append({
      ...owner,
      expectedVersion: version,
      events: [value(`event ${version}`)],
    });
  }
  const { persistenceId, fence } = owner;
  await snapshots.save({ persistenceId, fence, sequence: 2, ...value("state") });
}

/** Changes a closed file as a failing disk would. */
function damage(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}

async function damagedStore(t: TestContext, sql: string): Promise<SqlitePersistence> {
  const path = journalPath(t);
  const store = await SqlitePersistence.open(path);
  await fill(store, 5);
  await store.close();
  damage(path, sql);
  return openStore(t, path);
}

const read = ({ journal }: Persistence) =>
  journal.read({ persistenceId: "a", after: 0, limit: 100 });

test("events and snapshots are there after the file is opened anew", async (t) => {
  const path = journalPath(t);
  const first = await SqlitePersistence.open(path);
  await fill(first, 3);
  await first.close();
  const second = await openStore(t, path);
  assert.deepEqual(textsOf(await read(second)), ["1:event 0", "2:event 1", "3:event 2"]);
  assert.equal((await second.snapshots.loadLatest("a"))?.sequence, 2);
  assert.deepEqual(await second.journal.claim("a"), { persistenceId: "a", fence: 2, version: 3 });
});

test("a commit is synced before it is answered: the file says so", (t) => {
  const database = openDatabase({ path: journalPath(t), applicationId: journalApplicationId });
  const seen = (name: string) => database.pragma(name, { simple: true });
  assert.deepEqual(["journal_mode", "synchronous"].map(seen), ["wal", 2]);
  database.close();
});

test("appends that come together share commits", async (t) => {
  const store = await openStore(t, journalPath(t));
  const ids = Array.from({ length: 200 }, (_, index) => `actor-${index}`);
  const owners = await Promise.all(ids.map((id) => store.journal.claim(id)));
  const before = store.figures.commitsTotal;
  const events = [value("x")];
  await Promise.all(
    owners.map((owner) => store.journal.append({ ...owner, expectedVersion: 0, events })),
  );
  const commits = store.figures.commitsTotal - before;
  assert.ok(commits <= 3, `200 appends took ${commits} commits`);
});

test("a flipped byte of an event is found when it is read, and its row named", async (t) => {
  const flip = "UPDATE events SET bytes = CAST('eVent 2' AS BLOB) WHERE sequence = 3";
  const store = await damagedStore(t, flip);
  await assert.rejects(read(store), { code: "corrupt", message: /the row 3 of a in events/ });
  assert.deepEqual(textsOf(await store.journal.read({ persistenceId: "a", after: 3, limit: 9 })), [
    "4:event 3",
    "5:event 4",
  ]);
});

test("a changed version or place of an event is found when it is read", async (t) => {
  const older = await damagedStore(t, "UPDATE events SET schema_version = 2 WHERE sequence = 1");
  await assert.rejects(read(older), { code: "corrupt", message: /the row 1 of a in events/ });
  const moved = await damagedStore(t, "UPDATE events SET sequence = 9 WHERE sequence = 5");
  await assert.rejects(read(moved), { code: "corrupt", message: /the row 9 of a in events/ });
});

test("a flipped byte of a snapshot, or of an owner, is found and its row named", async (t) => {
  const snapshot = await damagedStore(t, "UPDATE snapshots SET bytes = CAST('stAte' AS BLOB)");
  const load = snapshot.snapshots.loadLatest("a");
  await assert.rejects(load, { code: "corrupt", message: /the row 2 of a in snapshots/ });
  const owner = await damagedStore(t, "UPDATE owners SET version = 4");
  await assert.rejects(owner.journal.claim("a"), {
    code: "corrupt",
    message: /row of a in owners/,
  });
});

test("an event where none belongs fails its append alone", async (t) => {
  const store = await damagedStore(
    t,
    "INSERT INTO events SELECT owner, 6, schema_version, bytes, crc32 FROM events WHERE sequence = 5",
  );
  const [a, b] = await Promise.all([store.journal.claim("a"), store.journal.claim("b")]);
  const events = [value("x")];
  const [atDamage, beside] = await Promise.allSettled([
    store.journal.append({ ...a, expectedVersion: 5, events }),
    store.journal.append({ ...b, expectedVersion: 0, events }),
  ]);
  assert.equal(atDamage.status, "rejected");
  assert.deepEqual(beside, { status: "fulfilled", value: 1 });
});

test("a log that was torn at any place leaves a prefix of what was committed", async (t) => {
  const path = journalPath(t);
  const store = await openStore(t, path);
  await fill(store, 40);
  const log = readFileSync(`${path}-wal`);
  const torn = join(dirname(path), "torn.db");
  const lengths = Array.from({ length: 12 }, (_, index) => Math.floor((log.length * index) / 11));
  let longest = 0;
  for (const length of lengths) {
    copyFileSync(path, torn);
    writeFileSync(`${torn}-wal`, log.subarray(0, length));
    const opened = await SqlitePersistence.open(torn);
    const { version } = await opened.journal.claim("a");
    const rows = await read(opened);
    await opened.close();
    assert.equal(rows.length, version);
    assert.deepEqual(
      textsOf(rows),
      Array.from({ length: version }, (_, index) => `${index + 1}:event ${index}`),
    );
    assert.ok(version >= longest);
    longest = version;
  }
  assert.equal(longest, 40);
});

test("a log whose last bytes are garbage leaves what was committed before", async (t) => {
  const path = journalPath(t);
  const store = await openStore(t, path);
  await fill(store, 10);
  const torn = join(dirname(path), "torn.db");
  copyFileSync(path, torn);
  const log = readFileSync(`${path}-wal`);
  writeFileSync(`${torn}-wal`, Buffer.concat([log, Buffer.alloc(6_000, 0xa5)]));
  const opened = await openStore(t, torn);
  assert.equal((await opened.journal.claim("a")).version, 10);
  assert.equal((await read(opened)).length, 10);
});

test("a main file that was cut off is told as damage, not read as less", async (t) => {
  const path = journalPath(t);
  const store = await SqlitePersistence.open(path);
  const { journal } = store;
  const owner = await journal.claim("a");
  const events = [{ schemaVersion: 1, bytes: new Uint8Array(100_000) }];
  for (let version = 0; version < 5; version += 1) {
    await journal.append({ ...owner, expectedVersion: version, events });
  }
  await store.close();
  truncateSync(path, statSync(path).size - 200_000);
  const attempt = async () => {
    const opened = await openStore(t, path);
    await read(opened);
  };
  await assert.rejects(attempt, { code: "corrupt" });
});

test("a file that another store holds, or of another program, is refused", async (t) => {
  const path = journalPath(t);
  await openStore(t, path);
  const inUse = { code: "store_failed", message: /in use by this process already/ };
  await assert.rejects(SqlitePersistence.open(path), inUse);
  const foreign = join(dirname(path), "foreign.db");
  damage(foreign, "CREATE TABLE theirs (x)");
  const refused = { code: "store_failed", message: /another program/ };
  await assert.rejects(SqlitePersistence.open(foreign), refused);
  const letter = join(dirname(path), "letter.db");
  writeFileSync(letter, "no database, but a letter that is long enough to be read as one");
  await assert.rejects(SqlitePersistence.open(letter), {
    code: "corrupt",
    message: /put it aside/,
  });
});

test("a folder in place of the file is refused", async (t) => {
  const path = journalPath(t);
  mkdirSync(path);
  await assert.rejects(SqlitePersistence.open(path), { code: "store_failed" });
});

test("calls after the end are refused, and those before it are answered", async (t) => {
  const store = await openStore(t, journalPath(t));
  const claims = ["a", "b", "c"].map((id) => store.journal.claim(id));
  const closed = store.close();
  assert.equal((await Promise.all(claims)).length, 3);
  await closed;
  await assert.rejects(store.journal.claim("d"), { code: "unavailable" });
});
