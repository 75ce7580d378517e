// What does not fit is refused by name, before anything is changed; and settings of queues say what holds.
import assert from "node:assert/strict";
import type { ConfirmationRequest } from "#protocols/tasks/confirmation.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { noJitter, refOf, someTask } from "./task-samples.ts";

const lease = { taskId: "t", fence: 1, epoch: "e" };
const question: ConfirmationRequest = {
  ...{ lease, step: 0, userId: "ada", stepResult: {}, expiresMs: 1_000 },
  ...{ onTimeout: "proceed", mode: "hold", checkpoint: null },
};

const refused: Readonly<Record<string, (store: ContractStore) => Promise<unknown>>> = {
  "a claim of nothing": (store) => store.claimed({ max: 0 }),
  "a claim of a nameless node": (store) => store.claimed({ node: "" }),
  "a lease of no time": (store) => store.claimed({ leaseMs: 0 }),
  "a heartbeat of a fence below 1": (store) =>
    store.heartbeat({ node: "n", leases: [{ ...lease, fence: 0 }], leaseMs: 1_000 }),
  "progress below 0": (store) => store.progress({ lease, progress: -0.1, message: null }),
  "a wait of less than nothing": (store) => store.fail(lease, { retryAfterMs: -1 }),
  "a question with no time": (store) => store.confirmRequest({ ...question, expiresMs: 0 }),
  "a step below 0": (store) => store.confirmRequest({ ...question, step: -1 }),
  "a sweep of nothing": (store) => store.sweep(0),
  "an empty page": (store) => store.list({ limit: 0 }),
  "a page of more than a thousand": (store) => store.list({ limit: 1_001 }),
  "events before the first": (store) => store.readEvents("room:a", -1),
  "events of no channel": (store) => store.readEvents("", 0),
  "a queue that may hold less than nothing": (store) =>
    store.setQueue({ queue: "default", pendingMax: -1 }),
  "a queue with aging below 0": (store) =>
    store.setQueue({ queue: "default", agingMsPerLevel: -1 }),
  "a queue with a factor below 1": (store) =>
    store.setQueue({ queue: "default", retry: { ...noJitter, factor: 0.5 } }),
  "a view of no task": (store) => store.view(""),
};

export function refusalPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "refusals");

  promise("what does not fit its schema is refused and changes nothing", async (store) => {
    await store.created();
    const state = async () => [
      await store.list({ limit: 10 }),
      await store.queues(),
      await store.tailEvents(),
    ];
    const before = await state();
    for (const [name, ask] of Object.entries(refused)) {
      await assert.rejects(ask(store), { code: "invalid" }, name);
    }
    assert.deepEqual(await state(), before);
  });

  promise("settings of a queue are kept one by one", async (store) => {
    const first = await store.setQueue({ queue: "nightly", pendingMax: 7, fairMs: 100 });
    assert.deepEqual([first.queue, first.pendingMax, first.fairMs], ["nightly", 7, 100]);
    const second = await store.setQueue({ queue: "nightly", leaseMs: 9_000 });
    assert.deepEqual(second, { ...first, leaseMs: 9_000 });
    assert.deepEqual(
      (await store.queues()).find(({ queue }) => queue === "nightly"),
      second,
    );
  });

  promise("queues are listed by their names", async (store) => {
    for (const queue of ["zebra", "ant", "Cat", "émeu"]) await store.created({ queue });
    const names = (await store.queues()).map(({ queue }) => queue);
    assert.deepEqual(names, ["Cat", "ant", "default", "zebra", "émeu"]);
  });

  promise("a lower limit leaves what waits where it is", async (store) => {
    const ids = await store.createdMany(4);
    await store.setQueue({ queue: "default", pendingMax: 2 });
    assert.equal((await store.submit(someTask())).kind, "full");
    assert.deepEqual(
      (await store.claimed()).map(({ taskId }) => taskId),
      ids,
    );
  });

  promise("a paused queue keeps what runs", async (store) => {
    const running = await store.running();
    await store.setQueue({ queue: "default", isPaused: true });
    const beat = { node: "worker-1", leases: [refOf(running)], leaseMs: 15_000 };
    assert.deepEqual((await store.heartbeat(beat)).lost, []);
    assert.equal((await store.complete(running)).kind, "committed");
  });

  promise("a store says what it is", async (store) => {
    const { info } = store;
    assert.ok(info.epoch.length > 0 && info.epoch.length <= 64);
    assert.ok(info.ackLevels.length > 0 && Number.isInteger(info.schemaVersion));
    assert.deepEqual((await store.check()).problems, []);
  });
}
