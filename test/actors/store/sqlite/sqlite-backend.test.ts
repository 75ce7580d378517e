import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Worker } from "node:worker_threads";
import { SqliteBackend } from "#actors/store/sqlite/sqlite-backend.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { file, submission, temporaryFolder } from "./sqlite-store-fixture.ts";

async function openBackend(t: TestContext): Promise<SqliteBackend> {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  const backend = await SqliteBackend.open({ path: join(folder, "tasks.db") });
  t.after(async () => {
    await backend.close();
    rmSync(folder, { recursive: true });
  });
  return backend;
}

const submit = (backend: SqliteBackend, changes: Partial<TaskSubmission> = {}) =>
  backend.call({ method: "submit", args: [submission(changes)] });

const claim = (backend: SqliteBackend, max: number) =>
  backend.call({
    method: "claim",
    args: [{ node: "worker-1", incarnation: 1, models: ["m"], max, leaseMs: 60_000 }],
  });

test("calls that come together share commits; a lone call has its own", async (t) => {
  const backend = await openBackend(t);
  await submit(backend);
  await submit(backend);
  assert.equal(backend.figures.commitsTotal, 2);
  const results = await Promise.all(Array.from({ length: 1_000 }, () => submit(backend)));
  assert.equal(
    new Set(results.map((result) => result.kind === "created" && result.taskId)).size,
    1_000,
  );
  const commits = backend.figures.commitsTotal - 2;
  assert.ok(
    commits >= 2 && commits <= 50,
    `${commits} commits for 1000 calls, at most 512 in each`,
  );
  assert.equal((await backend.call({ method: "counts", args: [] })).pending, 1_002);
  assert.equal(backend.figures.waiting, 0);
});

test("a call that cannot cross to the thread fails alone", async (t) => {
  const backend = await openBackend(t);
  const event = { channel: "task:x", type: "progress", taskId: null, payload: {} };
  // What no type lets through, and a caller of JavaScript may pass.
  const strange = Object.assign({ ...event }, { extra: () => "a function" });
  const outcomes = await Promise.allSettled([
    submit(backend),
    backend.call({ method: "appendEvents", args: [[strange]] }),
    submit(backend),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  assert.match(String(outcomes[1].status === "rejected" && outcomes[1].reason), /cannot be sent/);
  assert.equal(backend.figures.waiting, 0);
});

test("reading commits nothing", async (t) => {
  const backend = await openBackend(t);
  await backend.call({ method: "counts", args: [] });
  await backend.call({ method: "ping", args: [] });
  assert.deepEqual(await backend.call({ method: "view", args: ["nobody"] }), null);
  assert.equal(backend.figures.commitsTotal, 0);
});

test("files reach the store and come back whole, and stay the caller's", async (t) => {
  const backend = await openBackend(t);
  const whole = new Uint8Array(1_000_000).map((_, index) => index % 251);
  const inputs = [
    { ...file("image", 0), bytes: whole.subarray(10, 500_010) },
    { ...file("mask", 0), bytes: Buffer.from("small, in a pool") },
  ];
  await submit(backend, { inputs });
  assert.equal(whole.byteLength, 1_000_000);
  const [lease] = await claim(backend, 1);
  assert.ok(lease);
  assert.ok(Buffer.from(lease.inputs[0]?.bytes ?? []).equals(whole.subarray(10, 500_010)));
  assert.equal(Buffer.from(lease.inputs[1]?.bytes ?? []).toString(), "small, in a pool");
  const result = { figures: {}, files: [{ ...file("result", 0), bytes: whole }] };
  const { taskId, fence, epoch } = lease;
  const report = { lease: { taskId, fence, epoch }, result };
  const committed = await backend.call({ method: "complete", args: [report] });
  assert.equal(committed.kind, "committed");
  assert.equal(whole.byteLength, 1_000_000);
  const outcome = await backend.call({ method: "outcome", args: [lease.taskId] });
  assert.ok(outcome?.status === "completed");
  assert.ok(Buffer.from(outcome.result.files[0]?.bytes ?? []).equals(whole));
  assert.deepEqual(await backend.call({ method: "check", args: [] }), { problems: [] });
});

for (const [what, changes] of [
  ["a priority that does not exist", { priority: 10 }],
  ["a parameter that is no number", { parameters: { seed: Number.NaN } }],
  ["an empty model", { model: "" }],
  ["nine files", { inputs: Array.from({ length: 9 }, () => file("image", 1)) }],
  ["an empty idempotency key", { idempotencyKey: "" }],
] as const) {
  test(`a submission with ${what} is invalid and changes nothing`, async (t) => {
    const backend = await openBackend(t);
    await assert.rejects(submit(backend, changes), {
      code: "invalid",
      message: /submit: argument 1/,
    });
    assert.equal((await backend.call({ method: "counts", args: [] })).pending, 0);
  });
}

test("claims of none or of more than a batch are invalid", async (t) => {
  const backend = await openBackend(t);
  for (const max of [0, -1, 1.5, 513])
    await assert.rejects(claim(backend, max), { code: "invalid" });
});

test("more calls than may wait are refused; those that wait are answered", async (t) => {
  const backend = await openBackend(t);
  const answers = await Promise.allSettled(
    Array.from({ length: 10_100 }, () => backend.call({ method: "ping", args: [] })),
  );
  const refused = answers.filter((answer) => answer.status === "rejected");
  assert.equal(refused.length, 100);
  assert.ok(refused.every((answer) => answer.reason.code === "mailbox_full"));
});

test("closing answers what waits; later calls are told that the store is closed", async (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  const backend = await SqliteBackend.open({ path });
  const waiting = Array.from({ length: 20 }, () => submit(backend));
  const closed = backend.close();
  await assert.rejects(submit(backend), { code: "unavailable" });
  await closed;
  await backend.close();
  assert.ok((await Promise.all(waiting)).every((result) => result.kind === "created"));
  const next = await SqliteBackend.open({ path });
  assert.equal((await next.call({ method: "counts", args: [] })).pending, 20);
  await next.close();
});

test("a file that is in use is refused with the owner's pid", async (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  const backend = await SqliteBackend.open({ path });
  t.after(() => backend.close());
  await assert.rejects(SqliteBackend.open({ path }), {
    code: "store_failed",
    message: new RegExp(`pid ${process.pid}`),
  });
  assert.equal((await submit(backend)).kind, "created");
});

test("when the backend is lost all who wait are told, and the file can be reopened", async (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  let worker: Worker | undefined;
  process.once("worker", (started) => {
    worker = started;
  });
  const backend = await SqliteBackend.open({ path });
  await submit(backend);
  const waiting = Promise.allSettled([submit(backend), submit(backend)]);
  await worker?.terminate();
  await assert.rejects(backend.lost, { code: "store_failed", message: /ended/ });
  for (const answer of await waiting) {
    if (answer.status === "rejected") assert.equal(answer.reason.code, "unknown_outcome");
  }
  await assert.rejects(submit(backend), { code: "store_failed" });
  await backend.close();
  const next = await SqliteBackend.open({ path });
  assert.ok((await next.call({ method: "counts", args: [] })).pending >= 1);
  await next.close();
});
