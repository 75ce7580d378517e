// Group E: which failures are tried again, when, how often; and what is given up.
import assert from "node:assert/strict";
import type { FailureClass } from "#protocols/tasks/store.ts";
import type { RetryPolicy, TaskLease, TaskSubmission } from "#protocols/tasks/task.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { noJitter } from "./task-samples.ts";

const atOnce: RetryPolicy = { baseMs: 0, factor: 1, capMs: 0, jitter: "none" };

/** What passed between the failure and the next attempt's time, by the store's clock. */
async function delayOf(
  store: ContractStore,
  lease: TaskLease,
  retryAfterMs?: number,
): Promise<number> {
  const nowMs = await store.nowMs();
  const result = await store.fail(lease, retryAfterMs === undefined ? {} : { retryAfterMs });
  assert.ok(result.kind === "retried", `the failure was answered ${JSON.stringify(result)}`);
  return result.runAt - nowMs;
}

const near = (ms: number, expectedMs: number): boolean => ms >= expectedMs && ms < expectedMs + 300;

async function nextLease(store: ContractStore, waitMs: number): Promise<TaskLease> {
  await store.passAndSweep(waitMs);
  return store.leased();
}

export function retryPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "retry");

  const classes: Readonly<Record<FailureClass, "retried" | "failed" | "cancelled">> = {
    network: "retried",
    resource: "retried",
    node_lost: "retried",
    timeout: "retried",
    model: "retried",
    validation: "failed",
    internal: "retried",
    cancelled: "cancelled",
  };
  promise("the class of a failure decides whether it is tried again", async (store) => {
    for (const [name, expected] of Object.entries(classes)) {
      const failureClass = Object.keys(classes).find((key): key is FailureClass => key === name);
      assert.ok(failureClass);
      const lease = await store.running();
      const result = await store.fail(lease, { class: failureClass, code: "c", detail: "d" });
      if (expected === "retried") assert.equal(result.kind, "retried", name);
      else assert.equal(result.kind, "ended", name);
      if (expected === "failed") assert.equal(await store.status(lease.taskId), "failed", name);
      await store.cancel(lease.taskId);
    }
  });

  promise("what failed for good tells its code and its detail", async (store) => {
    const lease = await store.running();
    const failure = { class: "validation", code: "bad_image", detail: "not a PNG" } as const;
    assert.deepEqual(await store.fail(lease, failure), { kind: "ended", status: "failed" });
    const view = await store.seen(lease.taskId);
    assert.deepEqual([view.errorCode, view.error], ["bad_image", "not a PNG"]);
    assert.ok(view.finishedAt !== null && view.finishedAt >= view.submittedAt);
    const outcome = await store.outcome(lease.taskId);
    const expected = { status: "failed", code: "bad_image", detail: "not a PNG", attempt: 1 };
    assert.deepEqual(outcome, { ...expected, taskId: lease.taskId });
  });

  const budgets = [
    { maxRetries: 0, attempts: 1 },
    { maxRetries: 1, attempts: 2 },
    { maxRetries: undefined, attempts: 4 },
    { maxRetries: 6, attempts: 7 },
  ];
  for (const { maxRetries, attempts } of budgets) {
    promise(`with maxRetries ${maxRetries} there are ${attempts} attempts`, async (store) => {
      const differences: Partial<TaskSubmission> = maxRetries === undefined ? {} : { maxRetries };
      let lease = await store.running({ ...differences, retry: atOnce });
      for (let attempt = 1; attempt < attempts; attempt += 1) {
        assert.equal((await store.fail(lease)).kind, "retried", `attempt ${attempt}`);
        lease = await nextLease(store, 10);
      }
      assert.deepEqual(await store.fail(lease), { kind: "ended", status: "failed" });
      assert.equal((await store.seen(lease.taskId)).attempt, attempts);
    });
  }

  promise("without jitter the delay grows by the factor, up to its cap", async (store) => {
    const retry = { baseMs: 1_000, factor: 3, capMs: 5_000, jitter: "none" } as const;
    let lease = await store.running({ retry, maxRetries: 4 });
    for (const expectedMs of [1_000, 3_000, 5_000, 5_000]) {
      const delayMs = await delayOf(store, lease);
      assert.ok(near(delayMs, expectedMs), `${delayMs} ms instead of ${expectedMs}`);
      lease = await nextLease(store, delayMs);
    }
  });

  const jitters = [
    { jitter: "full", leastMs: 0 },
    { jitter: "equal", leastMs: 30_000 },
  ] as const;
  for (const { jitter, leastMs } of jitters) {
    promise(`with ${jitter} jitter delays spread from ${leastMs} to 60,000 ms`, async (store) => {
      const retry: RetryPolicy = { baseMs: 60_000, factor: 1, capMs: 60_000, jitter };
      await store.createdMany(10, { retry });
      const delays: number[] = [];
      for (const lease of await store.claimed()) delays.push(await delayOf(store, lease));
      assert.ok(
        delays.every((ms) => ms >= leastMs && ms <= 60_300),
        `${delays}`,
      );
      assert.ok(new Set(delays).size > 5, `they are spread: ${delays}`);
    });
  }

  promise("a task's own policy replaces its queue's", async (store) => {
    await store.setQueue({ queue: "default", retry: { ...noJitter, baseMs: 7_000 } });
    const own = await store.running({ retry: { ...noJitter, baseMs: 2_000 } });
    assert.ok(near(await delayOf(store, own), 2_000));
    const queued = await store.running({ model: "mat" });
    assert.ok(near(await delayOf(store, queued), 7_000));
  });

  promise("a worker may ask for a longer wait, not for a shorter one", async (store) => {
    const longer = await store.running({ retry: noJitter, model: "m1" });
    assert.ok(near(await delayOf(store, longer, 90_000), 90_000));
    const shorter = await store.running({ retry: { ...noJitter, baseMs: 5_000 }, model: "m2" });
    assert.ok(near(await delayOf(store, shorter, 1), 5_000));
  });

  promise("a retry waits for its time and is shown with it", async (store) => {
    const lease = await store.running({ retry: { ...noJitter, baseMs: 10_000 } });
    const result = await store.fail(lease);
    const view = await store.seen(lease.taskId);
    assert.ok(result.kind === "retried");
    assert.deepEqual([view.status, view.runAt, view.retryCount], ["scheduled", result.runAt, 1]);
    await store.passAndSweep(9_000);
    assert.deepEqual(await store.claimed(), []);
    const report = await store.pass(1_000).then(() => store.sweep());
    assert.equal(report.due, 1);
    assert.equal((await store.leased()).attempt, 2);
  });

  promise("a model's error is tried once more, then it is final", async (store) => {
    const lease = await store.running({ retry: atOnce, maxRetries: 9 });
    assert.equal((await store.fail(lease, { class: "model" })).kind, "retried");
    const again = await nextLease(store, 10);
    const result = await store.fail(again, { class: "model", code: "model_failed" });
    assert.deepEqual(result, { kind: "ended", status: "failed" });
    assert.equal((await store.seen(lease.taskId)).errorCode, "model_failed");
  });

  promise("a model's error is final where no retry is allowed", async (store) => {
    const lease = await store.running({ maxRetries: 0 });
    const result = await store.fail(lease, { class: "model" });
    assert.deepEqual(result, { kind: "ended", status: "failed" });
  });

  poisonPromises(fixture);
  stormPromises(fixture);
}

function poisonPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "retry");

  promise("a task that loses a fourth lease is poison", async (store) => {
    const taskId = await store.created({ maxRetries: 0, retry: noJitter });
    for (let count = 1; count <= 3; count += 1) {
      await store.leased();
      assert.deepEqual(await store.passAndSweep(15_100), [], `${count} were lost`);
      await store.passAndSweep(2_000);
    }
    await store.leased();
    assert.deepEqual(await store.passAndSweep(15_100), [taskId]);
    const view = await store.seen(taskId);
    assert.deepEqual([view.status, view.errorCode, view.lostLeases], ["failed", "POISON", 4]);
  });

  promise("after a second lost lease a task waits its first delay", async (store) => {
    const { taskId } = await store.running({ retry: { ...noJitter, baseMs: 3_000 } });
    await store.releaseNode("worker-1");
    assert.equal(await store.status(taskId), "pending");
    await store.leased();
    await store.releaseNode("worker-1");
    assert.equal(await store.status(taskId), "scheduled");
    await store.passAndSweep(2_000);
    assert.equal(await store.status(taskId), "scheduled");
    await store.passAndSweep(1_100);
    assert.equal(await store.status(taskId), "pending");
  });

  promise("where leases are short, it waits a quarter of one at most", async (store) => {
    await store.setQueue({ queue: "default", leaseMs: 4_000 });
    const { taskId } = await store.running({ retry: { ...noJitter, baseMs: 60_000 } });
    await store.releaseNode("worker-1");
    await store.leased();
    await store.releaseNode("worker-1");
    assert.equal(await store.status(taskId), "scheduled");
    await store.passAndSweep(1_100);
    assert.equal(await store.status(taskId), "pending");
  });

  promise("lost leases leave all retries unused", async (store) => {
    await store.created({ maxRetries: 1, retry: atOnce });
    for (let count = 0; count < 3; count += 1) {
      await store.leased();
      await store.releaseNode("worker-1");
      await store.passAndSweep(10);
    }
    assert.equal((await store.fail(await store.leased())).kind, "retried");
    const last = await nextLease(store, 10);
    assert.deepEqual(await store.fail(last), { kind: "ended", status: "failed" });
  });
}

function stormPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "retry");
  const retry: RetryPolicy = { baseMs: 1_000, factor: 1, capMs: 240_000, jitter: "none" };

  promise("of a storm of retries only a fifth of the claims and ten come soon", async (store) => {
    await store.createdMany(20, { retry });
    const delays: number[] = [];
    for (const lease of await store.claimed()) delays.push(await delayOf(store, lease));
    const soon = delays.filter((ms) => ms < 60_000).length;
    assert.ok(soon >= 13 && soon <= 15, `${soon} of 20 came soon: ${delays}`);
    const late = delays.filter((ms) => ms > 299_000 && ms < 601_000).length;
    assert.equal(soon + late, 20, `${delays}`);
    assert.equal((await store.counts()).scheduled, 20);
  });

  promise("a storm in one queue is none in another, and it passes", async (store) => {
    await store.createdMany(20, { retry });
    for (const lease of await store.claimed()) await store.fail(lease);
    const other = await store.running({ queue: "other", retry });
    assert.ok((await delayOf(store, other)) < 2_000);
    await store.passAndSweep(30_000);
    const later = await store.leased();
    assert.ok((await delayOf(store, later)) < 2_000);
    await store.passAndSweep(600_000);
    assert.equal((await store.claimed()).length, 20);
  });
}
