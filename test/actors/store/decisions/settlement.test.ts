import assert from "node:assert/strict";
import { test } from "node:test";
import { file } from "../submissions.ts";
import { DecisionStage, refOf } from "./decision-stage.ts";

test("a completion says how long the task waited and ran, and its result can be read", () => {
  const stage = new DecisionStage();
  const taskId = stage.submit({ inputs: [file("image", 10)] });
  stage.nowMs += 40;
  const lease = refOf(stage.claim());
  stage.nowMs += 7;
  const result = { figures: { width: 3 }, files: [file("image", 20)] };
  const run = { node: "n", attempt: 1, queueMs: 40, runMs: 7 };
  assert.deepEqual(stage.do("complete", { lease, result }), {
    kind: "committed",
    queue: "default",
    ...run,
  });
  const outcome = { status: "completed", taskId, result, ...run };
  assert.deepEqual(stage.do("outcome", taskId), outcome);
  const piece = stage.do("result", { taskId, position: 0, from: 5, to: 8 });
  assert.ok(piece.kind === "file");
  assert.deepEqual([...piece.file.bytes], [5, 6, 7]);
  assert.equal(piece.file.size, 20);
  assert.deepEqual(stage.do("result", { taskId, position: 1 }), {
    kind: "none",
    status: "completed",
  });
  const { queueMsMean, runMsMean, total } = stage.do("statistics");
  assert.deepEqual({ queueMsMean, runMsMean, total }, { queueMsMean: 40, runMsMean: 7, total: 1 });
});

test("of two completions one is heard", () => {
  const stage = new DecisionStage();
  const taskId = stage.submit();
  const lease = stage.claim();
  assert.equal(stage.complete(lease).kind, "committed");
  assert.equal(stage.complete(lease).kind, "lost");
  assert.deepEqual(stage.eventsOf(taskId), ["submitted", "running", "completed"]);
});

test("a retry keeps its place; only its time moves", () => {
  const stage = new DecisionStage();
  const first = stage.submit();
  stage.submit();
  const answer = stage.fail(stage.claim());
  assert.ok(answer.kind === "retried");
  stage.nowMs = answer.runAt - 1;
  assert.equal(stage.sweep().due, 0);
  stage.nowMs = answer.runAt;
  assert.equal(stage.sweep().due, 1);
  assert.equal(stage.claim().taskId, first);
  const types = ["submitted", "running", "retried", "pending", "running"];
  assert.deepEqual(stage.eventsOf(first), types);
});

test("a task with a user tells three channels of each transition, another two", () => {
  const stage = new DecisionStage();
  stage.submit({ userId: "ann" });
  stage.submit();
  const events = stage.do("tailEvents", { afterEventId: 0, limit: 100 }).events;
  assert.deepEqual(
    events.map(({ eventId, channel, seq }) => [eventId, channel, seq]),
    [
      [1, "task:id-1", 1],
      [2, "queue:default", 1],
      [3, "user:ann", 1],
      [4, "task:id-2", 1],
      [5, "queue:default", 2],
    ],
  );
});
