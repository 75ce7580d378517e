// Group D: a lease lives by its heartbeats, and only the newest fence may write.
import assert from "node:assert/strict";
import type { TaskLease } from "#protocols/tasks/task.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { refOf } from "./task-samples.ts";

const leaseMs = 15_000;

const beat = (store: ContractStore, leases: readonly TaskLease[], node = "worker-1") =>
  store.heartbeat({ node, leases: leases.map(refOf), leaseMs });

export function leasePromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "lease");

  promise("a lease lives as long as it is renewed", async (store) => {
    const lease = await store.running();
    for (let count = 0; count < 4; count += 1) {
      await store.passAndSweep(10_000);
      assert.deepEqual(await beat(store, [lease]), { lost: [], cancel: [] });
    }
    assert.equal((await store.complete(lease)).kind, "committed");
  });

  promise("a lease that is not renewed ends, and its task waits again at once", async (store) => {
    const lease = await store.running();
    await store.passAndSweep(leaseMs - 1_000);
    assert.equal(await store.status(lease.taskId), "running");
    await store.pass(1_000);
    const report = await store.sweep();
    assert.deepEqual([report.released, report.ended], [1, []]);
    const view = await store.seen(lease.taskId);
    assert.deepEqual([view.status, view.lostLeases, view.retryCount], ["pending", 1, 0]);
    assert.deepEqual([view.assignedNode], [null]);
  });

  promise("a renewal lasts from the moment of the heartbeat", async (store) => {
    const lease = await store.running();
    await store.pass(10_000);
    await store.heartbeat({ node: "worker-1", leases: [refOf(lease)], leaseMs: 30_000 });
    await store.passAndSweep(29_000);
    assert.equal(await store.status(lease.taskId), "running");
    await store.passAndSweep(1_000);
    assert.equal(await store.status(lease.taskId), "pending");
  });

  promise("a completion after the lease's time and before the sweep counts", async (store) => {
    const lease = await store.running();
    await store.pass(60_000);
    assert.equal((await store.complete(lease)).kind, "committed");
    await store.sweepAll();
    assert.equal(await store.status(lease.taskId), "completed");
  });

  promise("a completion after the sweep is lost", async (store) => {
    const lease = await store.running();
    await store.passAndSweep(leaseMs + 100);
    assert.deepEqual(await store.complete(lease), { kind: "lost" });
    assert.equal(await store.status(lease.taskId), "pending");
  });

  promise("a heartbeat names exactly the leases that are lost", async (store) => {
    const [held, given, done, swept] = await Promise.all([
      store.running({ model: "m1" }),
      store.running({ model: "m2" }),
      store.running({ model: "m3" }),
      store.running({ model: "m4" }),
    ]);
    await store.release(given);
    await store.complete(done);
    await store.pass(10_000);
    await beat(store, [held]);
    await store.passAndSweep(6_000);
    const strange = { ...held, taskId: "unknown" };
    const { lost, cancel } = await beat(store, [held, given, done, swept, strange]);
    const ids = lost.map(({ taskId }) => taskId).toSorted();
    assert.deepEqual(ids, [given, done, swept, strange].map(({ taskId }) => taskId).toSorted());
    assert.deepEqual(cancel, []);
  });

  promise("a heartbeat without leases is answered with none", async (store) => {
    assert.deepEqual(await beat(store, []), { lost: [], cancel: [] });
  });

  promise("a heartbeat tells of a cancellation, and renews for a grace", async (store) => {
    const lease = await store.running();
    await store.cancel(lease.taskId, "changed my mind");
    for (const ms of [2_000, 2_000, 13_000]) {
      await store.passAndSweep(ms);
      const cancel = [{ lease: refOf(lease), reason: "changed my mind" }];
      assert.deepEqual(await beat(store, [lease]), { lost: [], cancel });
    }
    await store.passAndSweep(3_000);
    assert.equal((await store.seen(lease.taskId)).status, "cancelled");
    const after = await beat(store, [lease]);
    assert.deepEqual([after.lost, after.cancel], [[refOf(lease)], []]);
  });

  promise("a commit tells where, in which attempt and how long it ran", async (store) => {
    await store.created();
    await store.pass(2_000);
    const lease = await store.leased({ node: "worker-7" });
    await store.pass(3_000);
    const result = await store.complete(lease);
    assert.ok(result.kind === "committed");
    assert.deepEqual([result.node, result.attempt], ["worker-7", 1]);
    assert.ok(Math.abs(result.queueMs - 2_000) < 500, `it waited ${result.queueMs} ms`);
    assert.ok(Math.abs(result.runMs - 3_000) < 500, `it ran ${result.runMs} ms`);
  });

  promise("of two completions under one lease the second is lost", async (store) => {
    const lease = await store.running();
    const kinds = await Promise.all([store.complete(lease), store.complete(lease)]);
    assert.deepEqual(kinds.map(({ kind }) => kind).toSorted(), ["committed", "lost"]);
  });

  promise("of an old and a new holder at the same time only the new one commits", async (store) => {
    const old = await store.running();
    await store.passAndSweep(leaseMs + 100);
    const fresh = await store.leased({ node: "worker-2" });
    const [late, good] = await Promise.all([store.complete(old), store.complete(fresh)]);
    assert.deepEqual([late.kind, good.kind], ["lost", "committed"]);
  });

  promise("a lease outlives the closing of the store", async (store) => {
    const lease = await store.running();
    const { epoch } = store.info;
    await store.reopen();
    assert.equal(store.info.epoch, epoch);
    assert.deepEqual((await beat(store, [lease])).lost, []);
    assert.equal((await store.complete(lease)).kind, "committed");
  });

  stalePromises(fixture);
  releasePromises(fixture);
  progressPromises(fixture);
}

