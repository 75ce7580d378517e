import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreAnswer, StoreCommand } from "#actors/store/backend.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import {
  createStore,
  file,
  refOf,
  type SqliteStoreFixture,
  submission,
} from "./sqlite-store-fixture.ts";

const submit = (changes: Partial<TaskSubmission> = {}): StoreCommand => ({
  method: "submit",
  args: [submission(changes)],
});

const claim = (max: number): StoreCommand => ({
  method: "claim",
  args: [{ node: "worker-1", incarnation: 1, models: ["m"], max }],
});

const complete = (lease: { taskId: string; fence: number; epoch: string }): StoreCommand => ({
  method: "complete",
  args: [{ lease, result: { figures: {}, files: [file("image", 3)] } }],
});

const run = (store: SqliteStoreFixture, commands: readonly StoreCommand[]) =>
  store.store.run(commands, store.nowMs);

const kinds = (answers: readonly StoreAnswer[]) =>
  answers.map((answer) => (answer.kind === "done" ? "done" : answer.failure.code));

/** Names of what a batch did to rows of tasks, in order. */
function watchRows(store: SqliteStoreFixture): () => readonly string[] {
  const other = store.beside();
  other.exec(`CREATE TABLE seen (what TEXT);
    CREATE TRIGGER seen_in AFTER INSERT ON tasks BEGIN INSERT INTO seen VALUES ('in ' || NEW.status); END;
    CREATE TRIGGER seen_to AFTER UPDATE ON tasks BEGIN INSERT INTO seen VALUES ('to ' || NEW.status); END;`);
  const all = other.prepare<[], string>("SELECT what FROM seen ORDER BY rowid").pluck();
  let told = 0;
  // A write from beside would make the store read all anew.
  return () => {
    const news = all.all().slice(told);
    told += news.length;
    return news;
  };
}

test("a task that goes through several states in one batch is written once, and its events are all there", (t) => {
  const store = createStore(t);
  const seen = watchRows(store);
  store.submit();
  assert.equal(store.claim(1).length, 1, "from here on it knows what waits");
  seen();
  const answers = run(store, [submit(), submit(), claim(1), submit()]);
  assert.deepEqual(kinds(answers), ["done", "done", "done", "done"]);
  assert.deepEqual(seen(), ["in running", "in pending", "in pending"]);
  const [lease] = store.claim(1);
  assert.ok(lease);
  seen();
  run(store, [complete(refOf(lease)), claim(1)]);
  assert.deepEqual(seen(), ["to completed", "to running"]);
  const { events } = store.do({
    method: "readEvents",
    args: [{ channel: "queue:default", afterSeq: 0, limit: 100 }],
  });
  assert.deepEqual(
    events.map(({ type }) => type),
    [
      ...["submitted", "running"],
      ...["submitted", "submitted", "running", "submitted", "running", "completed", "running"],
    ],
  );
  assert.deepEqual(store.problems(), []);
  store.reopen();
  assert.deepEqual(store.problems(), []);
  assert.equal(store.counts().running, 3);
});

test("what looks through rows within a batch sees what the calls before it did", (t) => {
  const store = createStore(t);
  const answers = run(store, [
    submit({ name: "a" }),
    { method: "list", args: [{ status: "pending", limit: 10 }] },
    claim(1),
    { method: "list", args: [{ status: "running", limit: 10 }] },
    { method: "list", args: [{ node: "worker-1", limit: 10 }] },
  ]);
  const namesIn = (answer: StoreAnswer | undefined) =>
    answer?.kind === "done" &&
    answer.value !== null &&
    typeof answer.value === "object" &&
    "tasks" in answer.value
      ? answer.value.tasks.map(({ name }) => name)
      : [];
  assert.deepEqual(
    [1, 3, 4].map((place) => namesIn(answers[place])),
    [["a"], ["a"], ["a"]],
  );
});

test("a call that fails after it looked through rows and wrote takes back its own alone", (t) => {
  const store = createStore(t);
  const damaged = store.submit({ userId: "ann", inputs: [file("image", 9)] });
  const [lease] = store.claim(1);
  assert.ok(lease);
  const other = store.beside();
  other.exec(`DELETE FROM attempts WHERE task_id = '${damaged}'`);
  other.close();
  store.do({ method: "setQueue", args: [{ queue: "default", perUserMax: 100 }] });
  const answers = run(store, [
    submit({ userId: "ann", name: "first", inputs: [file("image", 5)] }),
    claim(1),
    complete(refOf(lease)),
    submit({ userId: "ann", name: "second", idempotencyKey: "k" }),
    { method: "forgetTask", args: ["nobody"] },
  ]);
  assert.deepEqual(kinds(answers), ["done", "done", "corrupt", "done", "done"]);
  const { pending, running } = store.counts();
  assert.deepEqual({ pending, running }, { pending: 1, running: 2 });
  assert.equal(store.problems().length, 1, "the attempt that is missing, and nothing else");
  store.reopen();
  assert.equal(store.claim(5).length, 1);
});

test("a row that the file refuses fails its own call, and the others of its batch are kept", (t) => {
  const store = createStore(t);
  store.alter(`CREATE TRIGGER no_bad BEFORE INSERT ON tasks WHEN NEW.name = 'bad'
    BEGIN SELECT RAISE(ABORT, 'no such task here'); END`);
  const answers = run(store, [
    submit({ name: "one" }),
    submit({ name: "bad" }),
    { method: "counts", args: [] },
    submit({ name: "two" }),
  ]);
  assert.deepEqual(kinds(answers), ["done", "store_failed", "done", "done"]);
  assert.equal(store.counts().pending, 2);
  assert.deepEqual(store.problems(), []);
  assert.deepEqual(
    store.claim(5).map(({ taskId }) => store.view(taskId).name),
    ["one", "two"],
  );
});
