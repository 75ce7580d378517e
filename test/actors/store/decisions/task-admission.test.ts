import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueueSettings } from "#protocols/tasks/store.ts";
import { file, submission } from "../submissions.ts";
import { DecisionStage } from "./decision-stage.ts";

function stageWith(settings: Omit<QueueSettings, "queue">): DecisionStage {
  const stage = new DecisionStage();
  stage.do("setQueue", { queue: "default", ...settings });
  return stage;
}

test("a full queue says which limit was met, how much waits, and when to come again", () => {
  const stage = stageWith({ pendingMax: 2 });
  stage.submit();
  stage.submit({ runAt: stage.nowMs + 1_000 });
  const full = { kind: "full", limit: "tasks", pending: 2 } as const;
  assert.deepEqual(stage.do("submit", submission()), { ...full, retryAfterMs: null });
  stage.complete(stage.claim());
  stage.submit();
  assert.deepEqual(stage.do("submit", submission()), { ...full, retryAfterMs: 20_000 });
});

test("bytes count with parameters and inputs; what is claimed makes room", () => {
  const stage = stageWith({ pendingBytesMax: 1_000 });
  stage.submit({ inputs: [file("image", 900)] });
  const second = submission({ inputs: [file("image", 99)] });
  const answer = stage.do("submit", second);
  assert.equal(answer.kind === "full" && answer.limit, "bytes");
  stage.claim();
  assert.equal(stage.do("submit", second).kind, "created");
});

test("one user's share is limited apart from the others'", () => {
  const stage = stageWith({ perUserMax: 1 });
  stage.submit({ userId: "ann" });
  const answer = stage.do("submit", submission({ userId: "ann" }));
  assert.equal(answer.kind === "full" && answer.limit, "user");
  stage.submit({ userId: "bob" });
  stage.submit();
  const nobodys = stage.do("submit", submission());
  assert.equal(nobodys.kind === "full" && nobodys.limit, "user", "leaving the name out is no way");
});

test("a more urgent task takes the place of the last in rank, of equals the newcomer waits", () => {
  const stage = stageWith({ pendingMax: 2, whenFull: "evict_lowest" });
  const first = stage.submit({ priority: 5 });
  const second = stage.submit({ priority: 5 });
  assert.equal(stage.do("submit", submission({ priority: 5 })).kind, "full");
  const answer = stage.do("submit", submission({ priority: 1 }));
  assert.equal(answer.kind === "created" && answer.evicted, second);
  assert.deepEqual(stage.do("outcome", second), {
    status: "evicted",
    taskId: second,
    attempt: 0,
    code: "QUEUE_OVERFLOW",
    detail: 'the queue "default" was full and a more urgent task came; submit it again later',
  });
  assert.equal(stage.statusOf(first), "pending");
});

test("who was claimed before, has a child, is not to give way, or is too small stays", () => {
  const stage = stageWith({ pendingMax: 4, whenFull: "evict_lowest", pendingBytesMax: 1_000 });
  stage.submit({ priority: 9 });
  stage.do("release", stage.claim());
  const parentId = stage.submit({ priority: 9 });
  stage.submit({ priority: 9, isEvictable: false, parentId });
  const small = stage.submit({ priority: 8 });
  const large = submission({ priority: 0, inputs: [file("image", 996)] });
  const tooLarge = stage.do("submit", large);
  assert.equal(tooLarge.kind, "full", "the bytes of the one that would go are not enough");
  const answer = stage.do("submit", submission({ priority: 0 }));
  assert.equal(answer.kind === "created" && answer.evicted, small);
  assert.equal(stage.do("submit", submission({ priority: 1 })).kind, "full");
});

test("a child of what has ended, or of nobody, is refused", () => {
  const stage = new DecisionStage();
  const refused = { kind: "refused", reason: "parent_ended" };
  assert.deepEqual(stage.do("submit", submission({ parentId: "nobody" })), refused);
  const parentId = stage.submit();
  stage.submit({ parentId });
  stage.do("cancel", { taskId: parentId, reason: "" });
  assert.deepEqual(stage.do("submit", submission({ parentId })), refused);
});

test("the answer names the level that is reached; a stronger one than there is is refused", () => {
  const stage = new DecisionStage();
  const levels = ([undefined, "accepted", "process", "durable", "replicated"] as const).map(
    (ack) => {
      const answer = stage.do("submit", submission(ack && { ack }));
      return answer.kind === "created" ? answer.ack : answer;
    },
  );
  const refused = { kind: "refused", reason: "ack_level" };
  assert.deepEqual(levels, ["durable", "accepted", "durable", "durable", refused]);
});

test("a store has room for so many queues; settings of a further one are refused too", () => {
  const stage = new DecisionStage({ queuesMax: 2 });
  stage.submit({ queue: "other" });
  assert.throws(() => stage.submit({ queue: "third" }), { code: "invalid" });
  assert.throws(() => stage.do("setQueue", { queue: "third" }), { code: "invalid" });
  stage.submit();
  assert.deepEqual(
    stage.do("queues").map(({ queue, pending }) => [queue, pending]),
    [
      ["default", 1],
      ["other", 1],
    ],
  );
});

test("tasks that wait for a person hold a place of their user, and as many may as for workers", () => {
  const stage = new DecisionStage();
  const park = (userId: string): string => {
    stage.submit({ inputs: [], userId });
    const { taskId, fence, epoch } = stage.claim();
    stage.do("confirmRequest", {
      ...{ lease: { taskId, fence, epoch }, step: 0, userId, stepResult: {}, expiresMs: 60_000 },
      ...{ onTimeout: "reject", mode: "park", checkpoint: null },
    });
    return taskId;
  };
  const limitFor = (userId: string): string | undefined => {
    const answer = stage.do("submit", submission({ inputs: [], userId }));
    return answer.kind === "full" ? answer.limit : undefined;
  };
  stage.do("setQueue", { queue: "default", pendingMax: 3, perUserMax: 2 });
  const [first] = [park("ada"), park("ada")];
  stage.nowMs += 10_000;
  stage.sweep();
  assert.equal(limitFor("ada"), "user");
  const third = park("bob");
  assert.equal(limitFor("eve"), "people");
  stage.do("cancel", { taskId: third, reason: "" });
  stage.do("cancel", { taskId: first ?? "", reason: "" });
  assert.equal(limitFor("ada"), undefined);
  assert.deepEqual(stage.do("check").problems, []);
});
