import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockedSubmissions } from "#actors/queue/blocked-submissions.ts";
import type { SubmitResult } from "#protocols/tasks/store.ts";

const full: SubmitResult = { kind: "full", limit: "tasks", pending: 1, retryAfterMs: null };
const made: SubmitResult = { kind: "created", taskId: "t", ack: "durable", evicted: null };

/** One submission that waits until the moment 10; the store answers when the test says so. */
function stage() {
  const blocked = new BlockedSubmissions();
  const leaving = new AbortController();
  const withdrawn: SubmitResult[] = [];
  let resolve: (result: SubmitResult) => void = () => {};
  const promise = new Promise<SubmitResult>((settle) => {
    resolve = settle;
  });
  const store = { promise, resolve: (result: SubmitResult) => resolve(result) };
  const answer = blocked.wait({
    ...{ queue: "q", bytes: 1, signal: leaving.signal, untilMs: 10, refusal: full },
    tryAgain: () => store.promise,
    withdraw: (result) => withdrawn.push(result),
  });
  assert.ok(answer);
  return { blocked, leaving, withdrawn, store, answer };
}

test("whose time is over while it is tried hears what comes of it, and no refusal", async () => {
  const { blocked, store, answer, withdrawn } = stage();
  blocked.room();
  blocked.expire(11);
  store.resolve(made);
  assert.deepEqual(await answer, made);
  assert.deepEqual([withdrawn, blocked.count], [[], 0]);
});

test("whose time is over hears the refusal once it was tried in vain", async () => {
  const { blocked, store, answer } = stage();
  blocked.room();
  blocked.expire(11);
  assert.equal(blocked.count, 1);
  store.resolve(full);
  await store.promise;
  blocked.expire(11);
  assert.deepEqual(await answer, full);
});

test("what is made for one that has left is withdrawn", async () => {
  const { blocked, store, answer, leaving, withdrawn } = stage();
  blocked.room();
  leaving.abort();
  await assert.rejects(answer, { code: "cancelled" });
  store.resolve(made);
  await store.promise;
  assert.deepEqual([withdrawn, blocked.count, blocked.figures.bytes], [[made], 0, 0]);
});
