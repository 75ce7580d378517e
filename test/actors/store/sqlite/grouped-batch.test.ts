import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreAnswer, StoreCommand } from "#actors/store/backend.ts";
import { createStore, refOf, type SqliteStoreFixture, submission } from "./sqlite-store-fixture.ts";

const submit = (changes = {}): StoreCommand => ({
  method: "submit",
  args: [submission(changes)],
});

const complete = (lease: { taskId: string; fence: number; epoch: string }): StoreCommand => ({
  method: "complete",
  args: [{ lease, result: { figures: {}, files: [] } }],
});

const run = (store: SqliteStoreFixture, commands: readonly StoreCommand[]) =>
  store.store.run(commands, store.nowMs);

const kinds = (answers: readonly StoreAnswer[]) =>
  answers.map((answer) => (answer.kind === "done" ? "done" : answer.failure.code));

test("a call that fails after it wrote is undone, in the file and in memory, and the others stand", (t) => {
  const store = createStore(t);
  const damaged = store.submit({ userId: "ann" });
  const whole = store.submit({ userId: "ann" });
  const [first, second] = store.claim(2).map(refOf);
  assert.ok(first && second);
  const other = store.beside();
  other.exec(`DELETE FROM attempts WHERE task_id = '${damaged}'`);
  other.close();
  const answers = run(store, [
    submit({ userId: "ann" }),
    complete(first),
    submit(),
    complete(second),
    { method: "readEvents", args: [{ channel: "queue:default", afterSeq: 0, limit: 100 }] },
  ]);
  assert.deepEqual(kinds(answers), ["done", "corrupt", "done", "done", "done"]);
  assert.equal(store.view(damaged).status, "running");
  assert.equal(store.view(whole).status, "completed");
  const beat = { node: "worker-1", leases: [first, second], leaseMs: 10_000 };
  assert.deepEqual(store.do({ method: "heartbeat", args: [beat] }).lost, [second]);
  assert.deepEqual(
    { pending: store.counts().pending, running: store.counts().running },
    { pending: 2, running: 1 },
  );
  assert.equal(store.problems().length, 1, "the attempt that is missing, and nothing else");
  store.reopen();
  assert.equal(store.claim(5).length, 2);
});

test("a batch that cannot be committed leaves nothing, and numbers go on without a doubt", (t) => {
  const store = createStore(t);
  store.submit();
  const blocker = store.beside();
  blocker.pragma("busy_timeout = 0");
  blocker.exec("BEGIN IMMEDIATE");
  const refused = run(store, [submit(), { method: "counts", args: [] }, submit({ userId: "u" })]);
  blocker.exec("ROLLBACK");
  blocker.close();
  assert.deepEqual(kinds(refused), ["store_failed", "done", "store_failed"]);
  assert.equal(store.counts().pending, 1);
  store.submit();
  assert.deepEqual(store.problems(), []);
  const page = store.do({
    method: "readEvents",
    args: [{ channel: "queue:default", afterSeq: 0, limit: 100 }],
  });
  assert.deepEqual(
    page.events.map(({ seq }) => seq),
    [1, 2],
  );
});

test("an acknowledgement names what was reached: process alone, durable in a batch that syncs", (t) => {
  const store = createStore(t);
  const ackOf = (answer: StoreAnswer | undefined) =>
    answer?.kind === "done" &&
    answer.value !== null &&
    typeof answer.value === "object" &&
    "ack" in answer.value
      ? answer.value.ack
      : undefined;
  const alone = run(store, [submit({ ack: "process" }), submit({ ack: "process" })]);
  assert.deepEqual(alone.map(ackOf), ["process", "process"]);
  assert.equal(store.store.isSynced, false);
  const mixed = run(store, [submit({ ack: "process" }), submit()]);
  assert.deepEqual(mixed.map(ackOf), ["durable", "durable"]);
  assert.equal(store.store.isSynced, true);
});
