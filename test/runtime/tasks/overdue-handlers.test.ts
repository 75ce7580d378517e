import assert from "node:assert/strict";
import { test } from "node:test";
import type { HeldLease } from "#runtime/tasks/held-leases.ts";
import { HeldLeases } from "#runtime/tasks/held-leases.ts";
import { OverdueHandlers } from "#runtime/tasks/overdue-handlers.ts";

const graceMs = 5_000;

function handed(held: HeldLeases, taskId: string): HeldLease {
  const names = { taskId, fence: 1, epoch: "e", attempt: 1, type: "x", model: "m", queue: "q" };
  const terms = { parameters: {}, inputs: [], leaseMs: 60_000, timeoutMs: null, checkpoint: null };
  const taken = held.take({ ...names, ...terms, confirmations: [] }, 0);
  assert.ok(taken);
  return taken;
}

function shop() {
  const held = new HeldLeases();
  const handlers = new OverdueHandlers();
  const [slow, quick] = [handed(held, "slow"), handed(held, "quick")];
  handlers.begun(slow);
  handlers.begun(quick);
  return { held, handlers, slow, quick };
}

test("who was not told to stop is never overdue", () => {
  const { handlers } = shop();
  assert.deepEqual(handlers.late({ nowMs: 1e9, graceMs }), []);
  assert.equal(handlers.nextMs({ nowMs: 1e9, graceMs }), Number.POSITIVE_INFINITY);
  assert.equal(handlers.areAlone, false);
});

test("a handler is overdue once, when its grace is over", () => {
  const { held, handlers, slow } = shop();
  held.giveUp("slow", 1_000);
  assert.equal(handlers.nextMs({ nowMs: 2_000, graceMs }), 4_000);
  assert.deepEqual(handlers.late({ nowMs: 5_999, graceMs }), []);
  assert.deepEqual(handlers.late({ nowMs: 6_000, graceMs }), [slow]);
  assert.deepEqual(handlers.late({ nowMs: 9_000, graceMs }), []);
  assert.deepEqual([handlers.count, handlers.nextMs({ nowMs: 9_000, graceMs })], [1, Infinity]);
});

test("its grace counts from when it was told first, however often it is told", () => {
  const { held, handlers, slow } = shop();
  held.giveUp("slow", 0);
  held.giveUp("slow", 4_000);
  held.lose([slow.lease], 4_500);
  assert.deepEqual(handlers.late({ nowMs: 5_000, graceMs }), [slow]);
});

test("overdue ones are alone when all others have returned, and no more when they have", () => {
  const { held, handlers, slow, quick } = shop();
  held.lose([slow.lease], 0);
  handlers.late({ nowMs: graceMs, graceMs });
  assert.deepEqual([handlers.count, handlers.areAlone], [1, false]);
  handlers.returned(quick);
  assert.equal(handlers.areAlone, true);
  handlers.returned(slow);
  assert.deepEqual([handlers.count, handlers.areAlone], [0, false]);
});

test("without an end of its grace nobody is overdue", () => {
  const { held, handlers } = shop();
  held.giveUpAll(0);
  assert.deepEqual(handlers.late({ nowMs: 1e12, graceMs: Infinity }), []);
});
