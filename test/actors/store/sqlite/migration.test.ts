import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { firstTables } from "#actors/store/sqlite/schema/first-tables.ts";
import { taskChargesSql } from "#actors/store/sqlite/schema/task-charges.ts";
import { formerMs, writeFirstVersion } from "./first-version.ts";
import { createStore, SqliteStoreFixture, temporaryFolder } from "./sqlite-store-fixture.ts";

const fileBytes = Uint8Array.of(1, 2, 3);

test("the first step of the schema is what was released, to the byte", () => {
  assert.equal(
    createHash("sha256").update(firstTables).digest("hex"),
    "d15ceefe5412b123eff5284607baf84a7a3d00ab0b1a0c1c3f04041d188fa0c1",
  );
});

test("so is the step that keeps what tasks cost", () => {
  assert.equal(
    createHash("sha256").update(taskChargesSql).digest("hex"),
    "192a9db32e4a78ad2b11a7132250b99529311ec243c6fc4f46669f76b395427d",
  );
});

test("tasks that came before costs were kept are whole, and cost 1 when they are tried again", (t) => {
  const store = createStore(t);
  const taskId = store.submit({ queue: "plain" });
  store.alter(
    "ALTER TABLE tasks DROP COLUMN charge; DROP TABLE control_reads; " +
      "ALTER TABLE queues DROP COLUMN fair_weights; " +
      "DROP INDEX control_history_issued; " +
      "DELETE FROM schema_migrations WHERE version > 5",
  );
  assert.deepEqual(store.problems(), []);
  assert.equal(store.do({ method: "cancel", args: [{ taskId, reason: "no" }] }).kind, "cancelled");
  const again = store.do({ method: "retryTask", args: [taskId] });
  assert.ok(again.kind === "created");
  store.submit({ queue: "plain", cost: 3 });
  store.reopen();
  assert.deepEqual(store.problems(), []);
});

test("queues that came before weights were kept are whole, and can have some", (t) => {
  const store = createStore(t);
  const setQueue = (fairWeights: Record<string, number> | null) =>
    store.do({ method: "setQueue", args: [{ queue: "fair", fairMs: 1_000, fairWeights }] });
  setQueue(null);
  store.alter(
    "ALTER TABLE queues DROP COLUMN fair_weights; DELETE FROM schema_migrations WHERE version > 8",
  );
  store.reopen();
  assert.deepEqual(store.problems(), []);
  const viewed = () =>
    store.do({ method: "queues", args: [] }).find(({ queue }) => queue === "fair");
  assert.deepEqual([viewed()?.fairMs, viewed()?.fairWeights], [1_000, null]);
  setQueue({ ada: 2 });
  store.reopen();
  assert.deepEqual(store.problems(), []);
  assert.deepEqual(viewed()?.fairWeights, { ada: 2 });
});

test("weights that were altered in the file are noticed", (t) => {
  const store = createStore(t);
  for (const [weights, altered] of [
    [{ ada: 2 }, "NULL"],
    [{ ada: 2 }, `'{"ada":3}'`],
    [null, `'{"ada":3}'`],
  ] as const) {
    store.do({ method: "setQueue", args: [{ queue: "fair", fairWeights: weights }] });
    assert.deepEqual(store.problems(), []);
    store.alter(`UPDATE queues SET fair_weights = ${altered} WHERE queue = 'fair'`);
    assert.match(store.problems().join(), /the queue "fair"/);
    store.alter("DELETE FROM queues WHERE queue = 'fair'");
  }
});

test("a charge that was altered in the file is noticed", (t) => {
  const store = createStore(t);
  const taskId = store.submit({ cost: 3 });
  for (const charge of ["NULL", `'{"cost":4,"turnMs":0,"flow":"user","untilMs":0}'`]) {
    store.alter(`UPDATE tasks SET charge = ${charge} WHERE task_id = '${taskId}'`);
    assert.match(store.problems().join(), new RegExp(taskId));
  }
});

test("a database of the first version has everything after it was opened", (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  writeFirstVersion(path);
  const store = new SqliteStoreFixture(path, {});
  t.after(() => store.store.close());
  const { epoch } = store.backend.info;
  assert.match(epoch, /^[0-9a-f]{32}$/);
  const problems = store.problems();
  assert.deepEqual(problems.length, 1, problems.join("\n"));
  assert.match(problems.join(), /old-damaged/);
  assert.deepEqual(
    ["old-pending", "old-scheduled", "old-running", "old-completed", "old-failed", "old-cancelled"]
      .map((taskId) => store.view(taskId))
      .map(({ status, version, submittedAt }) => [status, version, submittedAt]),
    ["pending", "scheduled", "running", "completed", "failed", "cancelled"].map((status) => [
      status,
      1,
      formerMs,
    ]),
  );
  const counts = store.counts();
  assert.equal(counts.pending, 2);
  assert.equal(counts.running, 1);
  const outcome = store.do({ method: "outcome", args: ["old-completed"] });
  assert.ok(outcome?.status === "completed");
  assert.deepEqual(outcome.result.figures, { steps: 5 });
  assert.deepEqual(outcome.result.files[0]?.bytes, fileBytes);
});

test("work of the first version goes on: leases hold, keys hold, what waits is handed out", (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  writeFirstVersion(path);
  const store = new SqliteStoreFixture(path, {});
  t.after(() => store.store.close());
  const { epoch } = store.backend.info;
  const lease = { taskId: "old-running", fence: 2, epoch };
  const result = { figures: {}, files: [] };
  const done = store.do({ method: "complete", args: [{ lease, result }] });
  assert.deepEqual(done.kind === "committed" && [done.node, done.attempt], ["n1", 1]);
  const submission = {
    type: "inpaint",
    model: "m",
    priority: 5,
    parameters: { seed: 7 },
    inputs: [{ name: "image", contentType: "image/png", bytes: fileBytes }],
    idempotencyKey: "old-key",
  };
  const repeated = store.do({ method: "submit", args: [submission] });
  assert.deepEqual(repeated, { kind: "replayed", taskId: "old-pending", ack: "durable" });
  const [claimed] = store.claim();
  assert.equal(claimed?.taskId, "old-pending");
  assert.equal(claimed?.fence, 5, "fences go on where they were");
  assert.deepEqual(claimed?.inputs[0]?.bytes, fileBytes);
  assert.deepEqual(store.claim(), [], "the damaged task is not handed out");
  assert.equal(store.view("old-damaged").errorCode, "corrupt");
  assert.deepEqual(store.problems(), []);
});

test("the tables of tasks begin with the source's columns, with their names and types", (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  new SqliteStoreFixture(path, {}).store.close();
  const database = new Database(path);
  t.after(() => database.close());
  const columns = database
    .prepare<[], string>("SELECT name || ' ' || type FROM pragma_table_info('tasks') LIMIT 23")
    .pluck()
    .all();
  assert.equal(
    columns.join(", "),
    "task_id TEXT, task_type TEXT, name TEXT, description TEXT, required_skills TEXT, " +
      "optional_skills TEXT, status TEXT, priority INTEGER, assigned_node TEXT, " +
      "submitted_at TIMESTAMP, scheduled_at TIMESTAMP, started_at TIMESTAMP, " +
      "completed_at TIMESTAMP, parameters TEXT, timeout INTEGER, retry_count INTEGER, " +
      "max_retries INTEGER, user_id TEXT, affinity_tags TEXT, result TEXT, error TEXT, " +
      "metadata TEXT, created_at TIMESTAMP",
  );
});
