import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Worker } from "node:worker_threads";
import { StoreThread } from "#actors/store/sqlite/store-thread.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { file, submission, temporaryFolder } from "./store-fixture.ts";

async function openThread(t: TestContext): Promise<StoreThread> {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  const thread = await StoreThread.open(join(folder, "tasks.db"));
  t.after(async () => {
    await thread.close();
    rmSync(folder, { recursive: true });
  });
  return thread;
}

const submit = (thread: StoreThread, changes: Partial<TaskSubmission> = {}) =>
  thread.call({ method: "submit", args: [submission(changes)] });

const claim = (thread: StoreThread, max: number) =>
  thread.call({
    method: "claim",
    args: [{ node: "worker-1", incarnation: 1, models: ["m"], max, leaseMs: 60_000 }],
  });

test("calls that come together share commits; a lone call has its own", async (t) => {
  const thread = await openThread(t);
  await submit(thread);
  await submit(thread);
  assert.equal(thread.figures.commitsTotal, 2);
  const results = await Promise.all(Array.from({ length: 1_000 }, () => submit(thread)));
  assert.equal(
    new Set(results.map((result) => result.kind === "created" && result.taskId)).size,
    1_000,
  );
  const commits = thread.figures.commitsTotal - 2;
  assert.ok(
    commits >= 2 && commits <= 50,
    `${commits} commits for 1000 calls, at most 512 in each`,
  );
  assert.equal((await thread.call({ method: "counts", args: [] })).pending, 1_002);
  assert.equal(thread.figures.waiting, 0);
});

test("reading commits nothing", async (t) => {
  const thread = await openThread(t);
  await thread.call({ method: "counts", args: [] });
  await thread.call({ method: "ping", args: [] });
  assert.deepEqual(await thread.call({ method: "view", args: ["nobody"] }), null);
  assert.equal(thread.figures.commitsTotal, 0);
});

test("files reach the store and come back whole, and stay the caller's", async (t) => {
  const thread = await openThread(t);
  const whole = new Uint8Array(1_000_000).map((_, index) => index % 251);
  const inputs = [
    { ...file("image", 0), bytes: whole.subarray(10, 500_010) },
    { ...file("mask", 0), bytes: Buffer.from("small, in a pool") },
  ];
  await submit(thread, { inputs });
  assert.equal(whole.byteLength, 1_000_000);
  const [lease] = await claim(thread, 1);
  assert.ok(lease);
  assert.ok(Buffer.from(lease.inputs[0]?.bytes ?? []).equals(whole.subarray(10, 500_010)));
  assert.equal(Buffer.from(lease.inputs[1]?.bytes ?? []).toString(), "small, in a pool");
  const result = { figures: {}, files: [{ ...file("result", 0), bytes: whole }] };
  const committed = await thread.call({ method: "complete", args: [{ lease, result }] });
  assert.equal(committed.kind, "committed");
  assert.equal(whole.byteLength, 1_000_000);
  const outcome = await thread.call({ method: "outcome", args: [lease.taskId] });
  assert.ok(outcome?.status === "completed");
  assert.ok(Buffer.from(outcome.result.files[0]?.bytes ?? []).equals(whole));
  assert.deepEqual(await thread.call({ method: "check", args: [] }), { problems: [] });
});

for (const [what, changes] of [
  ["a priority that does not exist", { priority: 10 }],
  ["a parameter that is no number", { parameters: { seed: Number.NaN } }],
  ["an empty model", { model: "" }],
  ["nine files", { inputs: Array.from({ length: 9 }, () => file("image", 1)) }],
  ["an empty idempotency key", { idempotencyKey: "" }],
] as const) {
  test(`a submission with ${what} is invalid and changes nothing`, async (t) => {
    const thread = await openThread(t);
    await assert.rejects(submit(thread, changes), {
      code: "invalid",
      message: /submit: argument 1/,
    });
    assert.equal((await thread.call({ method: "counts", args: [] })).pending, 0);
  });
}

test("claims of none or of more than a batch are invalid", async (t) => {
  const thread = await openThread(t);
  for (const max of [0, -1, 1.5, 513])
    await assert.rejects(claim(thread, max), { code: "invalid" });
});

test("more calls than may wait are refused; those that wait are answered", async (t) => {
  const thread = await openThread(t);
  const answers = await Promise.allSettled(
    Array.from({ length: 10_100 }, () => thread.call({ method: "ping", args: [] })),
  );
  const refused = answers.filter((answer) => answer.status === "rejected");
  assert.equal(refused.length, 100);
  assert.ok(refused.every((answer) => answer.reason.code === "mailbox_full"));
});

test("closing answers what waits; later calls are told that the store is closed", async (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  const thread = await StoreThread.open(path);
  const waiting = Array.from({ length: 20 }, () => submit(thread));
  const closed = thread.close();
  await assert.rejects(submit(thread), { code: "unavailable" });
  await closed;
  await thread.close();
  assert.ok((await Promise.all(waiting)).every((result) => result.kind === "created"));
  const next = await StoreThread.open(path);
  assert.equal((await next.call({ method: "counts", args: [] })).pending, 20);
  await next.close();
});

test("a file that is in use is refused with the owner's pid", async (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  const thread = await StoreThread.open(path);
  t.after(() => thread.close());
  await assert.rejects(StoreThread.open(path), {
    code: "store_failed",
    message: new RegExp(`pid ${process.pid}`),
  });
  assert.equal((await submit(thread)).kind, "created");
});

test("when the thread is lost all who wait are told, and the file can be reopened", async (t) => {
  const path = join(temporaryFolder(t), "tasks.db");
  let worker: Worker | undefined;
  process.once("worker", (started) => {
    worker = started;
  });
  const thread = await StoreThread.open(path);
  await submit(thread);
  const waiting = Promise.allSettled([submit(thread), submit(thread)]);
  await worker?.terminate();
  await assert.rejects(thread.lost, { code: "store_failed", message: /ended/ });
  for (const answer of await waiting) {
    if (answer.status === "rejected") assert.equal(answer.reason.code, "store_failed");
  }
  await assert.rejects(submit(thread), { code: "store_failed" });
  await thread.close();
  const next = await StoreThread.open(path);
  assert.ok((await next.call({ method: "counts", args: [] })).pending >= 1);
  await next.close();
});
