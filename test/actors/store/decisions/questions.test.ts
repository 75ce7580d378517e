import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfirmationRequest } from "#protocols/tasks/confirmation.ts";
import type { LeaseRef } from "#protocols/tasks/task.ts";
import { DecisionStage, refOf } from "./decision-stage.ts";

class Asking extends DecisionStage {
  ask(lease: LeaseRef, changes: Partial<ConfirmationRequest> = {}): string {
    const terms = { step: 0, userId: "ann", stepResult: { seen: 3 }, expiresMs: 60_000 };
    const way = { onTimeout: "proceed", mode: "park", checkpoint: null } as const;
    const asked = this.do("confirmRequest", { lease: refOf(lease), ...terms, ...way, ...changes });
    if (asked.kind === "asked") return asked.callbackId;
    throw new Error("the lease is lost");
  }

  answer(callbackId: string, userId: string | null = "ann") {
    return this.do("confirmAnswer", { callbackId, userId, decision: "reject", feedback: "no" });
  }

  heardBy(userId: string): readonly string[] {
    const page = { channel: `user:${userId}`, afterSeq: 0, limit: 100 };
    return this.do("readEvents", page).events.map(({ type }) => type);
  }

  get open() {
    return this.do("confirmations", { userId: null, limit: 10 }).map(
      ({ callbackId }) => callbackId,
    );
  }
}

test("a parked task waits without a worker, and goes on in its place with the answer", () => {
  const stage = new Asking();
  const taskId = stage.submit();
  stage.submit();
  const lease = stage.claim();
  const checkpoint = Uint8Array.of(7);
  const callbackId = stage.ask(lease, { checkpoint });
  assert.equal(stage.statusOf(taskId), "waiting_confirmation");
  assert.equal(stage.complete(lease).kind, "lost");
  stage.nowMs += 59_999;
  stage.sweep();
  assert.deepEqual(stage.answer(callbackId), { kind: "answered" });
  const next = stage.claim();
  assert.deepEqual([next.taskId, next.attempt, next.checkpoint], [taskId, 2, checkpoint]);
  assert.deepEqual(next.confirmations, [{ step: 0, decision: "reject", feedback: "no" }]);
  const asked = ["confirmation_requested", "confirmed"];
  assert.deepEqual(stage.eventsOf(taskId), ["submitted", "running", ...asked, "running"]);
});

test("a holding worker keeps its lease; the answer decides and nothing else", () => {
  const stage = new Asking();
  const taskId = stage.submit();
  const lease = stage.claim();
  const callbackId = stage.ask(lease, { mode: "hold" });
  assert.equal(stage.ask(lease, { mode: "hold" }), callbackId, "a step is asked once");
  assert.deepEqual(stage.answer(callbackId), { kind: "answered" });
  assert.equal(stage.statusOf(taskId), "running");
  assert.equal(stage.complete(lease).kind, "committed");
  const asked = ["confirmation_requested", "confirmed"];
  assert.deepEqual(stage.eventsOf(taskId), ["submitted", "running", ...asked, "completed"]);
});

test("the addressed user may answer, or one who may for all; the first answer counts", () => {
  const stage = new Asking();
  stage.submit();
  const callbackId = stage.ask(stage.claim());
  assert.deepEqual(stage.answer(callbackId, "bob"), { kind: "forbidden" });
  assert.deepEqual(stage.answer("nobody"), { kind: "not_found" });
  assert.deepEqual(stage.answer(callbackId, null), { kind: "answered" });
  assert.deepEqual(stage.answer(callbackId), { kind: "decided", decision: "reject" });
});

test("open questions are those of living tasks, oldest first", () => {
  const stage = new Asking();
  const [first, second, third] = [1, 2, 3].map((n) => {
    const taskId = stage.submit();
    stage.nowMs += 1;
    return { taskId, callbackId: stage.ask(stage.claim(), { expiresMs: 100 - 10 * n }) };
  });
  assert.ok(first && second && third);
  assert.deepEqual(stage.open, [first.callbackId, second.callbackId, third.callbackId]);
  stage.do("cancel", { taskId: third.taskId, reason: "" });
  assert.deepEqual(stage.open, [first.callbackId, second.callbackId]);
  assert.deepEqual(stage.answer(third.callbackId), { kind: "decided", decision: "ended" });
  const bobs = stage.do("confirmations", { userId: "bob", limit: 10 });
  assert.deepEqual(bobs, []);
});

for (const [onTimeout, mode, expected] of [
  ["proceed", "park", "pending"],
  ["reject", "park", "pending"],
  ["fail", "park", "failed"],
  ["proceed", "hold", "running"],
  ["fail", "hold", "failed"],
] as const) {
  test(`when nobody answers, a task that asked to ${onTimeout} (${mode}) is ${expected}`, () => {
    const stage = new Asking();
    const taskId = stage.submit();
    const callbackId = stage.ask(stage.claim(), { onTimeout, mode, expiresMs: 1_000 });
    stage.nowMs += 1_000;
    stage.sweep();
    assert.equal(stage.statusOf(taskId), expected);
    const late = { kind: "decided", decision: `timeout_${onTimeout}` };
    assert.deepEqual(stage.answer(callbackId), late);
    if (expected === "failed") {
      assert.equal(stage.do("view", taskId)?.errorCode, "CONFIRMATION_TIMEOUT");
    }
  });
}

test("an attempt that asks again what is answered does not wait; a question of a lost one moves on", () => {
  const stage = new Asking();
  const taskId = stage.submit();
  const first = stage.claim();
  const callbackId = stage.ask(first, { mode: "hold" });
  stage.do("releaseNode", { node: "n", except: [] });
  assert.equal(stage.ask(stage.claim()), callbackId);
  assert.equal(stage.statusOf(taskId), "waiting_confirmation");
  stage.answer(callbackId);
  assert.equal(stage.ask(stage.claim()), callbackId);
  assert.equal(stage.statusOf(taskId), "pending");
  const { confirmations } = stage.claim();
  assert.equal(confirmations.length, 1);
});

