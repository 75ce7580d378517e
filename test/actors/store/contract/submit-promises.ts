// Group A: what a submission is answered, what is stored of it, and what its idempotency key is worth.
import assert from "node:assert/strict";
import { ackLevels, type TaskSubmission } from "#protocols/tasks/task.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { fileOf, noJitter, someTask } from "./task-samples.ts";

const hourMs = 3_600_000;

export function submitPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "submit");

  promise("a submission is answered with the task that then waits", async (store) => {
    const taskId = await store.created({
      name: "a cat",
      priority: 1,
      userId: "ada",
      maxRetries: 5,
    });
    const view = await store.seen(taskId);
    const expected = {
      type: "inpaint",
      model: "lama",
      queue: "default",
      name: "a cat",
      priority: 1,
    };
    assert.deepEqual({ ...view, ...expected }, view);
    assert.deepEqual(
      [view.status, view.userId, view.maxRetries, view.attempt, view.retryCount, view.version],
      ["pending", "ada", 5, 0, 0, 1],
    );
    assert.deepEqual([view.startedAt, view.finishedAt, view.assignedNode], [null, null, null]);
  });

  promise("what is left out has its default: queue, priority 2, 3 retries", async (store) => {
    const view = await store.seen(await store.created());
    assert.deepEqual([view.queue, view.priority, view.maxRetries], ["default", 2, 3]);
    assert.deepEqual([view.userId, view.parentId, view.deadlineAt], [null, null, null]);
  });

  promise("an answer names the strongest level that the store has", async (store) => {
    const result = await store.submit(someTask());
    assert.equal(result.kind === "created" && result.ack, store.info.ackLevels.at(-1));
  });

  promise("each level that the store has is given when asked for, or a stronger", async (store) => {
    for (const ack of store.info.ackLevels) {
      const result = await store.submit(someTask({ ack }));
      assert.equal(result.kind, "created");
      assert.ok(ackLevels.indexOf(result.ack) >= ackLevels.indexOf(ack), `${result.ack} < ${ack}`);
    }
  });

  promise("a stronger level than the store has is refused, and nothing stored", async (store) => {
    const strongest = ackLevels.indexOf(store.info.ackLevels.at(-1) ?? "accepted");
    for (const ack of ackLevels.slice(strongest + 1)) {
      const result = await store.submit(someTask({ ack, idempotencyKey: `with-${ack}` }));
      assert.deepEqual(result, { kind: "refused", reason: "ack_level" });
    }
    assert.deepEqual((await store.list({ limit: 10 })).tasks, []);
    assert.deepEqual(await store.eventTypes("queue:default"), []);
  });

  promise("a task for later is scheduled, one for now or earlier waits", async (store) => {
    const nowMs = await store.nowMs();
    assert.equal(await store.status(await store.created({ runAt: nowMs + hourMs })), "scheduled");
    assert.equal(await store.status(await store.created({ runAt: nowMs })), "pending");
    assert.equal(await store.status(await store.created({ runAt: 0 })), "pending");
  });

  promise("the default queue is there, another is made with the first task", async (store) => {
    assert.deepEqual(
      (await store.queues()).map(({ queue }) => queue),
      ["default"],
    );
    await store.created({ queue: "nightly" });
    const queues = await store.queues();
    assert.deepEqual(queues.map(({ queue }) => queue).sort(), ["default", "nightly"]);
    const [first, second] = queues;
    assert.deepEqual(first?.retry, second?.retry);
    assert.equal(first?.pendingMax, second?.pendingMax);
  });

  promise("a paused queue still takes tasks", async (store) => {
    await store.setQueue({ queue: "default", isPaused: true });
    assert.equal(await store.status(await store.created()), "pending");
  });

  promise("inputs reach the worker byte for byte", async (store) => {
    const inputs = [fileOf("none", 0), fileOf("one", 1), fileOf("picture", 300 * 1024)];
    const lease = await store.running({ inputs, parameters: { seed: 7, tiled: true, mask: null } });
    assert.deepEqual(lease.parameters, { seed: 7, tiled: true, mask: null });
    assert.deepEqual(
      lease.inputs.map(({ name }) => name),
      ["none", "one", "picture"],
    );
    for (const [index, input] of inputs.entries()) {
      assert.equal(lease.inputs[index]?.contentType, input.contentType);
      assert.deepEqual(Buffer.from(lease.inputs[index]?.bytes ?? []), Buffer.from(input.bytes));
    }
  });

  promise("a submission that does not fit its schema changes nothing", async (store) => {
    const bad: readonly Partial<TaskSubmission>[] = [
      { priority: 10 },
      { model: "" },
      { maxRetries: -1 },
      { queue: "q".repeat(65) },
      { timeoutMs: 0 },
      { inputs: Array.from({ length: 9 }, (_, index) => fileOf(`f${index}`, 1)) },
    ];
    for (const differences of bad) {
      await assert.rejects(store.submit(someTask(differences)), { code: "invalid" });
    }
    assert.deepEqual((await store.list({ limit: 10 })).tasks, []);
  });

  promise("a task with an ended parent is refused, with a living one taken", async (store) => {
    const parentId = await store.created();
    await store.created({ parentId });
    await store.cancel(parentId);
    const result = await store.submit(someTask({ parentId }));
    assert.deepEqual(result, { kind: "refused", reason: "parent_ended" });
  });

  keyPromises(fixture);
}

const keyed: Partial<TaskSubmission> = { idempotencyKey: "order-1" };

async function replays(store: ContractStore, taskId: string): Promise<void> {
  const again = await store.submit(someTask(keyed));
  assert.deepEqual([again.kind, "taskId" in again && again.taskId], ["replayed", taskId]);
}

function keyPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "submit");

  promise("the same key with the same content is answered with the first task", async (store) => {
    const taskId = await store.created(keyed);
    await replays(store, taskId);
    assert.equal((await store.list({ limit: 10 })).tasks.length, 1);
    assert.deepEqual(await store.eventTypes(`task:${taskId}`), ["submitted"]);
  });

  promise("a replay is answered whatever became of the task", async (store) => {
    const taskId = await store.created(keyed);
    const first = await store.leased();
    await replays(store, taskId);
    await store.fail(first, { retryAfterMs: 60_000 });
    await replays(store, taskId);
    await store.passAndSweep(400_000);
    await store.complete(await store.leased());
    await replays(store, taskId);
  });

  promise("the same key with other content is a conflict, and stores nothing", async (store) => {
    const content = someTask({ ...keyed, parameters: { a: 1 }, inputs: [fileOf("image", 9)] });
    const taskId = await store.created(content);
    const others: readonly Partial<TaskSubmission>[] = [
      { parameters: { a: 2 } },
      { parameters: { a: 1, b: 1 } },
      { parameters: { a: "1" } },
      { type: "outpaint" },
      { model: "mat" },
      { queue: "other" },
      { priority: 3 },
      { inputs: [fileOf("image", 10)] },
      { inputs: [fileOf("mask", 9)] },
      { inputs: [] },
      { requiredSkills: ["gpu"] },
    ];
    for (const other of others) {
      const result = await store.submit({ ...content, ...other });
      assert.deepEqual(result, { kind: "conflict", taskId }, JSON.stringify(other));
    }
    assert.equal((await store.list({ limit: 20 })).tasks.length, 1);
  });

  promise("neither the order of names nor the time asked for is content", async (store) => {
    const taskId = await store.created({ ...keyed, parameters: { a: 1, b: 2 } });
    const runAt = (await store.nowMs()) + hourMs;
    const again = await store.submit(someTask({ ...keyed, parameters: { b: 2, a: 1 }, runAt }));
    assert.deepEqual([again.kind, "taskId" in again && again.taskId], ["replayed", taskId]);
  });

  promise("a key belongs to its user's scope, or to the one that is named", async (store) => {
    const nobody = await store.created(keyed);
    const ada = await store.created({ ...keyed, userId: "ada" });
    const bob = await store.created({ ...keyed, userId: "bob" });
    const called = await store.created({ ...keyed, userId: "default" });
    const tried = await store.created({ ...keyed, userId: "retry" });
    assert.equal(new Set([nobody, ada, bob, called, tried]).size, 5);
    const joined = { ...keyed, idempotencyScope: "shop" };
    const shop = await store.created({ ...joined, userId: "ada" });
    const again = await store.submit(someTask({ ...joined, userId: "bob" }));
    assert.deepEqual([again.kind, "taskId" in again && again.taskId], ["replayed", shop]);
    const asDefault = await store.submit(someTask({ ...keyed, idempotencyScope: "default" }));
    assert.equal("taskId" in asDefault && asDefault.taskId, nobody);
  });

  promise("a key is worth something for a day, then it is free again", async (store) => {
    await store.setQueue({ queue: "default", completedTtlMs: hourMs });
    const first = await store.created(keyed);
    await store.complete(await store.leased());
    await store.passAndSweep(24 * hourMs - 60_000);
    await replays(store, first);
    await store.passAndSweep(61_000);
    assert.notEqual(await store.created(keyed), first);
  });

  promise("a key lives as long as its task, however long that is", async (store) => {
    const taskId = await store.created(keyed);
    await store.passAndSweep(30 * 24 * hourMs);
    await replays(store, taskId);
    await store.fail(await store.leased(), { class: "validation" });
    await store.passAndSweep(6 * 24 * hourMs);
    await replays(store, taskId);
  });

  promise("a queue that wants keys refuses tasks without, and says so", async (store) => {
    await store.setQueue({ queue: "default", isKeyRequired: true });
    const refused = store.submit(someTask());
    await assert.rejects(refused, (error: Error) => /idempotency/i.test(error.message));
    await assert.rejects(store.submit(someTask()), { code: "invalid" });
    assert.deepEqual((await store.list({ limit: 10 })).tasks, []);
    await store.created(keyed);
  });

  promise("of equal submissions at the same time one makes the task", async (store) => {
    const results = await Promise.all(
      Array.from({ length: 12 }, () => store.submit(someTask(keyed))),
    );
    const kinds = results.map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === "created").length, 1);
    assert.equal(kinds.filter((kind) => kind === "replayed").length, 11);
    assert.equal(new Set(results.map((result) => "taskId" in result && result.taskId)).size, 1);
  });

  promise("a refused item of many at once does not touch the others", async (store) => {
    const calls = Array.from({ length: 10 }, (_, index) =>
      store.submit(someTask({ priority: index === 4 ? 11 : 2 })).then(({ kind }) => kind),
    );
    const settled = await Promise.allSettled(calls);
    const answers = settled.map((one) => (one.status === "fulfilled" ? one.value : "refused"));
    assert.deepEqual(
      answers,
      answers.map((_, index) => (index === 4 ? "refused" : "created")),
    );
  });

  promise("tasks and keys are there after the store was opened again", async (store) => {
    const taskId = await store.created(keyed);
    await store.setQueue({ queue: "nightly", retry: noJitter, pendingMax: 7 });
    const before = await store.seen(taskId);
    await store.reopen();
    assert.deepEqual(await store.seen(taskId), before);
    await replays(store, taskId);
    const nightly = (await store.queues()).find(({ queue }) => queue === "nightly");
    assert.deepEqual([nightly?.pendingMax, nightly?.retry], [7, noJitter]);
  });
}
