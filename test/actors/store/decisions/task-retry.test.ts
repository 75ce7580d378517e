import assert from "node:assert/strict";
import { test } from "node:test";
import { storeLimits } from "#protocols/store-limits.ts";
import type { ConfirmationRequest } from "#protocols/tasks/confirmation.ts";
import { DecisionStage } from "./decision-stage.ts";

const input = (size: number) => ({
  ...{ name: "image", contentType: "image/png" },
  bytes: new Uint8Array(size),
});

test("a failed task is tried again as a new one with its inputs, once however often it is asked", () => {
  const stage = new DecisionStage();
  const terms = { parameters: { strength: 3 }, userId: "ada", priority: 1, deadlineMs: 60_000 };
  const taskId = stage.submit({ ...terms, inputs: [input(9)] });
  stage.fail(stage.claim(), { class: "validation" });
  stage.nowMs += 100_000;
  const answer = stage.do("retryTask", taskId);
  assert.ok(answer.kind === "created");
  const view = stage.do("view", answer.taskId);
  assert.deepEqual(
    [view?.parentId, view?.userId, view?.priority, view?.deadlineAt, view?.retryCount],
    [taskId, "ada", 1, null, 0],
  );
  const lease = stage.claim();
  assert.deepEqual([lease.parameters, lease.inputs[0]?.bytes.length], [{ strength: 3 }, 9]);
  const again = stage.do("retryTask", taskId);
  assert.ok(again.kind === "replayed" && again.taskId === answer.taskId);
  stage.complete(lease);
  assert.deepEqual(stage.do("retryTask", answer.taskId), { kind: "completed" });
});

test("asked again it makes no second task, also when the one it made is forgotten and the failed one is not", () => {
  const stage = new DecisionStage();
  const taskId = stage.submit({ inputs: [] });
  stage.fail(stage.claim(), { class: "validation" });
  const first = stage.do("retryTask", taskId);
  assert.ok(first.kind === "created");
  stage.complete(stage.claim());
  const hourMs = 3_600_000;
  for (let hours = 0; hours < 160; hours += 20) {
    stage.nowMs += 20 * hourMs;
    stage.sweep();
    const again = stage.do("retryTask", taskId);
    assert.ok(again.kind === "replayed" && again.taskId === first.taskId, `${hours} hours`);
  }
  assert.equal(stage.shelf.task(first.taskId), undefined);
  // The failed one is forgotten after a week, and then there is nothing to ask for.
  for (let days = 0; days < 3; days += 1) {
    stage.nowMs += 24 * hourMs;
    stage.sweep();
  }
  assert.deepEqual(stage.do("retryTask", taskId), { kind: "not_found" });
  assert.equal(stage.shelf.key("retry", taskId), undefined);
});

test("what is tried again goes to machines that can hold it, and runs with its like", () => {
  const stage = new DecisionStage();
  const machine = { memoryBytes: 64e9, gpuMemoryBytes: 8e9 };
  const former = stage.submit({
    inputs: [],
    machine,
    batchKey: "wide",
    requiredSkills: ["b", "a"],
  });
  stage.do("cancel", { taskId: former, reason: "no" });
  const answer = stage.do("retryTask", former);
  assert.ok(answer.kind === "created");
  assert.equal(stage.shelf.task(answer.taskId)?.needs, stage.shelf.task(former)?.needs);
  assert.deepEqual(stage.claimAll({ skills: ["a", "b"] }), [], "this machine has nothing");
});

test("what is tried again costs what it cost, and so does what is tried again after that", () => {
  const stage = new DecisionStage();
  let taskId = stage.submit({ inputs: [], cost: 12, fairKey: "key" });
  for (let time = 0; time < 2; time += 1) {
    stage.do("cancel", { taskId, reason: "no" });
    const answer = stage.do("retryTask", taskId);
    assert.ok(answer.kind === "created");
    taskId = answer.taskId;
    assert.equal(stage.shelf.task(taskId)?.charge?.cost, 12);
  }
});

test("what is not there, has not ended or lost its inputs is not tried again", () => {
  const stage = new DecisionStage();
  assert.deepEqual(stage.do("retryTask", "nothing"), { kind: "not_found" });
  const taskId = stage.submit({ inputs: [input(9)] });
  assert.deepEqual(stage.do("retryTask", taskId), { kind: "not_ended", status: "pending" });
  stage.do("cancel", { taskId, reason: "no" });
  assert.deepEqual(stage.do("retryTask", taskId), { kind: "inputs_gone" });
  const plain = stage.submit({ inputs: [] });
  stage.do("cancel", { taskId: plain, reason: "no" });
  assert.equal(stage.do("retryTask", plain).kind, "created");
});

test("failed tasks keep so many bytes of inputs; the first to fail loses its own", () => {
  const stage = new DecisionStage();
  const quarter = storeLimits.keptInputBytesMax / 4;
  const taskIds = Array.from({ length: 5 }, () => {
    const taskId = stage.submit({ inputs: [input(quarter - 100)] });
    stage.fail(stage.claim(), { class: "validation" });
    return taskId;
  });
  const [first, ...later] = taskIds.map((taskId) => stage.do("retryTask", taskId).kind);
  assert.equal(first, "inputs_gone");
  assert.deepEqual(new Set(later), new Set(["created"]));
  assert.deepEqual(stage.do("check").problems, []);
});

test("an attempt that asks again gains no time; the state tells what was decided", () => {
  const stage = new DecisionStage();
  stage.submit({ userId: "ada" });
  const { taskId, fence, epoch } = stage.claim({ leaseMs: 600_000 });
  const question: ConfirmationRequest = {
    ...{ lease: { taskId, fence, epoch }, step: 1, userId: "eve", stepResult: {} },
    ...{ expiresMs: 60_000, onTimeout: "reject", mode: "hold", checkpoint: null },
  };
  const asked = stage.do("confirmRequest", question);
  assert.ok(asked.kind === "asked");
  const { callbackId } = asked;
  const expiresAt = stage.nowMs + 60_000;
  stage.nowMs += 30_000;
  stage.do("confirmRequest", { ...question, mode: "park" });
  const open = stage.do("confirmation", callbackId);
  assert.deepEqual([open?.mode, open?.expiresAt, open?.decision], ["park", expiresAt, null]);
  const { events } = stage.do("readEvents", { channel: "user:eve", afterSeq: 0, limit: 9 });
  assert.deepEqual(
    events.map(({ type, payload }) => [type, payload.callbackId]),
    [["confirmation_requested", callbackId]],
  );
  stage.nowMs = expiresAt;
  stage.sweep();
  const decided = stage.do("confirmation", callbackId);
  assert.deepEqual([decided?.decision, decided?.decidedBy], ["timeout_reject", null]);
  assert.equal(stage.do("confirmation", "nothing"), null);
});
