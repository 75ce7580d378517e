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
    ...{ queue: "q", place: 0, userId: undefined, bytes: 1 },
    ...{ signal: leaving.signal, untilMs: 10, refusal: full },
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

/** Some that wait at their places, and the order in which the store has them. */
function crowd(answerOf: (name: string) => SubmitResult = () => made) {
  const blocked = new BlockedSubmissions();
  const tried: string[] = [];
  const wait = (
    name: string,
    place: number,
    terms: { userId?: string; refusal?: SubmitResult } = {},
  ) =>
    blocked.wait({
      ...{ queue: "q", place, userId: terms.userId, bytes: 1, untilMs: 10 },
      ...{ signal: new AbortController().signal, refusal: terms.refusal ?? full },
      tryAgain: async () => {
        tried.push(name);
        return answerOf(name);
      },
      withdraw: () => {},
    });
  return { blocked, tried, wait };
}

test("who waits is let in by its place, and of one place by its arrival", async () => {
  const { blocked, tried, wait } = crowd();
  const all = [wait("late", 30), wait("early", 10), wait("urgent", 5), wait("as early", 10)];
  blocked.room();
  await Promise.all(all);
  assert.deepEqual(tried, ["urgent", "early", "as early", "late"]);
});

test("a newcomer is behind those that wait before it, and before those behind it", () => {
  const { blocked, wait } = crowd();
  void wait("first", 10);
  const newcomer = { queue: "q", userId: "ann" };
  assert.equal(blocked.isBehind({ ...newcomer, place: 9 }), false);
  assert.equal(blocked.isBehind({ ...newcomer, place: 10 }), true);
  assert.equal(blocked.isBehind({ ...newcomer, place: 11 }), true);
  assert.equal(blocked.isBehind({ ...newcomer, place: 11, queue: "other" }), false);
});

test("who waits for a user's share holds up that user alone, from the moment it is known", async () => {
  const share: SubmitResult = { ...full, limit: "user" };
  const { blocked, wait } = crowd(() => share);
  void wait("of ann", 1, { userId: "ann" });
  assert.equal(blocked.isBehind({ queue: "q", place: 2, userId: "bob" }), true);
  blocked.room();
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(blocked.isBehind({ queue: "q", place: 2, userId: "bob" }), false);
  assert.equal(blocked.isBehind({ queue: "q", place: 2, userId: "ann" }), true);
});
