import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { DecisionStage } from "./decision-stage.ts";

const idsOf = (leases: readonly { readonly taskId: string }[]) =>
  leases.map(({ taskId }) => taskId);

test("tasks go by rank: a level of priority is worth thirty seconds, equals go by arrival", () => {
  const stage = new DecisionStage();
  const plain = stage.submit();
  const same = stage.submit();
  stage.nowMs += 29_999;
  const urgent = stage.submit({ priority: 1 });
  stage.nowMs += 2;
  const late = stage.submit({ priority: 1 });
  assert.deepEqual(idsOf(stage.claimAll()), [urgent, plain, same, late]);
});

test("in a fair queue keys take turns by what their tasks cost", () => {
  const stage = new DecisionStage();
  stage.do("setQueue", { queue: "default", fairMs: 1_000 });
  const ann = [1, 2, 3].map(() => stage.submit({ userId: "ann" }));
  const bob = stage.submit({ userId: "bob", cost: 2 });
  const bobs = stage.submit({ userId: "bob" });
  assert.deepEqual(idsOf(stage.claimAll()), [ann[0], bob, ann[1], ann[2], bobs]);
});

test("a worker gets what it has the model and all required skills for, from its queues alone", () => {
  const stage = new DecisionStage();
  const plain = stage.submit();
  const skilled = stage.submit({ requiredSkills: ["b", "a", "b"] });
  stage.submit({ requiredSkills: ["a", "c"] });
  stage.submit({ model: "other" });
  const elsewhere = stage.submit({ queue: "elsewhere" });
  assert.deepEqual(idsOf(stage.claimAll()), [plain]);
  assert.deepEqual(idsOf(stage.claimAll({ skills: ["a", "b"] })), [skilled]);
  assert.deepEqual(idsOf(stage.claimAll({ queues: ["elsewhere", "nowhere"] })), [elsewhere]);
  assert.equal(stage.do("counts").pending, 2);
});

test("a paused queue takes tasks and gives none", () => {
  const stage = new DecisionStage();
  stage.do("setQueue", { queue: "default", isPaused: true });
  stage.submit();
  assert.deepEqual(stage.claimAll(), []);
  stage.do("setQueue", { queue: "default", isPaused: false });
  assert.equal(stage.claimAll().length, 1);
});

test("what the worker is near to, or has a skill for, goes ahead by one level and no more", () => {
  const stage = new DecisionStage();
  const first = stage.submit();
  stage.nowMs += 20_000;
  const near = stage.submit({ affinityTags: ["rack-1"] });
  const useful = stage.submit({ optionalSkills: ["fp16"] });
  const order = [near, useful, first];
  const terms = { tags: ["rack-1"], skills: ["fp16"] };
  for (const taskId of order) assert.equal(stage.claim(terms).taskId, taskId);
  const old = stage.submit();
  stage.nowMs += 30_001;
  stage.submit({ affinityTags: ["rack-1"] });
  assert.equal(stage.claim(terms).taskId, old);
});

test("a lease says all that its worker needs, and no two bear the same fence", () => {
  const stage = new DecisionStage();
  const bytes = Uint8Array.of(1, 2);
  const inputs = [{ name: "image", contentType: "image/png", bytes }];
  const taskId = stage.submit({ parameters: { a: 1 }, inputs, timeoutMs: 5_000 });
  const lease = stage.claim();
  assert.deepEqual(lease, {
    taskId,
    fence: 1,
    epoch: "e1",
    attempt: 1,
    type: "t",
    model: "m",
    queue: "default",
    parameters: { a: 1 },
    inputs,
    leaseMs: 15_000,
    timeoutMs: 5_000,
    priority: 2,
    checkpoint: null,
    confirmations: [],
  });
  stage.do("release", lease);
  assert.equal(stage.claim({ leaseMs: 100 }).fence, 2);
  stage.nowMs += 100;
  assert.equal(stage.sweep().released, 1);
});

test("what is past a deadline ends on the way, and the next is taken", () => {
  const stage = new DecisionStage();
  const overdue = stage.submit({ deadlineMs: 10 });
  const waited = stage.submit({ queueDeadlineMs: 10 });
  const fine = stage.submit({ deadlineMs: 11 });
  stage.nowMs += 10;
  assert.equal(stage.claim().taskId, fine);
  assert.deepEqual(
    [overdue, waited].map((id) => stage.statusOf(id)),
    ["timed_out", "timed_out"],
  );
});

test("a damaged task has failed as corrupt, and the next is taken", () => {
  const stage = new DecisionStage();
  const damaged = stage.submit({
    inputs: [{ name: "a", contentType: "b", bytes: new Uint8Array(1) }],
  });
  const unreadable = stage.submit();
  const fine = stage.submit();
  const { shelf } = stage;
  const [readTask] = [shelf.task.bind(shelf)];
  shelf.inputs = () => {
    throw new Failure("corrupt", "an input fails its checksum");
  };
  shelf.task = (taskId) => {
    if (taskId === unreadable) throw new Failure("corrupt", "its row fails its checksum");
    return readTask(taskId);
  };
  assert.equal(stage.claim().taskId, fine);
  shelf.task = readTask;
  for (const taskId of [damaged, unreadable]) {
    const outcome = stage.do("outcome", taskId);
    assert.ok(outcome?.status === "failed" && outcome.code === "corrupt");
  }
  assert.deepEqual(stage.do("check").problems, []);
});

test("a long backlog of one user hides no other from a claim", () => {
  const stage = new DecisionStage();
  for (let count = 0; count < 600; count += 1) stage.submit({ inputs: [], userId: "ada" });
  const bobs = [1, 2].map(() => stage.submit({ inputs: [], userId: "bob" }));
  const rates = { default: { user: { perSecond: 0.1, burst: 2 } } };
  const users = stage.claimAll({ max: 4, rates }).map(({ taskId }) => bobs.includes(taskId));
  assert.deepEqual(users, [false, false, true, true]);
  assert.deepEqual(stage.claimAll({ max: 4, rates }), []);
});
