// Group C: what a claim hands out, to whom, and that nobody else gets it too.
import assert from "node:assert/strict";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { fileOf } from "./task-samples.ts";

export function claimPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "claim");

  promise("a lease carries all that is needed to run the task", async (store) => {
    const differences = { type: "outpaint", queue: "nightly", timeoutMs: 60_000 };
    const inputs = [fileOf("image", 3)];
    const taskId = await store.created({ ...differences, inputs, parameters: { seed: 1 } });
    const lease = await store.leased({ queues: ["nightly"] });
    assert.deepEqual(
      [lease.taskId, lease.type, lease.queue, lease.model, lease.timeoutMs],
      [taskId, "outpaint", "nightly", "lama", 60_000],
    );
    assert.deepEqual([lease.attempt, lease.epoch, lease.leaseMs], [1, store.info.epoch, 15_000]);
    assert.deepEqual([lease.parameters, lease.inputs.length], [{ seed: 1 }, 1]);
    assert.deepEqual([lease.checkpoint, lease.confirmations], [null, []]);
    assert.ok(Number.isInteger(lease.fence) && lease.fence >= 1);
  });

  promise(
    "a lease lasts as long as its attempt may, and no longer than to its deadline",
    async (store) => {
      for (const timeoutMs of [60_000, 900]) {
        await store.created({ queue: "nightly", timeoutMs, deadlineMs: 5_000 });
        await store.pass(1_000);
        const lease = await store.leased({ queues: ["nightly"] });
        const left = lease.timeoutMs ?? 0;
        if (timeoutMs === 900) assert.equal(left, 900);
        else assert.ok(left > 3_000 && left <= 4_000, `${left} ms`);
      }
      await store.created({ queue: "nightly" });
      assert.equal((await store.leased({ queues: ["nightly"] })).timeoutMs, null);
    },
  );

  promise("a claim of an empty store gives nothing", async (store) => {
    assert.deepEqual(await store.claimed(), []);
    assert.deepEqual(await store.claimed({ queues: ["unknown"] }), []);
    assert.deepEqual(
      (await store.queues()).map(({ queue }) => queue),
      ["default"],
    );
  });

  promise("a claim gives as many as asked for, or all there are", async (store) => {
    await store.createdMany(5);
    assert.equal((await store.claimed({ max: 1 })).length, 1);
    assert.equal((await store.claimed({ max: 3 })).length, 3);
    assert.equal((await store.claimed({ max: 3 })).length, 1);
    assert.equal((await store.claimed({ max: 3 })).length, 0);
  });

  promise("only tasks for the offered models are given", async (store) => {
    const lama = await store.created({ model: "lama" });
    const mat = await store.created({ model: "mat" });
    const ids = async (...models: readonly string[]) =>
      (await store.claimed({ models })).map(({ taskId }) => taskId);
    assert.deepEqual(await ids("mat", "other"), [mat]);
    assert.deepEqual(await ids("other"), []);
    assert.deepEqual(await ids("mat", "lama"), [lama]);
  });

  const offers = [
    { required: [], offered: [], isGiven: true },
    { required: [], offered: ["gpu"], isGiven: true },
    { required: ["gpu"], offered: [], isGiven: false },
    { required: ["gpu"], offered: ["cpu"], isGiven: false },
    { required: ["gpu"], offered: ["gpu", "cpu"], isGiven: true },
    { required: ["gpu", "fp16"], offered: ["fp16"], isGiven: false },
    { required: ["gpu", "fp16"], offered: ["fp16", "gpu"], isGiven: true },
    { required: ["gpu", "gpu"], offered: ["gpu"], isGiven: true },
  ];
  promise("a task goes to who has all the skills that it requires", async (store) => {
    for (const { required, offered, isGiven } of offers) {
      const taskId = await store.created({ requiredSkills: required });
      const claimed = await store.claimed({ skills: offered });
      const given = claimed.map((lease) => lease.taskId);
      assert.deepEqual(given, isGiven ? [taskId] : [], `${required} of ${offered}`);
      await store.cancel(taskId);
      for (const lease of claimed) await store.fail(lease, { class: "cancelled" });
    }
  });

  promise("who lacks a skill takes what comes after", async (store) => {
    await store.createdMany(30, { requiredSkills: ["gpu"], priority: 0 });
    const plain = await store.created({ priority: 9 });
    assert.deepEqual(
      (await store.claimed({ max: 1 })).map(({ taskId }) => taskId),
      [plain],
    );
  });

  promise("a claim looks only into its queues, the default one if it names none", async (store) => {
    const nightly = await store.created({ queue: "nightly" });
    const usual = await store.created();
    assert.deepEqual(
      (await store.claimed()).map(({ taskId }) => taskId),
      [usual],
    );
    assert.deepEqual((await store.claimed({ queues: ["daily"] })).length, 0);
    const claimed = await store.claimed({ queues: ["daily", "nightly"] });
    assert.deepEqual(
      claimed.map(({ taskId }) => taskId),
      [nightly],
    );
  });

  promise("a paused queue gives nothing until it goes on", async (store) => {
    await store.created();
    await store.setQueue({ queue: "default", isPaused: true });
    assert.deepEqual(await store.claimed(), []);
    await store.setQueue({ queue: "default", isPaused: false });
    assert.equal((await store.claimed()).length, 1);
  });

  promise("what runs is shown with its node, its attempt and its start", async (store) => {
    const { taskId } = await store.running();
    const view = await store.seen(taskId);
    assert.deepEqual([view.status, view.assignedNode, view.attempt], ["running", "worker-1", 1]);
    assert.ok(view.startedAt !== null && view.startedAt >= view.submittedAt);
    const counts = await store.counts();
    assert.deepEqual([counts.pending, counts.running, counts.pendingBytes], [0, 1, 0]);
  });

  promise("the lease is as long as the claim says, or as its queue says", async (store) => {
    await store.setQueue({ queue: "default", leaseMs: 40_000 });
    await store.createdMany(2);
    assert.equal((await store.leased()).leaseMs, 40_000);
    assert.equal((await store.leased({ leaseMs: 5_000 })).leaseMs, 5_000);
    await store.passAndSweep(6_000);
    const counts = await store.counts();
    assert.deepEqual([counts.running, counts.pending], [1, 1]);
  });

  promise("a task is not given twice while its lease lives", async (store) => {
    await store.running();
    assert.deepEqual(await store.claimed({ node: "worker-2" }), []);
    await store.passAndSweep(14_000);
    assert.deepEqual(await store.claimed({ node: "worker-2" }), []);
  });

  promise("of claims at the same time each gets tasks of its own", async (store) => {
    const ids = await store.createdMany(20);
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, index) => store.claimed({ node: `worker-${index}`, max: 4 })),
    );
    const given = claims.flat().map(({ taskId }) => taskId);
    assert.deepEqual(given.toSorted(), ids.toSorted());
    assert.equal(new Set(claims.flat().map(({ fence }) => fence)).size, 20);
  });

  promise("so they do when there are more claims than anybody looks ahead", async (store) => {
    const ids = await store.createdMany(150);
    const claims = await Promise.all(
      Array.from({ length: 40 }, (_, index) => store.claimed({ node: `worker-${index}`, max: 4 })),
    );
    assert.deepEqual(
      claims.flatMap((leases) => leases.map(({ taskId }) => taskId)).toSorted(),
      ids.toSorted(),
    );
  });

  promise("each attempt has a number and a greater fence", async (store) => {
    const fences: number[] = [];
    await store.created({
      maxRetries: 5,
      retry: { baseMs: 0, factor: 1, capMs: 0, jitter: "none" },
    });
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await store.sweepAll();
      const lease = await store.leased();
      assert.equal(lease.attempt, attempt);
      fences.push(lease.fence);
      await store.fail(lease);
    }
    assert.deepEqual(
      fences,
      fences.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(fences).size, 4);
  });

  promise("fences go on growing after the store was opened again", async (store) => {
    const before = await store.running();
    await store.reopen();
    const after = await store.running({ model: "mat" });
    assert.ok(after.fence > before.fence, `${after.fence} came after ${before.fence}`);
  });

  preferencePromises(fixture);
}

