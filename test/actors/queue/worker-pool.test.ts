import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkerPool } from "#actors/queue/worker-pool.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Worker } from "#protocols/tasks/worker.ts";

const refuse = () => assert.fail("the pool sent a message");
const worker: Ref<Worker> = {
  run: refuse,
  cancel: refuse,
  $: {
    address: { node: { name: "w", incarnation: 1 }, path: "/w", uid: 1 },
    protocolId: "tasks.Worker@2",
    with: refuse,
    room: refuse,
  },
};
const lease = (taskId: string) => ({ taskId, fence: 1, epoch: "e" });

test("a worker that got all it asked for asks again, also when another of its tasks ended meanwhile", () => {
  const pool = new WorkerPool();
  const held = lease("t1");
  pool.offer({ worker, node: "w", incarnation: 1, models: [], slots: 2, holds: [held] }, 0);
  pool.noteArrival();
  const [idle] = pool.idle();
  assert.ok(idle);
  const seen = pool.claiming(idle);
  pool.finished("w", held);
  pool.claimed(idle, [lease("t2")], seen, 1);
  assert.deepEqual(
    pool.idle().map(({ node }) => node),
    ["w"],
  );
  const again = pool.claiming(idle);
  pool.claimed(idle, [], again, 2);
  assert.deepEqual(pool.idle(), [], "what found nothing waits for an arrival");
});