const writes: Readonly<
  Record<string, (store: ContractStore, lease: TaskLease) => Promise<{ readonly kind: string }>>
> = {
  complete: (store, lease) => store.complete(lease),
  fail: (store, lease) => store.fail(lease),
  release: (store, lease) => store.release(refOf(lease)),
  progress: (store, lease) =>
    store.progress({
      lease: refOf(lease),
      progress: 0.5,
      message: "half",
      checkpoint: new Uint8Array(3),
    }),
  confirmRequest: (store, lease) =>
    store.confirmRequest({
      ...{ lease: refOf(lease), step: 1, userId: "ada", stepResult: {}, expiresMs: 60_000 },
      ...{ onTimeout: "proceed", mode: "park", checkpoint: null },
    }),
};

/** Each makes a lease stale in its own way; the answer is a lease that is not held any more. */
const staleness: Readonly<Record<string, (store: ContractStore) => Promise<TaskLease>>> = {
  "a newer lease holds the task": async (store) => {
    const old = await store.running();
    await store.passAndSweep(leaseMs + 100);
    await store.leased({ node: "worker-2" });
    return old;
  },
  "the lease was swept": async (store) => {
    const old = await store.running();
    await store.passAndSweep(leaseMs + 100);
    return old;
  },
  "the task has ended": async (store) => {
    const old = await store.running();
    await store.complete(old);
    return old;
  },
  "the lease was given back": async (store) => {
    const old = await store.running();
    await store.release(old);
    return old;
  },
  "its node was released": async (store) => {
    const old = await store.running();
    await store.releaseNode("worker-1");
    return old;
  },
  "the fence is of another epoch": async (store) => ({
    ...(await store.running()),
    epoch: "another-store",
  }),
  "the fence was never given": async (store) => {
    const lease = await store.running();
    return { ...lease, fence: lease.fence + 1 };
  },
  "nobody knows the task": async (store) => ({ ...(await store.running()), taskId: "unknown" }),
};

function stalePromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "lease");
  for (const [reason, makeStale] of Object.entries(staleness)) {
    promise(`no write of a worker counts when ${reason}`, async (store) => {
      const stale = await makeStale(store);
      const state = async () => [await store.list({ limit: 10 }), await store.tailEvents()];
      const before = await state();
      for (const [name, write] of Object.entries(writes)) {
        assert.deepEqual(await write(store, stale), { kind: "lost" }, name);
        assert.deepEqual(await state(), before, `${name} changed something`);
      }
    });
  }
}

function releasePromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "lease");

  promise("what is given back waits at once and has used up nothing", async (store) => {
    const lease = await store.running({ maxRetries: 0 });
    assert.deepEqual(await store.release(lease), { kind: "done" });
    const view = await store.seen(lease.taskId);
    assert.deepEqual([view.status, view.retryCount, view.lostLeases], ["pending", 0, 0]);
    for (let count = 0; count < 6; count += 1) await store.release(await store.leased());
    const last = await store.leased({ node: "worker-2" });
    assert.ok(last.fence > lease.fence);
    assert.equal((await store.complete(last)).kind, "committed");
  });

  promise("a lease of an older fence does not protect a task from release", async (store) => {
    const old = await store.running();
    await store.release(old);
    const fresh = await store.leased();
    assert.equal((await store.releaseNode("worker-1", [old])).released, 1);
    assert.deepEqual(await store.complete(fresh), { kind: "lost" });
  });
}

function progressPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "lease");

  promise("progress is shown, never goes back, and may be reset", async (store) => {
    const lease = refOf(await store.running());
    const steps = [
      { progress: 0.2, message: "decoded", shown: 0.2 },
      { progress: 0.6, message: "painted", shown: 0.6 },
      { progress: 0.4, message: "painted more", shown: 0.6 },
      { progress: 0.1, message: "anew", isReset: true, shown: 0.1 },
    ];
    for (const { shown, ...report } of steps) {
      await store.pass(1_500);
      assert.deepEqual(await store.progress({ lease, ...report }), { kind: "done" });
      const view = await store.seen(lease.taskId);
      assert.deepEqual(view.progress, shown, report.message);
    }
  });

  promise("a report soon after the last is early, and hears when it is not", async (store) => {
    const lease = refOf(await store.running());
    const told = (progress: number) => store.progress({ lease, progress, message: `${progress}` });
    assert.deepEqual(await told(0.1), { kind: "done" });
    const kinds = new Set<string>();
    for (let share = 0.2; share < 1; share += 0.05) {
      const answer = await told(share);
      kinds.add(answer.kind);
      if (answer.kind !== "early") continue;
      assert.ok(answer.retryAfterMs > 0 && answer.retryAfterMs <= 1_000);
    }
    assert.ok(kinds.has("early") && !kinds.has("lost"));
    const last = await told(1);
    if (last.kind === "early") {
      await store.pass(last.retryAfterMs);
      assert.deepEqual(await told(1), { kind: "done" });
    }
    const { progress, progressMessage } = await store.seen(lease.taskId);
    assert.deepEqual([progress, progressMessage], [1, "1"]);
  });

  promise("progress beyond 1 is refused", async (store) => {
    const lease = refOf(await store.running());
    const report = { lease, progress: 1.5, message: null };
    await assert.rejects(store.progress(report), { code: "invalid" });
    assert.equal((await store.seen(lease.taskId)).progress, null);
  });

  promise("the next attempt goes on from the last checkpoint", async (store) => {
    const lease = await store.running();
    const report = { lease: refOf(lease), progress: 0.5, message: null };
    await store.progress({ ...report, checkpoint: Uint8Array.of(1) });
    await store.progress({ ...report, checkpoint: Uint8Array.of(1, 2, 3) });
    await store.passAndSweep(leaseMs + 100);
    const next = await store.leased();
    assert.deepEqual(Buffer.from(next.checkpoint ?? []), Buffer.of(1, 2, 3));
    await store.release(next);
    const third = await store.leased();
    assert.deepEqual(Buffer.from(third.checkpoint ?? []), Buffer.of(1, 2, 3), "kept unused");
  });
}
