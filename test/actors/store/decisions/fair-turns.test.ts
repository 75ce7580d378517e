import assert from "node:assert/strict";
import { test } from "node:test";
import { storeLimits } from "#protocols/store-limits.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { DecisionStage } from "./decision-stage.ts";

const queue = "fair";
const fairMs = 1_000;

function fairStage(): DecisionStage {
  const stage = new DecisionStage();
  stage.do("setQueue", { queue, fairMs, agingMsPerLevel: 0 });
  return stage;
}

const submitMany = (stage: DecisionStage, count: number, changes: Partial<TaskSubmission>) =>
  Array.from({ length: count }, () => stage.submit({ queue, ...changes }));

const flood = (stage: DecisionStage, count: number, userId = "flood") =>
  Array.from({ length: count }, (_, n) => stage.submit({ queue, userId, fairKey: `fresh ${n}` }));

const inOrder = (stage: DecisionStage, max: number) =>
  stage.claimAll({ queues: [queue], max }).map(({ taskId }) => taskId);

test("a fair key that is fresh for each task wins a head start, and then no more than its user's turns", () => {
  const stage = fairStage();
  const flooded = new Set(flood(stage, 300));
  const steady = submitMany(stage, 20, { userId: "steady", fairKey: "one" });
  const order = inOrder(stage, 320);
  const last = order.indexOf(steady.at(-1) ?? "");
  const ahead = order.slice(0, last).filter((taskId) => flooded.has(taskId)).length;
  assert.ok(ahead <= storeLimits.fairKeysAheadMax + 20 + 1, `${ahead} of the flood went ahead`);
});

test("keys of a user take turns with one another, and a busy key keeps none that is new waiting", () => {
  const stage = fairStage();
  const busy = submitMany(stage, 100, { userId: "service", fairKey: "busy" });
  const calm = submitMany(stage, 2, { userId: "service", fairKey: "calm" });
  assert.deepEqual(inOrder(stage, 4), [busy[0], calm[0], busy[1], calm[1]]);
});

test("who names the key or the user of another puts back itself alone", () => {
  const stage = fairStage();
  submitMany(stage, 100, { userId: "mallory", fairKey: "bob" });
  submitMany(stage, 100, { userId: "mallory", fairKey: "acme" });
  const bob = submitMany(stage, 1, { userId: "bob" });
  const acme = submitMany(stage, 1, { userId: "ann", fairKey: "acme" });
  assert.deepEqual(inOrder(stage, 4).slice(2), [...bob, ...acme]);
});

test("flows are no more than so many, however many keys there are, and go when they are long past", () => {
  const stage = fairStage();
  const flows = new Set<string>();
  const { shelf } = stage;
  const set = shelf.setFairTime.bind(shelf);
  shelf.setFairTime = (name, flow, at) => {
    flows.add(flow);
    set(name, flow, at);
  };
  const { fairKeysAheadMax, fairKeysBegunMax } = storeLimits;
  flood(stage, 2 * fairKeysBegunMax);
  assert.equal(flows.size, fairKeysAheadMax + fairKeysBegunMax + 2);
  stage.nowMs += 2 * 3_600_000;
  stage.sweep();
  stage.sweep();
  stage.sweep();
  assert.deepEqual(
    [...flows].map((flow) => shelf.fairTime(queue, flow)),
    [...flows].map(() => 0),
  );
});

test("who submits for many seldom customers has each of them begin at once, however many there are", () => {
  const stage = fairStage();
  const round = () =>
    Array.from({ length: 100 }, (_, n) =>
      stage.submit({ queue, userId: "service", fairKey: `customer ${n}` }),
    );
  round();
  for (let day = 0; day < 3; day += 1) {
    stage.nowMs += 30 * 60_000;
    inOrder(stage, 1_000);
    submitMany(stage, 100, { userId: "service", fairKey: "busy" });
    const seldom = round();
    assert.deepEqual(new Set(inOrder(stage, 101).slice(1)), new Set(seldom));
  }
});

