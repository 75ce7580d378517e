// Group F: cancelling in each state, by whom it takes effect, and what happens at the same time.
import assert from "node:assert/strict";
import type { ConfirmationRequest } from "#protocols/tasks/confirmation.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import type { TaskStatus } from "#protocols/tasks/task-states.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { refOf } from "./task-samples.ts";

const parked = (lease: TaskLease): ConfirmationRequest => ({
  ...{ lease: refOf(lease), step: 1, userId: "ada", stepResult: {}, expiresMs: 60_000 },
  ...{ onTimeout: "proceed", mode: "park", checkpoint: null },
});

/** Brings a task into each of the states. */
const brought: Readonly<Record<TaskStatus, (store: ContractStore) => Promise<string>>> = {
  scheduled: async (store) => store.created({ runAt: (await store.nowMs()) + 60_000 }),
  pending: (store) => store.created(),
  running: async (store) => (await store.running()).taskId,
  waiting_confirmation: async (store) => {
    const lease = await store.running();
    await store.confirmRequest(parked(lease));
    return lease.taskId;
  },
  completed: async (store) => {
    const lease = await store.running();
    await store.complete(lease);
    return lease.taskId;
  },
  failed: async (store) => {
    const lease = await store.running();
    await store.fail(lease, { class: "validation" });
    return lease.taskId;
  },
  cancelled: async (store) => {
    const taskId = await store.created();
    await store.cancel(taskId);
    return taskId;
  },
  timed_out: async (store) => {
    const taskId = await store.created({ deadlineMs: 1_000 });
    await store.passAndSweep(1_100);
    return taskId;
  },
  evicted: async (store) => {
    await store.setQueue({ queue: "default", pendingMax: 1, whenFull: "evict_lowest" });
    const taskId = await store.created({ priority: 9 });
    await store.created({ priority: 0 });
    return taskId;
  },
};

const answers: Readonly<Record<TaskStatus, "cancelled" | "requested" | "ended">> = {
  scheduled: "cancelled",
  pending: "cancelled",
  running: "requested",
  waiting_confirmation: "cancelled",
  completed: "ended",
  failed: "ended",
  cancelled: "ended",
  timed_out: "ended",
  evicted: "ended",
};

export function cancelPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "cancel");

  for (const [status, answer] of Object.entries(answers)) {
    const bring = Object.entries(brought).find(([name]) => name === status)?.[1];
    promise(`cancelling a ${status} task is answered ${answer}`, async (store) => {
      assert.ok(bring);
      const taskId = await bring(store);
      assert.equal(await store.status(taskId), status);
      const result = await store.cancel(taskId, "enough");
      assert.deepEqual(result, answer === "ended" ? { kind: "ended", status } : { kind: answer });
      const after = await store.seen(taskId);
      assert.equal(after.status, answer === "cancelled" ? "cancelled" : status);
      await store.passAndSweep(120_000);
      const claimed = await store.claimed();
      assert.ok(!claimed.some((lease) => lease.taskId === taskId), "it never starts again");
    });
  }

  promise("cancelling what nobody knows is answered so", async (store) => {
    assert.deepEqual(await store.cancel("unknown"), { kind: "not_found" });
  });

  promise("a second request to a running task changes nothing", async (store) => {
    const { taskId } = await store.running();
    assert.deepEqual(await store.cancel(taskId, "first"), { kind: "requested" });
    const before = await store.seen(taskId);
    assert.deepEqual(await store.cancel(taskId, "second"), { kind: "requested" });
    assert.deepEqual(await store.seen(taskId), before);
    assert.ok(before.cancelRequestedAt !== null);
  });

  promise("a cancelled task tells its reason", async (store) => {
    const taskId = await store.created();
    await store.cancel(taskId, "the window was closed");
    const outcome = await store.outcome(taskId);
    assert.ok(outcome !== null && outcome.status === "cancelled");
    assert.match(outcome.detail, /the window was closed/);
  });

  promise("a cancelled task leaves room in its queue", async (store) => {
    await store.setQueue({ queue: "default", pendingMax: 1 });
    await store.cancel(await store.created());
    await store.created();
  });

  promise("a cancellation holds after the store was opened again", async (store) => {
    const waiting = await store.created({ model: "mat" });
    const lease = await store.running();
    await store.cancel(waiting);
    await store.cancel(lease.taskId, "enough");
    await store.reopen();
    assert.deepEqual(await store.claimed({ models: ["mat"] }), []);
    const beat = await store.heartbeat({
      node: "worker-1",
      leases: [refOf(lease)],
      leaseMs: 15_000,
    });
    assert.deepEqual(beat.cancel, [{ lease: refOf(lease), reason: "enough" }]);
  });

  endPromises(fixture);
  familyPromises(fixture);
  racePromises(fixture);
}

/** How a running task ends after it was to be cancelled, by what its worker or the time does. */
const ends: readonly {
  readonly name: string;
  readonly act: (store: ContractStore, lease: TaskLease) => Promise<unknown>;
  readonly status: TaskStatus;
}[] = [
  {
    name: "its worker completes it first",
    act: (store, lease) => store.complete(lease),
    status: "completed",
  },
  {
    name: "its worker gives up",
    act: (store, lease) => store.fail(lease, { class: "cancelled" }),
    status: "cancelled",
  },
  {
    name: "it fails, which could be tried again",
    act: (store, lease) => store.fail(lease),
    status: "cancelled",
  },
  {
    name: "it fails for good",
    act: (store, lease) => store.fail(lease, { class: "validation" }),
    status: "cancelled",
  },
  {
    name: "its worker gives it back",
    act: (store, lease) => store.release(lease),
    status: "cancelled",
  },
  { name: "its lease ends", act: (store) => store.passAndSweep(15_100), status: "cancelled" },
  {
    name: "its node is released",
    act: (store) => store.releaseNode("worker-1"),
    status: "cancelled",
  },
];

function endPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "cancel");
  for (const { name, act, status } of ends) {
    promise(`a task to be cancelled is ${status} when ${name}`, async (store) => {
      const lease = await store.running();
      await store.cancel(lease.taskId);
      await act(store, lease);
      assert.equal(await store.status(lease.taskId), status);
      await store.passAndSweep(600_000);
      assert.deepEqual(await store.claimed(), []);
      const outcome = await store.outcome(lease.taskId);
      assert.equal(outcome?.status, status);
    });
  }

  promise("a task to be cancelled is cancelled when it parks for an answer", async (store) => {
    const lease = await store.running();
    await store.cancel(lease.taskId);
    const asked = await store.confirmRequest(parked(lease));
    assert.equal(await store.status(lease.taskId), "cancelled");
    assert.ok(asked.kind === "asked");
    const { callbackId } = asked;
    const answer = { callbackId, userId: "ada", decision: "proceed", feedback: null } as const;
    assert.deepEqual(await store.confirmAnswer(answer), { kind: "decided", decision: "ended" });
    assert.deepEqual(await store.claimed(), []);
  });

  promise("a task to be cancelled is cancelled when its attempt takes too long", async (store) => {
    const lease = await store.running({ timeoutMs: 5_000 });
    await store.cancel(lease.taskId);
    assert.deepEqual(await store.passAndSweep(5_100), [lease.taskId]);
    assert.equal(await store.status(lease.taskId), "cancelled");
  });

  promise("a task to be cancelled is cancelled when nobody answers its holder", async (store) => {
    const lease = await store.running();
    const held = { mode: "hold", onTimeout: "fail", expiresMs: 5_000 } as const;
    await store.confirmRequest({ ...parked(lease), ...held });
    await store.cancel(lease.taskId);
    assert.deepEqual(await store.passAndSweep(5_100), [lease.taskId]);
    assert.equal(await store.status(lease.taskId), "cancelled");
  });

  promise("a release of its node names the task that is cancelled thereby", async (store) => {
    const lease = await store.running();
    await store.cancel(lease.taskId);
    const report = await store.releaseNode("worker-1");
    assert.deepEqual(report, { released: 0, ended: [lease.taskId], faults: [] });
  });
}

function familyPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "cancel");

  promise("a parent's cancellation reaches all its descendants, and no others", async (store) => {
    const parentId = await store.created();
    const child = await store.created({ parentId });
    const grandchild = await store.created({ parentId: child });
    const running = await store.created({ parentId, model: "m1" });
    await store.leased({ models: ["m1"] });
    const done = await store.created({ parentId, model: "m2" });
    await store.complete(await store.leased({ models: ["m2"] }));
    const stranger = await store.created();
    assert.deepEqual(await store.cancel(parentId), { kind: "cancelled" });
    const family = [parentId, child, grandchild, running, done, stranger];
    assert.deepEqual(await Promise.all(family.map((taskId) => store.status(taskId))), [
      "cancelled",
      "cancelled",
      "cancelled",
      "running",
      "completed",
      "pending",
    ]);
    assert.ok((await store.seen(running)).cancelRequestedAt !== null);
  });

  promise("a running parent's waiting children are cancelled at once", async (store) => {
    const parent = await store.running();
    const child = await store.created({ parentId: parent.taskId });
    assert.deepEqual(await store.cancel(parent.taskId), { kind: "requested" });
    assert.equal(await store.status(child), "cancelled");
  });

  promise("a child's cancellation leaves its parent alone", async (store) => {
    const parentId = await store.created();
    await store.cancel(await store.created({ parentId }));
    assert.equal(await store.status(parentId), "pending");
  });
}

function racePromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "cancel");

  promise("of claim and cancellation at once one comes first, and both agree", async (store) => {
    for (let round = 0; round < 10; round += 1) {
      const taskId = await store.created();
      const asks = [() => store.cancel(taskId), () => store.claimed()] as const;
      const first = round % 2;
      const both = await Promise.all([asks[first]?.(), asks[1 - first]?.()]);
      const result = both.find((answer) => answer !== undefined && "kind" in answer);
      const leases = both.find((answer) => Array.isArray(answer));
      const isStarted = Array.isArray(leases) && leases.length > 0;
      assert.deepEqual(result, { kind: isStarted ? "requested" : "cancelled" });
    }
  });

  promise("of completion and cancellation at once both agree who was first", async (store) => {
    for (let round = 0; round < 10; round += 1) {
      const lease = await store.running();
      const [cancelled, completed] = await Promise.all(
        round % 2 === 0
          ? [store.cancel(lease.taskId), store.complete(lease)]
          : [store.complete(lease), store.cancel(lease.taskId)].toReversed(),
      );
      assert.equal(completed?.kind, "committed", "a request does not take a lease away");
      assert.ok(cancelled?.kind === "requested" || cancelled?.kind === "ended");
    }
  });
}
