import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { createStore, file, refOf, type SqliteStoreFixture } from "./sqlite-store-fixture.ts";

const marker = "a text that stands in the file exactly once";

/** Closes the store and turns one bit where the marker stands in its file. */
function flipByteAtMarker(store: SqliteStoreFixture): void {
  store.store.close();
  const bytes = readFileSync(store.path);
  const at = bytes.indexOf(marker);
  assert.ok(at > 0 && bytes.indexOf(marker, at + 1) === -1);
  bytes[at + 4] = (bytes[at + 4] ?? 0) ^ 0x01;
  writeFileSync(store.path, bytes);
  store.alter("SELECT 1");
}

const markedFile = { ...file("image", 0), bytes: new TextEncoder().encode(marker) };

test("a byte that flipped in an input fails its task as corrupt, and the next is taken", (t) => {
  const store = createStore(t);
  const damaged = store.submit({ inputs: [file("mask", 9), markedFile] });
  const whole = store.submit();
  flipByteAtMarker(store);
  assert.match(store.problems().join(), new RegExp(`task ${damaged}: input file 1`));
  assert.deepEqual(
    store.claim(1).map(({ taskId }) => taskId),
    [whole],
  );
  const outcome = store.do({ method: "outcome", args: [damaged] });
  assert.ok(outcome?.status === "failed");
  assert.equal(outcome.code, "corrupt");
  assert.match(outcome.detail, new RegExp(damaged));
});

test("a byte that flipped in the parameters is never handed out, nor shown", (t) => {
  const store = createStore(t);
  const taskId = store.submit({ parameters: { prompt: marker } });
  flipByteAtMarker(store);
  assert.throws(() => store.view(taskId), { code: "corrupt", message: new RegExp(taskId) });
  assert.deepEqual(store.claim(), []);
  assert.equal(store.view(taskId).errorCode, "corrupt");
  assert.deepEqual(store.problems(), [], "a task that ended for its damage is whole again");
});

test("a byte that flipped in a result file or in figures makes the outcome corrupt", (t) => {
  for (const inFigures of [true, false]) {
    const store = createStore(t);
    const taskId = store.submit();
    const result = {
      figures: inFigures ? { note: marker } : {},
      files: inFigures ? [] : [file("first", 300_000), markedFile],
    };
    const lease = refOf(store.claimOne());
    store.do({ method: "complete", args: [{ lease, result }] });
    flipByteAtMarker(store);
    assert.throws(() => store.do({ method: "outcome", args: [taskId] }), {
      code: "corrupt",
      message: new RegExp(taskId),
    });
  }
});

for (const [what, statement] of [
  ["a result without its last chunk", "DELETE FROM results WHERE position = 0 AND chunk = 2"],
  ["a result without a middle chunk", "DELETE FROM results WHERE position = 0 AND chunk = 1"],
  ["a result without its last file", "DELETE FROM results WHERE position = 1"],
  ["a result with a renamed file", "UPDATE results SET name = 'other' WHERE position = 1"],
  ["a result of another lease", "UPDATE results SET fence = 9"],
  ["a completed task without its attempt", "DELETE FROM attempts"],
] as const) {
  test(`${what} is corrupt`, (t) => {
    const store = createStore(t);
    const taskId = store.submit();
    store.complete(store.claimOne(), [file("first", 600_000), file("second", 0)]);
    store.alter(statement);
    assert.throws(() => store.do({ method: "outcome", args: [taskId] }), { code: "corrupt" });
  });
}

test("a missing input file is noticed", (t) => {
  const store = createStore(t);
  store.submit({ inputs: [file("image", 3), file("mask", 3)] });
  store.alter("DELETE FROM task_inputs WHERE position = 1");
  assert.deepEqual(store.claim(), []);
});

test("a lease that is missing or damaged ends with the next sweep, and its task waits again", (t) => {
  for (const statement of [
    "DELETE FROM leases",
    "UPDATE leases SET expires_at = expires_at + 1e12",
  ]) {
    const store = createStore(t);
    const taskId = store.submit();
    store.claimOne();
    store.alter(statement);
    assert.match(store.problems().join(), /lease/);
    assert.equal(store.sweep().released, 1);
    assert.equal(store.view(taskId).status, "pending");
    assert.deepEqual(store.problems(), []);
  }
});

test("a queue whose row is damaged says so, and no other suffers", (t) => {
  const store = createStore(t);
  store.submit({ queue: "other" });
  store.submit();
  store.alter("UPDATE queues SET pending_count = 7 WHERE queue = 'other'");
  assert.throws(() => store.submit({ queue: "other" }), { code: "corrupt", message: /"other"/ });
  assert.equal(store.claim().length, 1);
});

test("what another program changes while the store is open is seen", (t) => {
  const store = createStore(t);
  const taskId = store.submit();
  const other = store.beside();
  other.exec("UPDATE tasks SET parameters = '{}'");
  other.close();
  assert.throws(() => store.view(taskId), { code: "corrupt" });
});

test("an ended task cannot change its state, not even by another program", (t) => {
  const store = createStore(t);
  store.submit();
  store.complete(store.claimOne());
  const statement = "UPDATE tasks SET status = 'pending', finished_at = NULL";
  assert.throws(() => store.alter(statement), /never changes/);
});

for (const [rule, statement] of [
  ["has a lease", "DELETE FROM leases"],
  ["newest attempt", "DELETE FROM attempts"],
  ["one epoch", "DELETE FROM meta"],
  ["dense", "DELETE FROM events WHERE channel = 'queue:default' AND seq = 2"],
  ["belong to a task", "DELETE FROM tasks WHERE status = 'pending'"],
] as const) {
  test(`a check notices when it no longer holds: ${rule}`, (t) => {
    const store = createStore(t);
    store.submit();
    store.submit({ inputs: [file("image", 1)] });
    store.submit({ inputs: [file("image", 1)] });
    store.claimOne();
    assert.deepEqual(store.problems(), []);
    const other = store.beside();
    other.exec(statement);
    other.close();
    assert.match(store.problems().join(), new RegExp(rule));
  });
}
