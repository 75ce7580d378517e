import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClaimRequest, OtherWorkers } from "#protocols/tasks/claim-request.ts";
import { failureStrategies } from "#protocols/tasks/failure-strategy.ts";
import type { TaskLease, TaskSubmission } from "#protocols/tasks/task.ts";
import { failureClasses } from "#protocols/tasks/task-failure.ts";
import { DecisionStage, leaseMs, refOf } from "./decision-stage.ts";

const atOnce = { baseMs: 0, factor: 1, capMs: 0, jitter: "none" } as const;
const { elsewhereMsMax: modelMsMax } = failureStrategies.model;

const newStage = () => new DecisionStage({ retryBudget: { shareOfClaims: 1, floor: 10 } });
/** Another node's worker, which can run all that the tasks of these tests need. */
const other: OtherWorkers = { queues: ["default"], models: ["m"] };

/** The claims of two nodes that know of one another. */
const claimsOf = (stage: DecisionStage) => ({
  a: (changes: Partial<ClaimRequest> = {}) =>
    stage.claimAll({ node: "a", others: [other], ...changes }),
  b: (changes: Partial<ClaimRequest> = {}) =>
    stage.claimAll({ node: "b", others: [other], ...changes }),
});

function failed(stage: DecisionStage, changes: Partial<TaskSubmission> = {}): TaskLease {
  stage.submit({ retry: atOnce, ...changes });
  const lease = stage.claim({ node: "a" });
  stage.fail(lease, { class: "model" });
  return lease;
}

/** What the newest event of the task says beside its state. */
const noteOf = (stage: DecisionStage, taskId: string): unknown => {
  const channel = `task:${taskId}`;
  return stage.do("readEvents", { channel, afterSeq: 0, limit: 100 }).events.at(-1)?.payload.note;
};

for (const failureClass of failureClasses) {
  const { elsewhereMsMax, retriesMax } = failureStrategies[failureClass];
  if (retriesMax === 0) continue;
  const where = elsewhereMsMax === 0 ? "anywhere" : `elsewhere for ${elsewhereMsMax} ms`;
  test(`after a failure of class ${failureClass} the next attempt is made ${where}`, () => {
    const stage = newStage();
    const { a, b } = claimsOf(stage);
    stage.submit({ retry: atOnce });
    stage.fail(stage.claim({ node: "a" }), { class: failureClass });
    stage.nowMs += Math.max(0, elsewhereMsMax - 1);
    assert.equal(a().length, elsewhereMsMax === 0 ? 1 : 0);
    if (elsewhereMsMax > 0) assert.equal(b()[0]?.attempt, 2);
  });
}

test("another node that is busy for minutes gets the task all the same", () => {
  const stage = newStage();
  const { a, b } = claimsOf(stage);
  const { taskId } = failed(stage);
  for (let minute = 1; minute < 5; minute += 1) {
    stage.nowMs += 60_000;
    assert.deepEqual(a(), []);
  }
  assert.equal(b()[0]?.taskId, taskId);
  assert.equal(noteOf(stage, taskId), undefined);
});

test("when nobody has taken it until the bound, it goes on where it failed, and its history says so", () => {
  const stage = newStage();
  const { a } = claimsOf(stage);
  const { taskId } = failed(stage);
  stage.nowMs += modelMsMax - 1;
  assert.deepEqual(a(), []);
  stage.nowMs += 1;
  assert.equal(a()[0]?.attempt, 2);
  assert.match(String(noteOf(stage, taskId)), /again on a, where it failed: no other .+ 300 s/);
});

test("a node that is alone keeps its tasks, at once, and their history says so", () => {
  const stage = newStage();
  const { taskId } = failed(stage);
  assert.equal(stage.claim({ node: "a" }).attempt, 2);
  assert.match(String(noteOf(stage, taskId)), /again on a, .+: no other live worker can run it/);
});

test("when the last other one goes, it goes on where it failed at once", () => {
  const stage = newStage();
  failed(stage);
  assert.deepEqual(claimsOf(stage).a(), []);
  assert.equal(stage.claim({ node: "a" }).attempt, 2);
});

