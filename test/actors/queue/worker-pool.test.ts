import assert from "node:assert/strict";
import { test } from "node:test";
import { freeSlots } from "#actors/queue/pooled-worker.ts";
import { WorkerPool } from "#actors/queue/worker-pool.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Worker } from "#protocols/tasks/worker.ts";

const refuse = () => assert.fail("the pool sent a message");
const worker: Ref<Worker> = {
  run: refuse,
  cancel: refuse,
  served: refuse,
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
  const seen = pool.claiming(idle, 1);
  pool.finished("w", held);
  pool.claimed(idle, [lease("t2")], seen, 1);
  assert.deepEqual(
    pool.idle().map(({ node }) => node),
    ["w"],
  );
  const again = pool.claiming(idle, 2);
  pool.claimed(idle, [], again, 2);
  assert.deepEqual(pool.idle(), [], "what found nothing waits for an arrival");
});

const offerOf = (slots: number) => ({ worker, node: "w", incarnation: 1, models: [], slots });

function poolWith(slots: number) {
  const pool = new WorkerPool();
  pool.offer({ ...offerOf(slots), holds: [], atMs: 500 }, 10_000);
  const one = pool.get("w");
  assert.ok(one);
  return { pool, one };
}

test("a slot is free when its worker has named the lease and names it no more", () => {
  const { pool, one } = poolWith(1);
  const terms = pool.claiming(one, 10_000);
  pool.claimed(one, [lease("t1")], terms, 10_000);
  pool.reported({ node: "w", leases: [] }, 10_010);
  assert.equal(freeSlots(one), 0, "it may be on its way");
  pool.reported({ node: "w", leases: [lease("t1")] }, 10_020);
  pool.reported({ node: "w", leases: [] }, 10_030);
  assert.equal(freeSlots(one), 1);
});

test("a worker that works on though it was told to stop has fewer slots, and a stranger's lease uses one", () => {
  const { pool, one } = poolWith(3);
  pool.reported({ node: "w", leases: [], busy: 1 }, 10_010);
  assert.equal(freeSlots(one), 2);
  const strangers = pool.reported({ node: "w", leases: [lease("t9")] }, 10_020);
  assert.deepEqual(strangers, [lease("t9")]);
  pool.extended("w", strangers, 10_030);
  assert.equal(freeSlots(one), 2);
  pool.reported({ node: "w", leases: [] }, 10_040);
  assert.equal(freeSlots(one), 3);
});

test("a recall that was sent before the newest doubt does not end it", () => {
  const { pool, one } = poolWith(1);
  pool.doubt(one);
  pool.doubt(one);
  pool.sure(one, 1);
  assert.deepEqual(pool.unsure, [one]);
  pool.sure(one, 2);
  assert.deepEqual(pool.unsure, []);
});

test("a claim says by the worker's clock when it was sent", () => {
  const { pool, one } = poolWith(1);
  assert.equal(pool.claiming(one, 10_250).grantedAtMs, 750);
  pool.reported({ node: "w", leases: [], atMs: 2_000 }, 11_500);
  assert.equal(pool.claiming(one, 11_600).grantedAtMs, 2_100);
  pool.reported({ node: "w", leases: [] }, 11_700);
  assert.equal(pool.claiming(one, 11_800).grantedAtMs, undefined);
});
