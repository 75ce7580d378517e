import assert from "node:assert/strict";
import { test } from "node:test";
import { checkStep, stepOf } from "#nodes/client/task-update.ts";
import { Failure } from "#protocols/failure.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import { type TaskStatus, taskStatuses } from "#protocols/tasks/task-states.ts";

const lease = { taskId: "t1", fence: 3, epoch: "e" };
const result = { figures: {}, files: [] };
const failure = { code: "x", detail: "y", class: "model" } as const;

const taskThatIs = (status: TaskStatus): TaskView => ({
  ...{ taskId: "t1", type: "a", name: "", model: "m", queue: "default", status, priority: 2 },
  ...{ attempt: 1, retryCount: 0, maxRetries: 3, lostLeases: 0, assignedNode: null, userId: null },
  ...{ fairKey: null, retry: null, isEvictable: true },
  ...{ parentId: null, submittedAt: 0, runAt: 0, startedAt: null, finishedAt: null },
  ...{ deadlineAt: null, cancelRequestedAt: null, errorCode: null, error: null, progress: null },
  ...{ progressMessage: null, version: 1 },
});

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return "none";
  } catch (cause) {
    return Failure.of(cause).code;
  }
};

test("each update is one step, and knows what belongs to it", () => {
  const name = "n";
  assert.deepEqual(stepOf("t1", { name }), {
    kind: "describe",
    changes: { name },
    version: undefined,
  });
  assert.equal(stepOf("t1", { lease, progress: 0 }).kind, "progress");
  assert.equal(stepOf("t1", { lease, status: "completed", result }).kind, "complete");
  assert.equal(stepOf("t1", { lease, status: "failed", failure }).kind, "fail");
  assert.equal(stepOf("t1", { status: "cancelled" }).kind, "cancel");
});

test("what makes no sense is refused before anybody is asked", () => {
  const updates = [
    {},
    { version: 1 },
    { progress: 1.1, lease },
    { progress: -0.1, lease },
    { message: "half", lease },
    { progress: 0.5 },
    { progress: 0.5, lease: { ...lease, taskId: "t2" } },
    { status: "completed", lease },
    { status: "failed", lease },
    { status: "completed", result },
    { status: "cancelled", name: "n" },
    { status: "cancelled", reason: "" },
    { progress: 0.5, lease, name: "n" },
  ] as const;
  for (const update of updates) {
    assert.equal(
      codeOf(() => stepOf("t1", update)),
      "invalid",
      JSON.stringify(update),
    );
  }
  const misspelt: object = { name: "n", colour: "red" };
  assert.equal(
    codeOf(() => stepOf("t1", misspelt)),
    "invalid",
  );
});

test("states that only the cluster decides about say who does", () => {
  for (const status of taskStatuses) {
    const isOurs = ["completed", "failed", "cancelled"].includes(status);
    const code = codeOf(() => stepOf("t1", { status, ...(isOurs ? { lease } : {}) }));
    if (!isOurs) assert.equal(code, "conflict", status);
  }
});

test("a step is taken only from where the state machine allows it", () => {
  const progress = stepOf("t1", { lease, progress: 0.5 });
  const complete = stepOf("t1", { lease, status: "completed", result });
  const fail = stepOf("t1", { lease, status: "failed", failure });
  const cancel = stepOf("t1", { status: "cancelled" });
  const describe = stepOf("t1", { name: "n" });
  const allowed = (step: typeof cancel) =>
    taskStatuses.filter((status) => codeOf(() => checkStep(step, taskThatIs(status))) === "none");
  const living = ["scheduled", "pending", "running", "waiting_confirmation"];
  assert.deepEqual(allowed(progress), ["running"]);
  assert.deepEqual(allowed(complete), ["running"]);
  assert.deepEqual(allowed(fail), ["running"]);
  assert.deepEqual(allowed(cancel), living);
  assert.deepEqual(allowed(describe), taskStatuses);
});

test("a task cannot be given an empty name", () => {
  assert.throws(
    () => stepOf("t", { name: "" }),
    (error) => error instanceof Failure && error.code === "invalid" && /name/.test(error.detail),
  );
});
