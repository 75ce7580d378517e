import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import Database from "better-sqlite3";
import { createStore, file, type StoreFixture } from "./store-fixture.ts";

const marker = "a text that stands in the file exactly once";

/** Closes the store and turns one bit where the marker stands in its file. */
function flipByteAtMarker(store: StoreFixture): void {
  store.store.close();
  const bytes = readFileSync(store.path);
  const at = bytes.indexOf(marker);
  assert.ok(at > 0 && bytes.indexOf(marker, at + 1) === -1);
  bytes[at + 4] = (bytes[at + 4] ?? 0) ^ 0x01;
  writeFileSync(store.path, bytes);
  store.reopen();
}

/** Changes the closed file as another program could. */
function alter(store: StoreFixture, statement: string): void {
  store.store.close();
  const database = new Database(store.path);
  database.exec(statement);
  database.close();
  store.reopen();
}

const markedFile = { ...file("image", 0), bytes: new TextEncoder().encode(marker) };

test("a byte that flipped in an input fails its task as corrupt, and the next runs", (t) => {
  const store = createStore(t);
  const damaged = store.submit({ inputs: [file("mask", 9), markedFile] });
  const whole = store.submit();
  flipByteAtMarker(store);
  assert.match(store.problems().join(), new RegExp(`task ${damaged}: input file 1`));
  assert.deepEqual(
    store.claim(1).map(({ taskId }) => taskId),
    [whole],
  );
  assert.deepEqual(store.sweep().failed, [damaged]);
  const outcome = store.outcome(damaged);
  assert.ok(outcome?.status === "failed");
  assert.equal(outcome.code, "corrupt");
  assert.match(outcome.detail, new RegExp(damaged));
});

test("a byte that flipped in the parameters is never handed out", (t) => {
  const store = createStore(t);
  const taskId = store.submit({ parameters: { prompt: marker } });
  flipByteAtMarker(store);
  assert.throws(() => store.view(taskId), { code: "corrupt", message: new RegExp(taskId) });
  assert.deepEqual(store.claim(), []);
  assert.equal(store.view(taskId).errorCode, "corrupt");
});

test("a byte that flipped in a result file or in figures makes the outcome corrupt", (t) => {
  for (const inFigures of [true, false]) {
    const store = createStore(t);
    const taskId = store.submit();
    const result = {
      figures: inFigures ? { note: marker } : {},
      files: inFigures ? [] : [file("first", 300_000), markedFile],
    };
    const lease = store.claimOne();
    store.call({ method: "complete", args: [{ lease, result }] });
    flipByteAtMarker(store);
    assert.throws(() => store.outcome(taskId), { code: "corrupt", message: new RegExp(taskId) });
  }
});

for (const [what, statement] of [
  ["a result without its last chunk", "DELETE FROM results WHERE position = 0 AND chunk = 2"],
  ["a result without a middle chunk", "DELETE FROM results WHERE position = 0 AND chunk = 1"],
  ["a result without its last file", "DELETE FROM results WHERE position = 1"],
  ["a result with a renamed file", "UPDATE results SET name = 'other' WHERE position = 1"],
  ["a completed task without its attempt", "DELETE FROM attempts"],
] as const) {
  test(`${what} is corrupt`, (t) => {
    const store = createStore(t);
    const taskId = store.submit();
    store.complete(store.claimOne(), [file("first", 600_000), file("second", 0)]);
    alter(store, statement);
    assert.throws(() => store.outcome(taskId), { code: "corrupt" });
  });
}

test("a missing input file is noticed", (t) => {
  const store = createStore(t);
  store.submit({ inputs: [file("image", 3), file("mask", 3)] });
  alter(store, "DELETE FROM task_inputs WHERE position = 1");
  assert.deepEqual(store.claim(), []);
});

test("an ended task cannot change its state, not even by another program", (t) => {
  const store = createStore(t);
  store.submit();
  store.complete(store.claimOne());
  const statement = "UPDATE tasks SET status = 'pending', finished_at = NULL";
  assert.throws(() => alter(store, statement), /never changes/);
});

for (const [rule, statement] of [
  ["has a lease", "DELETE FROM leases"],
  ["newer than the sequence", "UPDATE sequences SET value = 0"],
  ["agrees with a recount", "UPDATE task_counts SET count = count + 1 WHERE status = 'pending'"],
  ["each attempt", "DELETE FROM attempts"],
  ["one epoch", "DELETE FROM meta"],
] as const) {
  test(`check notices when it no longer holds: ${rule}`, (t) => {
    const store = createStore(t);
    store.submit();
    store.claimOne();
    assert.deepEqual(store.problems(), []);
    alter(store, statement);
    assert.match(store.problems().join(), new RegExp(rule));
  });
}
