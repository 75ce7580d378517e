// Group W: tasks of steps. Their times are of all steps together: none begins anew with what is under way.
import assert from "node:assert/strict";
import { stepsType } from "#protocols/tasks/steps.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { noJitter, refOf } from "./task-samples.ts";

/** A task of steps that is claimed, and its first step, which waits. */
async function wholeAndStep(store: ContractStore, terms: Partial<TaskSubmission>) {
  const whole = await store.running({ type: stepsType, ...terms });
  const step = await store.created({ parentId: whole.taskId });
  return { whole, step };
}

/** Its lease stays, whatever else is over. */
const renew = (store: ContractStore, lease: Parameters<typeof refOf>[0]) =>
  store.heartbeat({ node: "worker-1", leases: [refOf(lease)], leaseMs: 60_000 });

const question = {
  ...{ step: 1, userId: "ada", stepResult: {}, expiresMs: 3_600_000, checkpoint: null },
  onTimeout: "proceed",
} as const;

export function stepsPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "tasks of steps");

  promise("its time is over for good, and its steps with it", async (store) => {
    const terms = { timeoutMs: 10_000, maxRetries: 3, retry: noJitter };
    const { whole } = await wholeAndStep(store, terms);
    const running = await store.leased();
    const waiting = await store.created({ parentId: whole.taskId });
    await store.passAndSweep(9_000);
    assert.equal(await store.status(whole.taskId), "running");
    assert.deepEqual(await store.passAndSweep(1_100), [whole.taskId]);
    const { status, retryCount, errorCode } = await store.seen(whole.taskId);
    assert.deepEqual([status, retryCount, errorCode], ["timed_out", 0, "timeout"]);
    assert.equal(await store.status(waiting), "cancelled");
    assert.notEqual((await store.seen(running.taskId)).cancelRequestedAt, null);
    assert.deepEqual(await store.complete(whole), { kind: "lost" });
  });

  promise("one that was to be cancelled is cancelled when its time is over", async (store) => {
    const { whole } = await wholeAndStep(store, { timeoutMs: 10_000 });
    await store.cancel(whole.taskId);
    await store.passAndSweep(10_100);
    assert.equal(await store.status(whole.taskId), "cancelled");
  });

  promise("a failure that is no lack of time is tried again", async (store) => {
    const { whole, step } = await wholeAndStep(store, { timeoutMs: 10_000, retry: noJitter });
    await store.fail(whole);
    assert.equal(await store.status(whole.taskId), "scheduled");
    assert.equal(await store.status(step), "pending");
  });

  promise("no step of it was taken in time: it is timed out", async (store) => {
    const { whole, step } = await wholeAndStep(store, { queueDeadlineMs: 20_000, maxRetries: 3 });
    await store.passAndSweep(10_000);
    await renew(store, whole);
    await store.passAndSweep(9_500);
    assert.equal(await store.status(whole.taskId), "running");
    assert.deepEqual(await store.passAndSweep(600), [whole.taskId]);
    const { error } = await store.seen(whole.taskId);
    assert.match(String(error), /no step of it was begun/);
    assert.deepEqual(
      [await store.status(whole.taskId), await store.status(step)],
      ["timed_out", "cancelled"],
    );
  });

  promise("a sweep knows when a step must have been taken", async (store) => {
    await wholeAndStep(store, { queueDeadlineMs: 3_000 });
    const { nextAt } = await store.sweep();
    const inMs = (nextAt ?? Infinity) - (await store.nowMs());
    assert.ok(inMs > 2_000 && inMs <= 3_000, `${inMs} ms`);
  });

  promise(
    "the first of its steps that is taken is enough; its attempt has its time",
    async (store) => {
      const terms = { queueDeadlineMs: 5_000, timeoutMs: 20_000 };
      const { whole } = await wholeAndStep(store, terms);
      const other = await store.created({ parentId: whole.taskId, model: "m0" });
      await store.pass(4_000);
      await store.leased();
      await renew(store, whole);
      await store.passAndSweep(15_000);
      assert.equal(await store.status(whole.taskId), "running");
      assert.equal(await store.status(other), "pending");
      assert.deepEqual(await store.passAndSweep(1_100), [whole.taskId]);
      const { error } = await store.seen(whole.taskId);
      assert.match(String(error), /attempt 1 took longer than 20000 ms/);
    },
  );

  promise(
    "a task of another type is begun with its claim, whatever its children",
    async (store) => {
      const plain = await store.running({ queueDeadlineMs: 2_000 });
      await store.created({ parentId: plain.taskId });
      await store.passAndSweep(3_000);
      assert.equal(await store.status(plain.taskId), "running");
    },
  );

  lastingPromises(fixture);
}

function lastingPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "tasks of steps");

  promise("who takes it over has no more time until a step is taken", async (store) => {
    const { whole } = await wholeAndStep(store, { queueDeadlineMs: 5_000 });
    await store.pass(2_000);
    await store.release(whole);
    await store.reopen();
    const again = await store.leased({ max: 1 });
    assert.equal(again.taskId, whole.taskId);
    assert.deepEqual(await store.passAndSweep(3_100), [whole.taskId]);
    assert.equal(await store.status(whole.taskId), "timed_out");
  });

  promise("nobody takes it over, and it is timed out where it waits", async (store) => {
    const { whole, step } = await wholeAndStep(store, { queueDeadlineMs: 5_000 });
    await store.release(whole);
    await store.passAndSweep(5_100);
    assert.deepEqual(
      [await store.status(whole.taskId), await store.status(step)],
      ["timed_out", "cancelled"],
    );
  });

  promise("a step that is taken while nobody has the whole is its beginning", async (store) => {
    const { whole, step } = await wholeAndStep(store, { queueDeadlineMs: 5_000, model: "m0" });
    await store.release(whole);
    const lease = await store.leased();
    assert.equal(lease.taskId, step);
    await store.passAndSweep(6_000);
    assert.equal(await store.status(whole.taskId), "pending");
  });

  for (const mode of ["hold", "park"] as const) {
    promise(`a person who is asked is its beginning: ${mode}`, async (store) => {
      const terms = { type: stepsType, queueDeadlineMs: 5_000, timeoutMs: 60_000 };
      const whole = await store.running(terms);
      await store.confirmRequest({ ...question, lease: refOf(whole), mode });
      await store.passAndSweep(6_000);
      const status = mode === "park" ? "waiting_confirmation" : "running";
      assert.equal(await store.status(whole.taskId), status);
    });
  }

  promise("the time in which a person answers is none of its own", async (store) => {
    const whole = await store.running({ type: stepsType, timeoutMs: 10_000 });
    const asked = await store.confirmRequest({ ...question, lease: refOf(whole), mode: "park" });
    assert.ok(asked.kind === "asked");
    await store.passAndSweep(60_000);
    const answer = { userId: "ada", decision: "proceed", feedback: null } as const;
    await store.confirmAnswer({ ...answer, callbackId: asked.callbackId });
    const again = await store.leased();
    await store.passAndSweep(9_000);
    assert.equal(await store.status(again.taskId), "running");
    await store.passAndSweep(1_100);
    assert.equal(await store.status(again.taskId), "timed_out");
  });
}
