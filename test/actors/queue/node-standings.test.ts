// Which nodes get tasks: a word that came on its own is not undone by a late answer to a report.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { type NodeBook, NodeStandings } from "#actors/queue/node-standings.ts";
import { WorkerPool } from "#actors/queue/worker-pool.ts";
import type { Handlers } from "#protocols/protocol.ts";
import { stepsModel, stepsNode } from "#protocols/tasks/steps.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import { Worker } from "#protocols/tasks/worker.ts";
import { Actor } from "#runtime/core/actor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { leaseOf, queueOn, result, storeOn, submission } from "./queue-fixture.ts";

const troubled = (): never => {
  throw new Error("the store took it");
};

test("a hold that comes while the store counts a node's work stands, and its next answer counts", async (context) => {
  const { store } = await storeOn(context);
  const machine = { hostname: "h", platform: "linux", arch: "x64" };
  await store.registerNode({ node: "one", incarnation: 1, ...machine });
  const answers: (() => void)[] = [];
  const book: NodeBook = {
    nodes: (query) => store.nodes(query),
    countNodeWork: async (work) => {
      const answer = await store.countNodeWork(work);
      await new Promise<void>((resolve) => answers.push(resolve));
      return answer;
    },
  };
  const standings = new NodeStandings();
  standings.completed("one", 5);
  standings.report(book, troubled);
  while (answers.length < 1) await store.ping();
  standings.hold({ node: "one", until: Number.MAX_SAFE_INTEGER, isWished: true });
  answers[0]?.();
  await store.ping();
  assert.equal(standings.isClosed("one"), true, "the answer is older than the hold");
  standings.report(book, troubled);
  while (answers.length < 2) await store.ping();
  answers[1]?.();
  while (standings.isClosed("one")) await store.ping();
});

test("a quarantined node gets tasks while nobody else has its model, and never by an operator's hold", () => {
  const { system } = createTestSystem();
  const pool = new WorkerPool();
  const offered = (node: string, model: string): void => {
    const worker = system.refTo(Worker, { node, path: "/worker" });
    pool.offer({ worker, node, incarnation: 1, models: [model], slots: 1, holds: [] }, 0);
  };
  offered(stepsNode, stepsModel);
  offered("one", "diffuse");
  offered("two", "resizer");
  const standings = new NodeStandings();
  const open = (now: number): readonly string[] =>
    standings
      .open(pool, now)
      .map(({ node }) => node)
      .sort();
  standings.hold({ node: "one", until: 1_000, isWished: false });
  assert.deepEqual(open(500), [stepsNode, "one", "two"]);
  offered("three", "diffuse");
  assert.deepEqual(open(500), [stepsNode, "three", "two"]);
  assert.deepEqual(open(1_500), [stepsNode, "one", "three", "two"]);
  standings.hold({ node: "three", until: 1_000, isWished: false });
  assert.deepEqual(open(500), [stepsNode, "one", "three", "two"]);
  standings.hold({ node: "three", until: Number.MAX_SAFE_INTEGER, isWished: true });
  assert.deepEqual(open(500), [stepsNode, "one", "two"]);
});

test("a node whose tasks run out of time one after the other is put in quarantine", async (context) => {
  const { queue, store, worker } = await queueOn(context);
  await store.registerNode({ node: "a", hostname: "h", platform: "linux", arch: "x64" });
  const slow = await worker("a", 5);
  const terms = { timeoutMs: 20, maxRetries: 0 };
  const ends = [1, 2, 3, 4, 5].map(async (n) => {
    const { taskId } = await queue.submit({ ...submission(`t${n}`), ...terms });
    await slow.next();
    return (await queue.outcome(taskId)).status;
  });
  assert.deepEqual(new Set(await Promise.all(ends)), new Set(["timed_out"]));
  for (;;) {
    const [node] = await store.nodes({ limit: 1 });
    if (node === undefined || node.quarantinedUntil === null) continue;
    assert.deepEqual([node.tasksFailed, node.failuresInRow], [5, 5]);
    return;
  }
});

/** Dies of what it is handed; ends in order when it is asked to give up. */
class FrailWorker extends Actor<Worker> implements Handlers<Worker> {
  static readonly protocol = Worker;
  static readonly restart = "temporary";
  run({ model }: TaskLease): void {
    if (model !== "light") throw new Error("out of memory");
  }
  cancel(): void {
    this.ctx.stop();
  }
  served(): never {
    throw new Error("nobody asks it");
  }
}

