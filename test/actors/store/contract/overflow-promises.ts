// Group H: what a full queue answers, and who gives way to whom.
import assert from "node:assert/strict";
import type { FullLimit } from "#protocols/tasks/store.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { fileOf, noJitter, refOf, someTask } from "./task-samples.ts";

const queue = "default";

/** Who is refused so leaves nothing behind. */
export async function isFull(
  store: ContractStore,
  limit: FullLimit,
  differences: Parameters<typeof someTask>[0] = {},
): Promise<void> {
  const before = (await store.list({ limit: 100 })).tasks;
  const result = await store.submit(someTask(differences));
  assert.deepEqual([result.kind, result.kind === "full" && result.limit], ["full", limit]);
  assert.deepEqual((await store.list({ limit: 100 })).tasks, before, "nothing was stored");
}

export function overflowPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "overflow");

  promise("a queue takes as many as may wait, and not one more", async (store) => {
    await store.setQueue({ queue, pendingMax: 3 });
    await store.createdMany(3);
    const result = await store.submit(someTask());
    assert.ok(result.kind === "full");
    assert.deepEqual([result.limit, result.pending], ["tasks", 3]);
    await isFull(store, "tasks", { priority: 0 });
    await store.created({ queue: "other" });
  });

  promise("scheduled tasks take up room, running ones do not", async (store) => {
    await store.setQueue({ queue, pendingMax: 2 });
    const runAt = (await store.nowMs()) + 60_000;
    await store.created({ runAt });
    await store.created();
    await isFull(store, "tasks");
    await store.leased();
    await store.created();
    await isFull(store, "tasks");
  });

  promise("the bytes that wait are limited", async (store) => {
    await store.setQueue({ queue, pendingBytesMax: 10_000 });
    await store.created({ inputs: [fileOf("a", 6_000)] });
    await isFull(store, "bytes", { inputs: [fileOf("a", 6_000)] });
    await store.created({ inputs: [fileOf("a", 1_000)] });
    const { pendingBytes } = await store.counts(queue);
    assert.ok(pendingBytes >= 7_000 && pendingBytes < 8_000, `${pendingBytes} bytes wait`);
    await store.leased();
    await store.created({ inputs: [fileOf("a", 6_000)] });
  });

  for (const whenFull of ["reject", "evict_lowest", "block"] as const) {
    promise(
      `what is larger than all that its queue holds is too large, not early: ${whenFull}`,
      async (store) => {
        await store.setQueue({ queue, pendingBytesMax: 10_000, whenFull });
        const large = store.submit(someTask({ queue, inputs: [fileOf("a", 10_001)] }));
        await assert.rejects(large, {
          code: "too_large",
          message: /100\d\d bytes .* holds 10000 in all/,
        });
        assert.equal((await store.counts(queue)).pending, 0);
        await store.created({ inputs: [fileOf("a", 9_000)] });
      },
    );
  }

  promise("a higher limit makes room at once", async (store) => {
    await store.setQueue({ queue, pendingMax: 1 });
    await store.created();
    await isFull(store, "tasks");
    await store.setQueue({ queue, pendingMax: 2 });
    await store.created();
  });

  promise("a queue whose producers are to wait answers as a rejecting one", async (store) => {
    await store.setQueue({ queue, pendingMax: 1, whenFull: "block" });
    await store.created({ priority: 9 });
    await isFull(store, "tasks", { priority: 0 });
  });

  promise("a replay needs no room", async (store) => {
    await store.setQueue({ queue, pendingMax: 1 });
    const taskId = await store.created({ idempotencyKey: "k" });
    const again = await store.submit(someTask({ idempotencyKey: "k" }));
    assert.deepEqual([again.kind, "taskId" in again && again.taskId], ["replayed", taskId]);
    await isFull(store, "tasks", { idempotencyKey: "k2" });
    await store.setQueue({ queue, pendingMax: 2 });
    await store.created({ idempotencyKey: "k2" });
  });

  promise("a retry finds its place in a full queue", async (store) => {
    await store.setQueue({ queue, pendingMax: 1 });
    const lease = await store.running({ retry: noJitter });
    await store.created();
    assert.equal((await store.fail(lease)).kind, "retried");
    await store.passAndSweep(1_100);
    assert.equal(await store.status(lease.taskId), "pending");
    await isFull(store, "tasks");
  });

  promise("when to come again follows from how fast the queue drains", async (store) => {
    await store.setQueue({ queue, pendingMax: 10 });
    await store.createdMany(10);
    const first = await store.submit(someTask());
    assert.equal(first.kind === "full" && first.retryAfterMs, null);
    for (const lease of await store.claimed({ max: 5 })) {
      await store.pass(500);
      await store.complete(lease);
    }
    await store.createdMany(5);
    const later = await store.submit(someTask());
    const waitMs = later.kind === "full" ? later.retryAfterMs : null;
    assert.ok(waitMs !== null && waitMs > 0 && waitMs < 600_000, `${waitMs} ms`);
  });

  promise("of many at the limit at once exactly as many as fit are taken", async (store) => {
    await store.setQueue({ queue, pendingMax: 5 });
    const results = await Promise.all(Array.from({ length: 12 }, () => store.submit(someTask())));
    const kinds = results.map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === "created").length, 5);
    assert.equal(kinds.filter((kind) => kind === "full").length, 7);
  });

  peoplePromises(fixture);
  evictionPromises(fixture);
  immunityPromises(fixture);
}