test("to begin a key and cancel it makes no key known, and pays for none that others came behind", () => {
  for (const isFollowed of [false, true]) {
    const stage = fairStage();
    const names = (n: number) => ({ queue, userId: "mallory", fairKey: `key ${n}` });
    for (let n = 0; n < 200; n += 1) {
      const first = stage.submit(names(n));
      if (isFollowed) stage.submit(names(n));
      stage.do("cancel", { taskId: first, reason: "" });
    }
    if (!isFollowed) for (let n = 0; n < 200; n += 1) stage.submit(names(n));
    const steady = submitMany(stage, 20, { userId: "steady", fairKey: "one" });
    const order = inOrder(stage, 300);
    const ahead = order.indexOf(steady.at(-1) ?? "") - 19;
    assert.ok(ahead <= storeLimits.fairKeysAheadMax + 20 + 1, `${ahead} went ahead`);
  }
});

for (const [how, changes, end] of [
  [
    "is cancelled",
    {},
    (stage: DecisionStage, taskId: string) => stage.do("cancel", { taskId, reason: "" }),
  ],
  ["is too late", { queueDeadlineMs: 1 }, (stage: DecisionStage) => stage.sweep()],
] as const) {
  test(`a task that ${how} before it ever ran gives its turn back, with or without a key`, () => {
    for (const fairKey of [undefined, "key"]) {
      const stage = fairStage();
      const names = { userId: "ann", ...(fairKey === undefined ? {} : { fairKey }) };
      const dear = submitMany(stage, 3, { ...names, cost: 50, ...changes });
      stage.nowMs += 1;
      for (const taskId of dear) end(stage, taskId);
      assert.notEqual(stage.statusOf(dear[0] ?? ""), "pending");
      const again = submitMany(stage, 1, names);
      stage.nowMs += 1;
      submitMany(stage, 1, { userId: "bob" });
      assert.deepEqual(inOrder(stage, 1), again);
    }
  });
}

test("to submit and cancel again and again gains nobody a turn, and what ran is not given back", () => {
  const stage = fairStage();
  const [ran = ""] = submitMany(stage, 1, { userId: "ann", cost: 10 });
  inOrder(stage, 1);
  const [idle = ""] = submitMany(stage, 1, { userId: "ann", cost: 3 });
  stage.do("cancel", { taskId: idle, reason: "" });
  stage.do("cancel", { taskId: idle, reason: "" });
  stage.do("cancel", { taskId: ran, reason: "" });
  assert.equal(stage.shelf.fairTime(queue, "ann"), stage.nowMs + 10 * fairMs);
});

const weighed = (fairWeights: Record<string, number>): DecisionStage => {
  const stage = fairStage();
  stage.do("setQueue", { queue, fairWeights });
  return stage;
};

const flowOf = ({ shelf, nowMs }: DecisionStage, userId: string) =>
  shelf.fairTime(queue, userId) - nowMs;

test("a task moves its user's flow on by its cost over the user's weight", () => {
  const stage = weighed({ ada: 2, light: 0.5 });
  for (const userId of ["ada", "light", "bob", "constructor"]) {
    submitMany(stage, 1, { userId, cost: 3 });
  }
  assert.equal(flowOf(stage, "ada"), 1.5 * fairMs);
  assert.equal(flowOf(stage, "light"), 6 * fairMs);
  assert.equal(flowOf(stage, "bob"), 3 * fairMs);
  assert.equal(flowOf(stage, "constructor"), 3 * fairMs, "a name that objects have by nature");
});

test("those who name nobody weigh 1, whatever name is weighed", () => {
  const stage = weighed({ null: 100, undefined: 100, nobody: 100 });
  const [first, second] = submitMany(stage, 2, {});
  stage.nowMs += 1;
  const [bob] = submitMany(stage, 1, { userId: "bob" });
  assert.deepEqual(inOrder(stage, 3), [first, bob, second]);
});

