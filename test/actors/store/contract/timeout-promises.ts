// Group G: deadlines of the queue, of an attempt and of the whole task; and when to look again.
import assert from "node:assert/strict";
import type { TaskStatus } from "#protocols/tasks/task-states.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { noJitter, refOf } from "./task-samples.ts";

export function timeoutPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "timeouts");

  promise("a task that nobody took in time is timed out", async (store) => {
    const taskId = await store.created({ queueDeadlineMs: 20_000 });
    await store.passAndSweep(19_000);
    assert.equal(await store.status(taskId), "pending");
    assert.deepEqual(await store.passAndSweep(1_000), [taskId]);
    assert.equal(await store.status(taskId), "timed_out");
    const outcome = await store.outcome(taskId);
    assert.equal(outcome?.status, "timed_out");
  });

  promise("the time in the queue begins when a scheduled task may run", async (store) => {
    const runAt = (await store.nowMs()) + 60_000;
    const taskId = await store.created({ runAt, queueDeadlineMs: 20_000 });
    await store.passAndSweep(70_000);
    assert.equal(await store.status(taskId), "pending");
    await store.passAndSweep(10_500);
    assert.equal(await store.status(taskId), "timed_out");
  });

  promise("the time in the queue is over with the first claim", async (store) => {
    const lease = await store.running({ queueDeadlineMs: 5_000, retry: noJitter });
    await store.release(lease);
    await store.passAndSweep(10_000);
    assert.equal(await store.status(lease.taskId), "pending");
    await store.fail(await store.leased());
    await store.passAndSweep(10_000);
    assert.equal(await store.status(lease.taskId), "pending");
  });

  promise("what is past its time is not handed out, even before a sweep", async (store) => {
    const late = await store.created({ queueDeadlineMs: 1_000 });
    const over = await store.created({ deadlineMs: 1_000 });
    const good = await store.created({ deadlineMs: 60_000, queueDeadlineMs: 60_000 });
    await store.pass(1_500);
    const claimed = (await store.claimed()).map(({ taskId }) => taskId);
    assert.deepEqual(claimed, [good]);
    await store.sweepAll();
    assert.deepEqual(
      [await store.status(late), await store.status(over)],
      ["timed_out", "timed_out"],
    );
  });

  promise("an attempt past its limit is tried again, renewed or not", async (store) => {
    const lease = await store.running({ timeoutMs: 20_000, retry: noJitter, maxRetries: 1 });
    for (let count = 0; count < 2; count += 1) {
      await store.passAndSweep(9_500);
      const beat = { node: "worker-1", leases: [refOf(lease)], leaseMs: 15_000 };
      assert.deepEqual((await store.heartbeat(beat)).lost, []);
    }
    await store.passAndSweep(1_000);
    const view = await store.seen(lease.taskId);
    assert.deepEqual([view.status, view.retryCount, view.lostLeases], ["scheduled", 1, 0]);
    assert.deepEqual(await store.complete(lease), { kind: "lost" });
  });

  promise(
    "an attempt's limit counts from its own claim, and ends the task at last",
    async (store) => {
      await store.created({ timeoutMs: 10_000, retry: noJitter, maxRetries: 1 });
      await store.passAndSweep(30_000);
      const first = await store.leased();
      assert.equal(first.timeoutMs, 10_000);
      await store.passAndSweep(10_100);
      await store.passAndSweep(1_100);
      await store.leased();
      await store.passAndSweep(9_000);
      assert.equal(await store.status(first.taskId), "running");
      assert.deepEqual(await store.passAndSweep(1_100), [first.taskId]);
      assert.equal(await store.status(first.taskId), "timed_out");
    },
  );

  const live: Readonly<Partial<Record<TaskStatus, (store: ContractStore) => Promise<string>>>> = {
    scheduled: async (store) =>
      store.created({ deadlineMs: 10_000, runAt: (await store.nowMs()) + 60_000 }),
    pending: (store) => store.created({ deadlineMs: 10_000 }),
    running: async (store) => (await store.running({ deadlineMs: 10_000 })).taskId,
    waiting_confirmation: async (store) => {
      const lease = await store.running({ deadlineMs: 10_000 });
      await store.confirmRequest({
        ...{ lease, step: 1, userId: "ada", stepResult: {}, expiresMs: 60_000 },
        ...{ onTimeout: "proceed", mode: "park", checkpoint: null },
      });
      return lease.taskId;
    },
  };
  for (const [status, bring] of Object.entries(live)) {
    promise(`a ${status} task is timed out at its deadline, not before`, async (store) => {
      const taskId = await bring(store);
      assert.equal(await store.status(taskId), status);
      await store.passAndSweep(9_000);
      assert.equal(await store.status(taskId), status);
      assert.deepEqual(await store.passAndSweep(1_000), [taskId]);
      assert.equal(await store.status(taskId), "timed_out");
      assert.deepEqual(await store.claimed(), []);
      assert.deepEqual(await store.confirmations(null), []);
    });
  }

  promise("who still works on a task past its deadline commits in vain", async (store) => {
    const lease = await store.running({ deadlineMs: 10_000 });
    const beat = { node: "worker-1", leases: [refOf(lease)], leaseMs: 15_000 };
    await store.passAndSweep(10_100);
    assert.deepEqual((await store.heartbeat(beat)).lost, [refOf(lease)]);
    assert.deepEqual(await store.complete(lease), { kind: "lost" });
    assert.equal(await store.status(lease.taskId), "timed_out");
  });

  promise("a deadline holds while a retry waits", async (store) => {
    const lease = await store.running({
      deadlineMs: 10_000,
      retry: { ...noJitter, baseMs: 60_000 },
    });
    await store.fail(lease);
    await store.passAndSweep(10_100);
    assert.equal(await store.status(lease.taskId), "timed_out");
  });

  upkeepPromises(fixture);
}

function upkeepPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "timeouts");

  promise("a sweep does at most as much as it is allowed to", async (store) => {
    const runAt = (await store.nowMs()) + 1_000;
    await store.createdMany(10, { runAt });
    await store.pass(1_100);
    assert.equal((await store.sweep(4)).due, 4);
    assert.equal((await store.sweep(4)).due, 4);
    assert.equal((await store.sweep(4)).due, 2);
    assert.equal((await store.sweep(4)).due, 0);
  });

  promise("a sweep says when the next one can find something", async (store) => {
    const nextOf = async () => {
      const { nextAt } = await store.sweep();
      return nextAt === null ? Number.POSITIVE_INFINITY : nextAt - (await store.nowMs());
    };
    const within = async (ms: number): Promise<void> => {
      const nextMs = await nextOf();
      assert.ok(nextMs <= ms && nextMs > ms - 1_000, `${nextMs} ms instead of ${ms}`);
    };
    await store.created({ runAt: (await store.nowMs()) + 3_000_000 });
    await within(3_000_000);
    await store.created({ deadlineMs: 2_000_000, model: "m0" });
    await within(2_000_000);
    await store.created({ queueDeadlineMs: 1_000_000, model: "m0" });
    await within(1_000_000);
    const lease = await store.running({ timeoutMs: 12_000 });
    await within(12_000);
    await store.complete(lease);
    await within(1_000_000);
    await store.running({ model: "mat" });
    await within(15_000);
  });

  promise("an empty store has nothing to come soon", async (store) => {
    const { nextAt, ...done } = await store.sweep();
    assert.deepEqual(done, { released: 0, ended: [], due: 0, purged: 0, faults: [] });
    assert.ok(nextAt === null || nextAt > (await store.nowMs()));
  });
}