test("an old question's answer does not wake a task that waits for another", () => {
  const stage = new Asking();
  const taskId = stage.submit();
  const lease = stage.claim();
  const held = stage.ask(lease, { step: 0, mode: "hold" });
  const parked = stage.ask(lease, { step: 1 });
  stage.answer(held);
  assert.equal(stage.statusOf(taskId), "waiting_confirmation");
  stage.answer(parked);
  assert.equal(stage.statusOf(taskId), "pending");
});

test("a task may ask so many questions, and no more", () => {
  const stage = new Asking({ confirmationsMax: 2 });
  stage.submit();
  const lease = stage.claim();
  for (const step of [0, 1]) stage.ask(lease, { step, mode: "hold" });
  assert.throws(() => stage.ask(lease, { step: 2 }), { code: "invalid" });
  stage.ask(lease, { step: 1, mode: "hold" });
});

test("who is asked hears that it is decided, by whomever, and whoever is asked anew that it is asked", () => {
  const both = ["confirmation_requested", "confirmed"];
  for (const mode of ["park", "hold"] as const) {
    const stage = new Asking();
    stage.submit({ userId: "ada" });
    const callbackId = stage.ask(stage.claim(), { userId: "eve", mode: "hold" });
    stage.do("releaseNode", { node: "n", except: [] });
    stage.ask(stage.claim(), { userId: "bob", mode });
    assert.deepEqual(stage.heardBy("bob"), ["confirmation_requested"]);
    assert.deepEqual(stage.heardBy("eve"), ["confirmation_requested", "confirmation_withdrawn"]);
    assert.deepEqual(stage.answer(callbackId, null), { kind: "answered" });
    assert.deepEqual(stage.heardBy("bob"), both);
    assert.equal(stage.heardBy("ada").filter((type) => type === "confirmed").length, 1);
  }
  for (const onTimeout of ["proceed", "reject", "fail"] as const) {
    const stage = new Asking();
    stage.submit({ userId: "ada" });
    stage.ask(stage.claim(), { userId: "bob", onTimeout, expiresMs: 1_000 });
    stage.nowMs += 1_000;
    stage.sweep();
    assert.deepEqual(stage.heardBy("bob"), both, onTimeout);
  }
});

test("a question that is given to another user is withdrawn from who had it, also from the task's own user", () => {
  const asked = (stage: Asking, userId: string) =>
    stage.heardBy(userId).filter((type) => type.startsWith("confirm"));
  const both = ["confirmation_requested", "confirmation_withdrawn"];
  const stage = new Asking();
  const taskId = stage.submit({ userId: "ada" });
  const lease = stage.claim();
  const callbackId = stage.ask(lease, { userId: "ada", mode: "hold" });
  assert.equal(stage.ask(lease, { userId: "bob", mode: "hold" }), callbackId);
  assert.deepEqual(asked(stage, "ada"), [...both, "confirmation_requested"]);
  assert.deepEqual(asked(stage, "bob"), ["confirmation_requested"]);
  assert.deepEqual(stage.answer(callbackId, "ada"), { kind: "forbidden" });
  stage.ask(lease, { userId: "ada", mode: "hold" });
  assert.deepEqual(asked(stage, "bob"), both);
  assert.equal(asked(stage, "ada").length, 4, "and is told that it is hers again");
  stage.ask(lease, { userId: "ada", mode: "hold" });
  assert.equal(asked(stage, "ada").length, 4, "whoever is asked the same again hears nothing");
  stage.answer(callbackId, "ada");
  stage.ask(lease, { userId: "bob", mode: "hold" });
  assert.deepEqual(asked(stage, "bob"), both, "what is decided is put to nobody");
  assert.ok(!stage.eventsOf(taskId).includes("confirmation_withdrawn"));
});

test("who was asked hears that the question is over when its task ends, however it does", () => {
  const ends: Readonly<Record<string, (stage: Asking, lease: LeaseRef) => unknown>> = {
    cancelled: (stage, { taskId }) => stage.do("cancel", { taskId, reason: "changed our mind" }),
    overdue: (stage) => {
      stage.nowMs += 5_000;
      return stage.sweep();
    },
  };
  for (const [how, end] of Object.entries(ends)) {
    const stage = new Asking();
    stage.submit({ userId: "ada", deadlineMs: 5_000 });
    const lease = stage.claim();
    const callbackId = stage.ask(lease, { userId: "bob" });
    end(stage, lease);
    const both = ["confirmation_requested", "confirmation_withdrawn"];
    assert.deepEqual(stage.heardBy("bob"), both, how);
    assert.ok(
      !stage.heardBy("ada").includes("confirmation_withdrawn"),
      "its own user hears the end",
    );
    assert.deepEqual(stage.open, [], how);
    assert.deepEqual(stage.answer(callbackId, "bob"), { kind: "decided", decision: "ended" });
  }
});

test("a worker that does not wait for the answer takes its question along", () => {
  const stage = new Asking();
  stage.submit();
  const lease = stage.claim();
  stage.ask(lease, { step: 0, mode: "hold" });
  const decided = stage.ask(lease, { step: 1, mode: "hold" });
  stage.answer(decided);
  stage.complete(lease);
  const both = ["confirmation_requested", "confirmation_requested", "confirmed"];
  assert.deepEqual(stage.heardBy("ann"), [...both, "confirmation_withdrawn"]);
});