const first = async (store: ContractStore, offer: { tags?: string[]; skills?: string[] }) =>
  (await store.leased(offer)).taskId;

function preferencePromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "claim");

  promise("a task with a tag of the node goes ahead of an earlier one", async (store) => {
    const plain = await store.created();
    await store.pass(10_000);
    const tagged = await store.created({ affinityTags: ["room-a", "ssd"] });
    assert.equal(await first(store, { tags: ["ssd"] }), tagged);
    assert.equal(await first(store, { tags: ["ssd"] }), plain);
  });

  promise("a tag is worth one level of priority and no more", async (store) => {
    const urgent = await store.created({ priority: 1 });
    await store.pass(10_000);
    await store.created({ priority: 2, affinityTags: ["ssd"] });
    assert.equal(await first(store, { tags: ["ssd"] }), urgent);
  });

  promise("a task with tags still goes to a node without", async (store) => {
    const tagged = await store.created({ affinityTags: ["ssd"] });
    assert.equal(await first(store, { tags: ["room-b"] }), tagged);
  });

  promise(
    "a task whose optional skills the node has goes ahead of an earlier one",
    async (store) => {
      const plain = await store.created();
      await store.pass(10_000);
      const wishful = await store.created({ optionalSkills: ["gpu"] });
      const neither = await store.created({ optionalSkills: ["tpu"] });
      assert.equal(await first(store, { skills: ["gpu"] }), wishful);
      assert.equal(await first(store, { skills: ["gpu"] }), plain);
      assert.equal(await first(store, { skills: ["gpu"] }), neither);
    },
  );

  promise("a claim and a heartbeat that name no time give that of the queue", async (store) => {
    await store.setQueue({ queue: "patient", leaseMs: 60_000 });
    await store.created({ queue: "patient" });
    const lease = await store.leased({ queues: ["patient"] });
    assert.equal(lease.leaseMs, 60_000);
    await store.pass(50_000);
    const { taskId, fence, epoch } = lease;
    const beat = { node: "worker-1", leases: [{ taskId, fence, epoch }] };
    assert.deepEqual((await store.heartbeat(beat)).lost, []);
    await store.passAndSweep(59_000);
    assert.equal(await store.status(taskId), "running");
    await store.passAndSweep(2_000);
    assert.equal(await store.status(taskId), "pending");
  });
}
