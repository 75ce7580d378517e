// Group D, too: how far an attempt came is kept with its end, whenever the last report of it was.
import assert from "node:assert/strict";
import { storeLimits } from "#protocols/store-limits.ts";
import type { LeaseRef } from "#protocols/tasks/task.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { emptyResult, fileOf, refOf } from "./task-samples.ts";

const checkpoint = Uint8Array.of(7, 8, 9);
const nearly = { progress: 0.9, message: "step 9", checkpoint };

const shown = async (store: ContractStore, { taskId }: LeaseRef) => {
  const { progress, progressMessage, status } = await store.seen(taskId);
  return { status, progress, progressMessage };
};
const told = (store: ContractStore, lease: LeaseRef, progress: number) =>
  store.progress({ lease: refOf(lease), progress, message: `${progress}` });

export function reachedPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "reached");

  promise("an attempt that fails leaves what it reached to the next", async (store) => {
    const lease = await store.running();
    await told(store, lease, 0.1);
    assert.equal((await store.fail(lease, {}, nearly)).kind, "retried");
    const { progress, progressMessage } = await store.seen(lease.taskId);
    assert.deepEqual([progress, progressMessage], [0.9, "step 9"]);
    await store.passAndSweep(600_000);
    const next = await store.leased();
    assert.deepEqual(Buffer.from(next.checkpoint ?? []), Buffer.from(checkpoint));
    assert.equal((await store.seen(lease.taskId)).progress, null);
  });

  promise("an end without a checkpoint leaves the one that was told before", async (store) => {
    const lease = await store.running();
    await store.progress({ lease: refOf(lease), ...nearly });
    await store.fail(lease, {}, { progress: 0.95, message: null });
    await store.passAndSweep(600_000);
    const next = await store.leased();
    assert.deepEqual(Buffer.from(next.checkpoint ?? []), Buffer.from(checkpoint));
  });

  promise("a task that is completed shows what was reached last", async (store) => {
    const lease = await store.running();
    await told(store, lease, 0.8);
    const result = { figures: {}, files: [fileOf("image", 1_000)] };
    await store.complete(lease, result, { progress: 1, message: "step 10" });
    const end = { status: "completed", progress: 1, progressMessage: "step 10" };
    assert.deepEqual(await shown(store, lease), end);
  });

  promise("what was reached never goes back, and nothing is invented", async (store) => {
    const lease = await store.running();
    await told(store, lease, 0.8);
    await store.complete(lease, emptyResult, { progress: 0.2, message: "done" });
    const end = { status: "completed", progress: 0.8, progressMessage: "done" };
    assert.deepEqual(await shown(store, lease), end);
    const silent = await store.running();
    await store.complete(silent);
    const nothing = { status: "completed", progress: null, progressMessage: null };
    assert.deepEqual(await shown(store, silent), nothing);
  });

  promise("a task that fails for good or is cancelled shows it, too", async (store) => {
    const failed = await store.running();
    await store.fail(failed, { class: "validation" }, nearly);
    const end = { progress: 0.9, progressMessage: "step 9" };
    assert.deepEqual(await shown(store, failed), { status: "failed", ...end });
    const cancelled = await store.running();
    await store.cancel(cancelled.taskId);
    await store.fail(cancelled, { class: "cancelled" }, nearly);
    assert.deepEqual(await shown(store, cancelled), { status: "cancelled", ...end });
  });

  promise("an old lease changes nothing by what it reached", async (store) => {
    const old = await store.running();
    await store.releaseNode("worker-1");
    await store.passAndSweep(600_000);
    const fresh = await store.leased();
    assert.deepEqual(await store.fail(old, {}, nearly), { kind: "lost" });
    assert.deepEqual(await store.complete(old, emptyResult, nearly), { kind: "lost" });
    assert.equal((await store.seen(old.taskId)).progress, null);
    await store.release(fresh);
    assert.equal((await store.leased()).checkpoint, null);
  });
  parkingPromises(fixture);
}

function parkingPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "reached");

  promise("a question that parks keeps what was reached", async (store) => {
    const lease = await store.running();
    await told(store, lease, 0.1);
    await store.confirmRequest({
      ...{ lease: refOf(lease), step: 1, userId: "ada", stepResult: {}, expiresMs: 60_000 },
      ...{ onTimeout: "proceed", mode: "park", checkpoint: null, reached: nearly },
    });
    const waiting = { status: "waiting_confirmation", progress: 0.9, progressMessage: "step 9" };
    assert.deepEqual(await shown(store, lease), waiting);
    await store.passAndSweep(60_000);
    const next = await store.leased();
    assert.deepEqual(Buffer.from(next.checkpoint ?? []), Buffer.from(checkpoint));
  });

  promise("what was reached and is beyond a bound changes nothing", async (store) => {
    const lease = await store.running();
    const { checkpointBytesMax, progressMessageLengthMax } = storeLimits;
    for (const more of [
      { progress: 1.5 },
      { message: "x".repeat(progressMessageLengthMax + 1) },
      { checkpoint: new Uint8Array(checkpointBytesMax + 1) },
    ]) {
      const end = store.fail(lease, {}, { ...nearly, ...more });
      await assert.rejects(end, { code: "invalid" });
    }
    const still = { status: "running", progress: null, progressMessage: null };
    assert.deepEqual(await shown(store, lease), still);
  });
}