test("keys of a user have its weight, and none has more keys ahead for it", () => {
  const stage = weighed({ ada: 4 });
  const [first = "", ...others] = flood(stage, 1, "ada");
  assert.deepEqual(others, []);
  assert.equal(flowOf(stage, "ada"), fairMs / 4, "a new key is paid for by the weight");
  stage.do("cancel", { taskId: first, reason: "" });
  const flooded = new Set(flood(stage, 300, "ada"));
  const steady = submitMany(stage, 20, { userId: "steady", fairKey: "one" });
  const order = inOrder(stage, 320);
  const last = order.indexOf(steady.at(-1) ?? "");
  const ahead = order.slice(0, last).filter((taskId) => flooded.has(taskId)).length;
  assert.ok(ahead <= storeLimits.fairKeysAheadMax + 4 * 20 + 1, `${ahead} of the flood went ahead`);
});

test("what was charged by a former weight goes back as it was charged", () => {
  for (const fairKey of [undefined, "key"]) {
    const stage = weighed({ ada: 0.1 });
    const names = { userId: "ada", ...(fairKey === undefined ? {} : { fairKey }) };
    const [first = "", second = ""] = submitMany(stage, 2, { ...names, cost: 2 });
    stage.do("setQueue", { queue, fairWeights: { ada: 10 } });
    stage.do("cancel", { taskId: second, reason: "" });
    stage.do("cancel", { taskId: first, reason: "" });
    assert.ok(flowOf(stage, "ada") <= 0);
    submitMany(stage, 1, { userId: "ada" });
    assert.equal(flowOf(stage, "ada"), fairMs / 10);
  }
});

function narrowStage(): DecisionStage {
  const stage = new DecisionStage();
  const settings = { fairMs, agingMsPerLevel: 1_000_000, pendingMax: 1 };
  stage.do("setQueue", { queue, ...settings, whenFull: "evict_lowest" });
  return stage;
}

/** More urgent than what waits, which gives way. */
function evicting(stage: DecisionStage, names: Partial<TaskSubmission>): string {
  const urgent = { queue, priority: 0, type: "t", model: "m", parameters: {}, inputs: [] };
  const answer = stage.do("submit", { ...urgent, ...names });
  assert.ok(answer.kind === "created" && answer.evicted !== null, answer.kind);
  return answer.taskId;
}

test("who takes the place of the task that began its key pays for the key", () => {
  const stage = narrowStage();
  const names = { userId: "ann", fairKey: "new" };
  submitMany(stage, 1, { ...names, priority: 9 });
  evicting(stage, names);
  assert.equal(stage.shelf.fairTime(queue, "ann"), stage.nowMs + fairMs);
});

test("in turn after turn of giving way a flow is charged for the one task that is left", () => {
  for (const fairKey of [undefined, "key"]) {
    const stage = narrowStage();
    const names = { userId: "ann", ...(fairKey === undefined ? {} : { fairKey }) };
    submitMany(stage, 1, { ...names, priority: 9, cost: 7 });
    for (let priority = 8; priority >= 0; priority -= 1) {
      stage.nowMs += 1;
      evicting(stage, { ...names, priority });
    }
    assert.equal(stage.shelf.fairTime(queue, "ann"), stage.nowMs + fairMs);
    // Stands where the flow is, so that the next of its flow comes behind it.
    stage.do("setQueue", { queue, pendingMax: 10 });
    const next = stage.submit({ queue, ...names, priority: 0 });
    assert.equal(inOrder(stage, 2)[1], next);
  }
});

test("a newcomer stands before the task that gave way for it, however far its user's flow has gone", () => {
  const stage = narrowStage();
  const names = { userId: "ann", fairKey: "new" };
  stage.do("setQueue", { queue, pendingMax: 91, agingMsPerLevel: 10 * fairMs });
  submitMany(stage, 1, { ...names, priority: 1 });
  submitMany(stage, 90, { userId: "ann", priority: 0, isEvictable: false });
  const [former] = stage.do("list", { limit: 1 }).tasks;
  assert.ok(former);
  const before = stage.shelf.task(former.taskId)?.rank ?? 0;
  const taskId = evicting(stage, names);
  assert.ok((stage.shelf.task(taskId)?.rank ?? before) < before);
  assert.equal(stage.statusOf(former.taskId), "evicted");
});
