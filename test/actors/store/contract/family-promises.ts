// Group P: parents and children. A child works for its parent: it ends when that ends without it, and
// what it has made is kept for as long as its parent lives.
import assert from "node:assert/strict";
import type { ConfirmationRequest } from "#protocols/tasks/confirmation.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { noJitter, refOf, someTask } from "./task-samples.ts";

const parked = (lease: TaskLease): ConfirmationRequest => ({
  ...{ lease: refOf(lease), step: 1, userId: "ada", stepResult: {}, expiresMs: 864_000_000 },
  ...{ onTimeout: "proceed", mode: "park", checkpoint: null },
});

/** A child that waits, its own child, and one that runs. */
async function familyOf(store: ContractStore, parentId: string) {
  const running = await store.running({ parentId });
  const child = await store.created({ parentId });
  const grandchild = await store.created({ parentId: child });
  return { running, child, grandchild };
}

const ends: Readonly<Record<string, (store: ContractStore) => Promise<string>>> = {
  failed: async (store) => {
    const lease = await store.running();
    const family = await familyOf(store, lease.taskId);
    await store.fail(lease, { class: "validation" });
    await isGivenUp(store, family);
    return lease.taskId;
  },
  timed_out: async (store) => {
    const lease = await store.running({ deadlineMs: 5_000 });
    const family = await familyOf(store, lease.taskId);
    await store.passAndSweep(5_100);
    await isGivenUp(store, family);
    return lease.taskId;
  },
};

async function isGivenUp(
  store: ContractStore,
  { running, child, grandchild }: Awaited<ReturnType<typeof familyOf>>,
): Promise<void> {
  assert.equal(await store.status(child), "cancelled");
  assert.equal(await store.status(grandchild), "cancelled");
  const { cancelRequestedAt, status } = await store.seen(running.taskId);
  assert.deepEqual([status, cancelRequestedAt !== null], ["running", true]);
}

export function familyPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "families");

  for (const [status, end] of Object.entries(ends)) {
    promise(`a task that ends ${status} takes all that descends from it along`, async (store) => {
      assert.equal(await store.status(await end(store)), status);
    });
  }

  promise("a poisonous task takes its children along", async (store) => {
    const { taskId } = await store.running({ retry: { ...noJitter, baseMs: 0 } });
    const child = await store.created({
      parentId: taskId,
      runAt: (await store.nowMs()) + 3_600_000,
    });
    while ((await store.status(taskId)) !== "failed") {
      await store.releaseNode("worker-1");
      await store.claimed();
    }
    assert.equal(await store.status(child), "cancelled");
  });

  promise("a parent and its child that are overdue together end both", async (store) => {
    const parent = await store.created({ deadlineMs: 1_000 });
    const child = await store.created({ parentId: parent, deadlineMs: 1_000 });
    const next = await store.created();
    await store.pass(1_500);
    assert.deepEqual(
      (await store.claimed()).map(({ taskId }) => taskId),
      [next],
    );
    await store.sweepAll();
    const statuses = [await store.status(parent), await store.status(child)];
    assert.ok(statuses.every((status) => status === "timed_out" || status === "cancelled"));
  });

  promise("a task that is to be cancelled gets no further child", async (store) => {
    const { taskId } = await store.running();
    await store.cancel(taskId);
    const answer = await store.submit(someTask({ parentId: taskId }));
    assert.deepEqual(answer, { kind: "refused", reason: "parent_ended" });
  });

  promise("what a child has made is kept, with its key, while its parent lives", async (store) => {
    await store.setQueue({ queue: "default", completedTtlMs: 3_600_000 });
    const parent = await store.running();
    const step = { parentId: parent.taskId, idempotencyKey: "step", idempotencyScope: "steps" };
    const child = await store.running(step);
    await store.complete(child);
    const asked = await store.confirmRequest(parked(parent));
    assert.equal(asked.kind, "asked");
    for (let hours = 0; hours < 51; hours += 5) await store.passAndSweep(5 * 3_600_000);
    const again = await store.submit(someTask(step));
    assert.deepEqual([again.kind, await store.status(child.taskId)], ["replayed", "completed"]);
    await store.cancel(parent.taskId);
    for (let hours = 0; hours < 6; hours += 3) await store.passAndSweep(3 * 3_600_000);
    assert.equal((await store.result(child.taskId)).kind, "gone");
  });
}
