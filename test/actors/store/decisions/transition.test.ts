import assert from "node:assert/strict";
import { test } from "node:test";
import { mark, move } from "#actors/store/decisions/transition.ts";
import { taskMoves, taskStatuses } from "#protocols/tasks/task-states.ts";
import { DecisionStage } from "./decision-stage.ts";

test("a task moves as the table says, and every other move is refused as a bug", () => {
  for (const from of taskStatuses) {
    for (const to of taskStatuses) {
      const stage = new DecisionStage();
      const task = stage.shelf.task(stage.submit());
      assert.ok(task);
      const former = { ...task, status: from };
      const attempt = () => stage.undo(() => move(stage.context, former, { to, changes: {} }));
      if (taskMoves[from].includes(to)) attempt();
      else assert.throws(attempt, { code: "internal" }, `${from} to ${to}`);
    }
  }
});

test("a move counts the version, tells each channel once and says what one wants to know of it", () => {
  const stage = new DecisionStage();
  const task = stage.shelf.task(stage.submit({ userId: "ann" }));
  assert.ok(task);
  const moved = move(stage.context, task, { to: "running", changes: { assignedNode: "n" } });
  assert.equal(moved.version, 2);
  const events = stage.do("tailEvents", { afterEventId: 3, limit: 10 }).events;
  const payload = { status: "running", version: 2, attempt: 0, node: "n" };
  assert.deepEqual(
    events.map((event) => [event.channel, event.seq, event.type, event.payload]),
    ["task:id-1", "queue:default", "user:ann"].map((channel) => [channel, 2, "running", payload]),
  );
  mark(stage.context, moved, { event: "cancel_requested", changes: {} });
  const counts = stage.do("counts");
  assert.deepEqual([counts.pending, counts.running], [0, 1]);
});
