import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskTraces } from "#actors/queue/task-traces.ts";
import { Worker } from "#protocols/tasks/worker.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

const traceOf = (digit: string) => ({
  traceId: digit.repeat(32),
  spanId: digit.repeat(16),
  flags: 0,
});
const created = (taskId: string) =>
  ({ kind: "created", taskId, ack: "durable", evicted: null }) as const;
const worker = createTestSystem().system.refTo(Worker, { node: "test", path: "/w" });
/** Whether the worker is told of the task in a trace. */
const isTraced = (traces: TaskTraces, taskId: string) => traces.bind(worker, taskId) !== worker;

test("a task's run is told in the trace of its submission until the task has ended", () => {
  const traces = new TaskTraces(2);
  traces.submitted(created("a"), traceOf("1"));
  assert.ok(isTraced(traces, "a"));
  traces.forget("a", "never seen");
  assert.ok(!isTraced(traces, "a"));
});

test("what was not created, and what came without a trace, is not kept", () => {
  const traces = new TaskTraces(2);
  traces.submitted(created("a"), undefined);
  traces.submitted({ kind: "replayed", taskId: "b", ack: "durable" }, traceOf("1"));
  traces.submitted({ kind: "conflict", taskId: "c" }, traceOf("1"));
  traces.submitted({ kind: "full", limit: "tasks", pending: 1, retryAfterMs: null }, traceOf("1"));
  assert.equal(traces.size, 0);
});

test("at the bound the oldest is forgotten", () => {
  const traces = new TaskTraces(2);
  for (const taskId of ["a", "b", "c"]) traces.submitted(created(taskId), traceOf("1"));
  assert.equal(traces.size, 2);
  assert.deepEqual(
    ["a", "b", "c"].map((taskId) => isTraced(traces, taskId)),
    [false, true, true],
  );
});