test("a node that dies of each task, without a word, is put in quarantine", async (context) => {
  const { queue, store, system } = await queueOn(context);
  await store.registerNode({ node: "a", hostname: "h", platform: "linux", arch: "x64" });
  const seen = async () => (await store.nodes({ limit: 1 }))[0];
  for (let death = 1; death <= 5; death += 1) {
    const worker = system.spawn(FrailWorker);
    const models = [`m${death}`];
    const terms = { node: "a", models, slots: 2, holds: [] };
    await queue.submit({ ...submission(`a${death}`), model: `m${death}` });
    await queue.submit({ ...submission(`b${death}`), model: `m${death}` });
    await queue.offer({ worker, incarnation: death, ...terms });
    while ((await seen())?.tasksFailed !== 2 * death) await setTimeout(20);
    assert.equal((await seen())?.failuresInRow, death, "of one death, however many tasks it ended");
  }
  assert.notEqual((await seen())?.quarantinedUntil ?? null, null);
});

test("a worker that ends in order is not blamed for what it leaves", async (context) => {
  const { queue, store, system, worker } = await queueOn(context);
  await store.registerNode({ node: "a", hostname: "h", platform: "linux", arch: "x64" });
  const leaves = system.spawn(FrailWorker);
  const { taskId } = await queue.submit({ ...submission("t"), model: "light" });
  const offer = { node: "a", incarnation: 1, models: ["light"], slots: 1, holds: [] };
  await queue.offer({ worker: leaves, ...offer });
  while ((await queue.view(taskId))?.status !== "running") await setTimeout(20);
  leaves.cancel({ taskId, reason: "the node stops" });
  while ((await queue.view(taskId))?.status === "running") await setTimeout(20);
  const successor = await worker("a", 1, ["light"]);
  const again = await successor.next();
  assert.equal(again.taskId, taskId);
  await queue.complete({ node: "a", lease: leaseOf(again), result: result("t") });
  for (;;) {
    const [node] = await store.nodes({ limit: 1 });
    if (node === undefined || node.tasksCompleted === 0) continue;
    assert.deepEqual([node.tasksTotal, node.tasksFailed], [1, 0]);
    return;
  }
});

test("a worker that comes again with what it holds is not blamed; without it, it is", async (context) => {
  const { queue, store, worker } = await queueOn(context);
  await store.registerNode({ node: "a", hostname: "h", platform: "linux", arch: "x64" });
  const first = await worker("a", 2);
  const { taskId } = await queue.submit(submission("t"));
  const lease = await first.next();
  const again = { worker: first, node: "a", incarnation: 1, models: ["diffuse"], slots: 2 };
  await queue.offer({ ...again, holds: [leaseOf(lease)] });
  assert.equal((await queue.view(taskId))?.status, "running");
  await queue.offer({ ...again, holds: [] });
  for (;;) {
    const [node] = await store.nodes({ limit: 1 });
    if (node === undefined || node.tasksFailed === 0) continue;
    assert.deepEqual([node.tasksFailed, node.failuresInRow], [1, 1]);
    return;
  }
});

test("what its user cancels is no failure of the node that ran it", async (context) => {
  const { queue, store, worker } = await queueOn(context);
  await store.registerNode({ node: "a", hostname: "h", platform: "linux", arch: "x64" });
  const only = await worker("a");
  const { taskId } = await queue.submit(submission("t"));
  const lease = leaseOf(await only.next());
  await queue.cancel({ taskId, reason: "not needed" });
  await only.asked();
  const failure = { code: "cancelled", detail: "not needed", class: "cancelled" } as const;
  await queue.fail({ node: "a", lease, failure });
  const { taskId: next } = await queue.submit(submission("u"));
  const second = leaseOf(await only.next());
  await queue.complete({ node: "a", lease: second, result: result("u") });
  assert.equal((await queue.outcome(next)).status, "completed");
  for (;;) {
    const [node] = await store.nodes({ limit: 1 });
    if (node === undefined || node.tasksCompleted === 0) continue;
    assert.deepEqual([node.tasksTotal, node.tasksFailed], [1, 0]);
    return;
  }
});

test("leases that a worker loses one after the other in one silence are one fault of its node", async () => {
  const told: object[] = [];
  const book: NodeBook = {
    nodes: async () => [],
    countNodeWork: async (work) => {
      told.push(work);
      return { kind: "not_found" };
    },
  };
  const standings = new NodeStandings();
  const lost = { node: "one", class: "node_lost", attempts: 1, isBlamed: true } as const;
  standings.lost(lost);
  standings.lost({ ...lost, attempts: 2 });
  standings.lost({ ...lost, node: "two", isBlamed: false });
  standings.lost({ ...lost, node: "two" });
  standings.heard("one");
  standings.lost(lost);
  standings.report(book, troubled);
  const counts = { completed: 0, runMs: 0 };
  assert.deepEqual(told, [
    { node: "one", ...counts, failed: 4, faults: 2 },
    { node: "two", ...counts, failed: 2, faults: 0 },
  ]);
});
