import assert from "node:assert/strict";
import { test } from "node:test";
import { type LoadSight, waitingIn } from "#actors/scaling/load-sight.ts";

type Queue = Pick<LoadSight["queues"][number], "queue" | "isPaused" | "pending" | "scheduled">;

const queue = (name: string, terms: Partial<Queue> = {}): Queue => ({
  ...{ queue: name, isPaused: false, pending: 0, scheduled: 0, ...terms },
});
const waiting = (queues: readonly Queue[], since: readonly (readonly [string, number])[] = []) =>
  waitingIn({ queues, readySince: new Map(since) }, ["a", "b"], 10_000);

test("what may run now in the queues that are served waits, and nothing else", () => {
  assert.deepEqual(waiting([]), { waiting: 0, waitMs: 0 });
  assert.equal(waiting([queue("a", { pending: 3 }), queue("b", { pending: 2 })]).waiting, 5);
  assert.equal(waiting([queue("a", { pending: 3, scheduled: 2 })]).waiting, 1);
  assert.equal(waiting([queue("a", { pending: 3, isPaused: true })]).waiting, 0);
  assert.equal(waiting([queue("elsewhere", { pending: 3 })]).waiting, 0);
});

test("the longest wait is that of the queues that are served, and never below none", () => {
  const queues = ["a", "b", "elsewhere"].map((name) => queue(name, { pending: 1 }));
  const since = [
    ["a", 9_000],
    ["b", 4_000],
    ["elsewhere", 1],
  ] as const;
  assert.equal(waiting(queues, since).waitMs, 6_000);
  assert.equal(waiting([queue("b", { isPaused: true })], since).waitMs, 0);
  assert.equal(waiting(queues, [["a", 11_000]]).waitMs, 0);
});
