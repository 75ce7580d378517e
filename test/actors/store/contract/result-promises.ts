// Group I: what a task leaves behind, how long it is kept, what is answered after that; and how tasks are listed.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { fileOf, someTask } from "./task-samples.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

async function completed(store: ContractStore, queue = "default"): Promise<string> {
  const lease = await store.running({ queue });
  await store.complete(lease, { figures: { steps: 3 }, files: [fileOf("image", 1_000)] });
  return lease.taskId;
}

export function resultPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "results");

  promise("the outcome of a completed task has all that was handed back", async (store) => {
    const files = [fileOf("image", 300 * 1024), fileOf("mask", 1), fileOf("empty", 0)];
    const lease = await store.running();
    await store.complete(lease, { figures: { steps: 20, model: "lama", ok: true }, files });
    const outcome = await store.outcome(lease.taskId);
    assert.ok(outcome?.status === "completed");
    assert.deepEqual([outcome.node, outcome.attempt], ["worker-1", 1]);
    assert.deepEqual(outcome.result.figures, { steps: 20, model: "lama", ok: true });
    const bytes = outcome.result.files.map((file) => Buffer.from(file.bytes));
    assert.deepEqual(
      bytes,
      files.map((file) => Buffer.from(file.bytes)),
    );
    assert.deepEqual(
      outcome.result.files.map(({ name }) => name),
      ["image", "mask", "empty"],
    );
  });

  promise("a result file is named by its size and its SHA-256", async (store) => {
    const file = fileOf("image", 5_000);
    const lease = await store.running();
    await store.complete(lease, { figures: {}, files: [fileOf("first", 1), file] });
    const answer = await store.result(lease.taskId, 1);
    assert.ok(answer.kind === "file");
    const { bytes, ...told } = answer.file;
    const sha256 = createHash("sha256").update(file.bytes).digest("hex");
    const contentType = "application/octet-stream";
    assert.deepEqual(told, { name: "image", contentType, size: 5_000, sha256 });
    assert.deepEqual(Buffer.from(bytes), Buffer.from(file.bytes));
  });

  promise("pieces of a result are what their ends say", async (store) => {
    const taskId = await completed(store);
    const whole = fileOf("image", 1_000).bytes;
    for (const [from, to] of [
      [0, 1],
      [999, 1_000],
      [10, 20],
      [0, 1_000],
      [500, 500],
    ] as const) {
      const answer = await store.result(taskId, 0, { from, to });
      assert.ok(answer.kind === "file");
      assert.deepEqual(Buffer.from(answer.file.bytes), Buffer.from(whole.slice(from, to)));
      assert.equal(answer.file.size, 1_000, "of the whole file");
    }
    const tail = await store.result(taskId, 0, { from: 990 });
    assert.ok(tail.kind === "file" && tail.file.bytes.length === 10);
  });

  promise("where there is no result it is said why", async (store) => {
    const waiting = await store.created({ model: "mat" });
    assert.deepEqual(await store.result(waiting), { kind: "not_ended", status: "pending" });
    const lease = await store.running();
    assert.deepEqual(await store.result(lease.taskId), { kind: "not_ended", status: "running" });
    await store.fail(lease, { class: "validation" });
    assert.deepEqual(await store.result(lease.taskId), { kind: "none", status: "failed" });
    assert.deepEqual(await store.result("unknown"), { kind: "not_found" });
    assert.equal(await store.outcome(waiting), null);
    assert.equal(await store.outcome("unknown"), null);
    assert.equal(await store.view("unknown"), null);
  });

  promise(
    "a completed task is kept for a day, then gone for a week, then unknown",
    async (store) => {
      const taskId = await completed(store);
      await store.passAndSweep(dayMs - 60_000);
      assert.equal((await store.result(taskId)).kind, "file");
      await store.passAndSweep(61_000);
      assert.deepEqual(await store.result(taskId), { kind: "gone" });
      assert.equal(await store.view(taskId), null);
      assert.deepEqual((await store.list({ limit: 10 })).tasks, []);
      assert.equal((await store.counts()).completed, 1, "counted for good");
      await store.passAndSweep(6 * dayMs);
      assert.deepEqual(await store.result(taskId), { kind: "gone" });
      await store.passAndSweep(dayMs + 60_000);
      assert.deepEqual(await store.result(taskId), { kind: "not_found" });
    },
  );

  promise("tasks that are gone are counted as long as that is known", async (store) => {
    const known = async () => (await store.level("tombstonesMax"))?.level;
    assert.equal(await known(), 0);
    const taskId = await completed(store);
    const other = await completed(store);
    await store.passAndSweep(dayMs + 60_000);
    assert.equal(await known(), 2);
    await store.passAndSweep(7 * dayMs);
    assert.equal(await known(), 0);
    const kinds = await Promise.all([taskId, other].map((id) => store.result(id)));
    assert.deepEqual(kinds, [{ kind: "not_found" }, { kind: "not_found" }]);
  });

  promise("a key answers with its task although that is gone", async (store) => {
    await store.setQueue({ queue: "brief", completedTtlMs: 60_000 });
    const submission = { ...someTask({ queue: "brief" }), idempotencyKey: "k" };
    const first = await store.submit(submission);
    const lease = await store.leased({ queues: ["brief"] });
    await store.complete(lease);
    await store.passAndSweep(61_000);
    assert.deepEqual(await store.result(lease.taskId), { kind: "gone" });
    const again = await store.submit(submission);
    assert.equal(first.kind, "created");
    assert.ok(again.kind === "replayed" && again.taskId === lease.taskId);
  });

  promise("what ended otherwise is kept for a week", async (store) => {
    const cancelled = await store.created();
    await store.cancel(cancelled);
    const failed = await store.running();
    await store.fail(failed, { class: "validation" });
    const late = await store.created({ deadlineMs: 1_000 });
    await store.passAndSweep(2_000);
    const ids = [cancelled, failed.taskId, late];
    const statuses = () => Promise.all(ids.map((taskId) => store.status(taskId)));
    await store.passAndSweep(7 * dayMs - 60_000);
    assert.deepEqual(await statuses(), ["cancelled", "failed", "timed_out"]);
    await store.passAndSweep(120_000);
    assert.deepEqual(await statuses(), [undefined, undefined, undefined]);
  });

  promise("a queue may keep its own for another time", async (store) => {
    await store.setQueue({ queue: "brief", completedTtlMs: 60_000, failedTtlMs: 120_000 });
    const taskId = await completed(store, "brief");
    const cancelled = await store.created({ queue: "brief" });
    await store.cancel(cancelled);
    await store.passAndSweep(61_000);
    assert.deepEqual(await store.result(taskId), { kind: "gone" });
    assert.equal(await store.status(cancelled), "cancelled");
    await store.passAndSweep(60_000);
    assert.equal(await store.status(cancelled), undefined);
  });

  promise("what is forgotten goes in slices", async (store) => {
    await store.setQueue({ queue: "default", failedTtlMs: 60_000 });
    for (const taskId of await store.createdMany(7)) await store.cancel(taskId);
    await store.pass(61_000);
    assert.equal((await store.sweep(5)).purged, 5);
    assert.equal((await store.sweep(5)).purged, 2);
    assert.equal((await store.sweep(5)).purged, 0);
  });

  promise("results are there after the store was opened again", async (store) => {
    const taskId = await completed(store);
    const before = [await store.outcome(taskId), await store.result(taskId)];
    await store.reopen();
    assert.deepEqual([await store.outcome(taskId), await store.result(taskId)], before);
  });

  promise("what a stale worker handed in is not the result", async (store) => {
    const old = await store.running();
    await store.passAndSweep(15_100);
    const fresh = await store.leased({ node: "worker-2" });
    const files = (size: number) => ({ figures: {}, files: [fileOf("image", size)] });
    await store.complete(old, files(10));
    await store.complete(fresh, files(20));
    await store.complete(old, files(30));
    const answer = await store.result(old.taskId);
    assert.equal(answer.kind === "file" && answer.file.size, 20);
  });

  listPromises(fixture);
}

function listPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "results");

  promise("tasks are listed in the order of their arrival, page by page", async (store) => {
    const ids = await store.createdMany(7);
    const seen: string[] = [];
    let cursor: number | null | undefined;
    do {
      const query = cursor === undefined || cursor === null ? {} : { cursor };
      const page = await store.list({ limit: 3, ...query });
      assert.ok(page.tasks.length <= 3);
      seen.push(...page.tasks.map(({ taskId }) => taskId));
      cursor = page.next;
    } while (cursor !== null);
    assert.deepEqual(seen, ids);
  });

  promise("a list has what all its terms ask for", async (store) => {
    const parentId = await store.created({ userId: "ada", queue: "a" });
    const child = await store.created({ userId: "bob", queue: "b", parentId });
    await store.leased({ queues: ["b"], node: "worker-5" });
    const ids = async (query: object) =>
      (await store.list({ limit: 10, ...query })).tasks.map(({ taskId }) => taskId);
    assert.deepEqual(await ids({ userId: "ada" }), [parentId]);
    assert.deepEqual(await ids({ queue: "b" }), [child]);
    assert.deepEqual(await ids({ status: "running" }), [child]);
    assert.deepEqual(await ids({ node: "worker-5" }), [child]);
    assert.deepEqual(await ids({ parentId }), [child]);
    assert.deepEqual(await ids({ parentId, queue: "a" }), []);
    assert.deepEqual(await ids({ status: "pending", userId: "ada", queue: "a" }), [parentId]);
  });

  promise("statistics tell how long tasks waited and ran", async (store) => {
    assert.equal((await store.statistics()).runMsMean, null);
    await store.created();
    await store.pass(1_000);
    const lease = await store.leased();
    await store.pass(4_000);
    await store.complete(lease);
    const { total, counts, queueMsMean, runMsMean, queues } = await store.statistics();
    assert.deepEqual([total, counts.completed, queues.length], [1, 1, 1]);
    assert.ok(Math.abs((queueMsMean ?? 0) - 1_000) < 500, `waited ${queueMsMean} ms`);
    assert.ok(Math.abs((runMsMean ?? 0) - 4_000) < 500, `ran ${runMsMean} ms`);
  });

  promise("counts of an unknown queue are zero", async (store) => {
    const counts = await store.counts("unknown");
    assert.ok(Object.values(counts).every((count) => count === 0));
  });
}
