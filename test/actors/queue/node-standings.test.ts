// Which nodes get tasks: a word that came on its own is not undone by a late answer to a report.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type NodeBook, NodeStandings } from "#actors/queue/node-standings.ts";
import { WorkerPool } from "#actors/queue/worker-pool.ts";
import { stepsModel, stepsNode } from "#protocols/tasks/steps.ts";
import { Worker } from "#protocols/tasks/worker.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { queueOn, storeOn, submission } from "./queue-fixture.ts";

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