/** Its worker asks a person, and the task waits for the answer. */
async function parked(store: ContractStore): Promise<string> {
  const lease = await store.running();
  await store.confirmRequest({
    ...{ lease: refOf(lease), step: 1, userId: "ada", stepResult: {}, expiresMs: 60_000 },
    ...{ onTimeout: "reject", mode: "park", checkpoint: null },
  });
  assert.equal(await store.status(lease.taskId), "waiting_confirmation");
  return lease.taskId;
}

function peoplePromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "overflow");
  const countsOf = async (store: ContractStore) => {
    const shown = (await store.queues()).find((one) => one.queue === queue);
    assert.ok(shown);
    const { pending, waitingConfirmation, cancelledTotal, timedOutTotal } = shown;
    return [pending, waitingConfirmation, cancelledTotal, timedOutTotal];
  };

  promise(
    "tasks that wait for people take no place of those that wait for workers",
    async (store) => {
      await store.setQueue({ queue, pendingMax: 2 });
      await parked(store);
      await store.createdMany(2);
      await isFull(store, "tasks");
      assert.deepEqual(await countsOf(store), [2, 1, 0, 0]);
    },
  );

  promise("as many may wait for people, and nobody gives way for those", async (store) => {
    await store.setQueue({ queue, pendingMax: 2, whenFull: "evict_lowest" });
    const waiting = [await parked(store), await parked(store)];
    await store.setQueue({ queue, pendingMax: 3 });
    const least = await store.created({ priority: 9 });
    await store.setQueue({ queue, pendingMax: 2 });
    const refused = await store.submit(someTask({ priority: 0 }));
    const full = { kind: "full", limit: "people", pending: 2, retryAfterMs: null };
    assert.deepEqual(refused, full);
    assert.equal(await store.status(least), "pending");
    await store.cancel(waiting[0] ?? "");
    const urgent = await store.created({ priority: 0 });
    await isFull(store, "tasks", { priority: 9 });
    await store.created({ priority: 1 });
    assert.equal(await store.status(least), "evicted", "now there was too little room for it");
    assert.equal(await store.status(urgent), "pending");
    assert.deepEqual(await countsOf(store), [2, 1, 1, 0]);
  });

  promise("what was cancelled and what was too late is counted by queue", async (store) => {
    await store.cancel(await store.created());
    await store.created({ deadlineMs: 1_000 });
    await store.passAndSweep(1_001);
    assert.deepEqual(await countsOf(store), [0, 0, 1, 1]);
  });
}

const evicting = (pendingMax: number) => ({ queue, pendingMax, whenFull: "evict_lowest" }) as const;

function evictionPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "overflow");

  promise("the last in rank gives way to a more urgent one, and its owner hears", async (store) => {
    await store.setQueue(evicting(3));
    const urgent = await store.created({ priority: 1 });
    const last = await store.created({ priority: 8, userId: "ada" });
    const middle = await store.created({ priority: 5 });
    const result = await store.submit(someTask({ priority: 0 }));
    assert.ok(result.kind === "created");
    assert.equal(result.evicted, last);
    const view = await store.seen(last);
    assert.deepEqual([view.status, view.errorCode], ["evicted", "QUEUE_OVERFLOW"]);
    assert.deepEqual(await store.eventTypes("user:ada"), ["submitted", "evicted"]);
    const outcome = await store.outcome(last);
    assert.ok(outcome !== null && outcome.status === "evicted");
    assert.equal(outcome.code, "QUEUE_OVERFLOW");
    const claimed = (await store.claimed()).map(({ taskId }) => taskId);
    assert.deepEqual(claimed, [result.taskId, urgent, middle]);
    const shown = (await store.queues()).find((one) => one.queue === queue);
    assert.equal(shown?.evictedTotal, 1);
  });

  promise("who is not more urgent than the last is rejected", async (store) => {
    await store.setQueue(evicting(2));
    await store.createdMany(2, { priority: 2 });
    await isFull(store, "tasks", { priority: 9 });
    await isFull(store, "tasks", { priority: 2 });
  });

  promise("of equals the one that came last gives way", async (store) => {
    await store.setQueue(evicting(3));
    const ids = await store.createdMany(3, { priority: 5 });
    for (const victim of ids.toReversed()) {
      const result = await store.submit(someTask({ priority: 0 }));
      assert.equal(result.kind === "created" && result.evicted, victim);
    }
    await isFull(store, "tasks", { priority: 0 });
  });

  promise("a key still leads to its task that gave way", async (store) => {
    await store.setQueue(evicting(1));
    const victim = await store.created({ priority: 9, idempotencyKey: "k" });
    await store.created({ priority: 0 });
    const again = await store.submit(someTask({ priority: 9, idempotencyKey: "k" }));
    assert.deepEqual([again.kind, "taskId" in again && again.taskId], ["replayed", victim]);
  });
}

/** Tasks that never give way, however late in rank. */
const immune: Readonly<Record<string, (store: ContractStore) => Promise<string>>> = {
  "is not evictable": (store) => store.created({ priority: 9, isEvictable: false }),
  "was tried before": async (store) => {
    const lease = await store.running({ priority: 9 });
    await store.release(lease);
    return lease.taskId;
  },
  "is someone's parent": async (store) => {
    const parentId = await store.created({ priority: 9 });
    await store.created({ parentId, queue: "children" });
    return parentId;
  },
  "is scheduled for later": async (store) =>
    store.created({ priority: 9, runAt: (await store.nowMs()) + 60_000 }),
};

function immunityPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "overflow");

  promise("a parent does not give way to its own child", async (store) => {
    await store.setQueue(evicting(1));
    const parentId = await store.created({ priority: 9 });
    await isFull(store, "tasks", { priority: 0, parentId });
    assert.equal(await store.status(parentId), "pending");
  });

  for (const [reason, bring] of Object.entries(immune)) {
    promise(`a task that ${reason} does not give way`, async (store) => {
      await store.setQueue(evicting(1));
      const kept = await bring(store);
      await isFull(store, "tasks", { priority: 0 });
      await store.setQueue(evicting(2));
      const victim = await store.created({ priority: 8 });
      const result = await store.submit(someTask({ priority: 0 }));
      assert.equal(result.kind === "created" && result.evicted, victim);
      assert.notEqual(await store.status(kept), "evicted");
    });
  }

  promise(
    "who is behind others that wait for room is not let in, unless it is in",
    async (store) => {
      const behind = { isBehindOthers: true };
      await isFull(store, "others", behind);
      const taskId = await store.created({ idempotencyKey: "mine" });
      const again = await store.submit(someTask({ idempotencyKey: "mine", ...behind }));
      assert.ok(again.kind === "replayed");
      assert.equal(again.taskId, taskId);
    },
  );
}