test("who cannot run it is nobody to leave it to: by queue, model, skill, level or machine", () => {
  const machine = { cores: 4 };
  const has = { platform: "linux", arch: "x64", cores: 4, memoryBytes: 1, diskBytes: 1, gpus: [] };
  const able = { ...other, skills: [{ skill: "ocr", level: 0.5 }], machine: has };
  const unable: readonly OtherWorkers[] = [
    { ...able, queues: ["nightly"] },
    { ...able, models: ["n"] },
    { ...able, skills: [] },
    { ...able, skills: [{ skill: "ocr", level: 0.4 }] },
    { ...able, machine: { ...has, cores: 3 } },
    { queues: able.queues, models: able.models, skills: able.skills },
  ];
  const wants = { requiredSkills: ["ocr"], skillLevel: 0.5, machine };
  const mine = { node: "a", skills: ["ocr"], machine: has };
  for (const others of [unable, [...unable, able]]) {
    const stage = newStage();
    stage.submit({ retry: atOnce, ...wants });
    stage.fail(stage.claim(mine), { class: "model" });
    assert.equal(stage.claimAll({ ...mine, others }).length, others === unable ? 1 : 0);
  }
});

test("a lease that is given back or lost elsewhere does not bring the task back to where it failed", () => {
  const stage = newStage();
  const { a, b } = claimsOf(stage);
  failed(stage);
  const [untouched] = b();
  assert.ok(untouched);
  stage.do("release", refOf(untouched));
  assert.deepEqual(a(), []);
  const [lost] = b();
  assert.ok(lost);
  stage.nowMs += leaseMs + 1;
  stage.sweep();
  assert.equal(stage.statusOf(lost.taskId), "pending");
  assert.deepEqual(a(), []);
  assert.equal(b().length, 1);
});

test("tasks that are left to others keep nobody from those behind them", () => {
  const stage = newStage();
  const { a, b } = claimsOf(stage);
  for (let count = 0; count < 3; count += 1) stage.submit({ retry: atOnce });
  for (const lease of a()) stage.fail(lease, { class: "model" });
  const behind = stage.submit();
  assert.deepEqual(
    a({ max: 2 }).map(({ taskId }) => taskId),
    [behind],
  );
  assert.equal(b({ max: 9 }).length, 3);
});

test("a queue's policy sets the retries of a class, but of one that is never tried again", () => {
  const stage = newStage();
  stage.do("setQueue", {
    queue: "default",
    retry: { ...atOnce, classes: { validation: 1, network: 0, model: 2 } },
  });
  const attemptsOf = (failureClass: "validation" | "network" | "model"): number => {
    stage.submit();
    for (let attempt = 1; ; attempt += 1) {
      const answer = stage.fail(stage.claim(), { class: failureClass });
      if (answer.kind === "ended") return attempt;
    }
  };
  assert.deepEqual(
    (["network", "validation", "model"] as const).map((one) => attemptsOf(one)),
    [1, 1, 3],
  );
});

test("many tasks that are left to others keep no new one from the node that failed them", () => {
  const stage = newStage();
  const { a } = claimsOf(stage);
  for (let count = 0; count < 200; count += 1) stage.submit({ inputs: [], retry: atOnce });
  for (const lease of a({ max: 200 })) stage.fail(lease, { class: "model" });
  stage.nowMs += 10;
  const behind = stage.submit({ inputs: [] });
  assert.equal(a({ max: 1 })[0]?.taskId, behind);
});

test("with a rate, the wait for what is left to others is their time, and a look behind them", () => {
  const rates = { default: { all: { perSecond: 100, burst: 10 } } };
  const stage = newStage();
  stage.submit({ retry: atOnce });
  stage.fail(stage.claim({ node: "a", rates }), { class: "model" });
  const others = [other];
  const request = { node: "a", incarnation: 1, models: ["m"], max: 1, rates, others };
  assert.deepEqual(stage.claimAll(request), []);
  assert.equal(stage.do("claimDelay", request), modelMsMax);
  stage.submit();
  assert.equal(stage.do("claimDelay", request), 0);
});
