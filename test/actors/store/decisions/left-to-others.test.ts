import assert from "node:assert/strict";
import { test } from "node:test";
import { elsewhereMsMax } from "#actors/store/decisions/left-to-others.ts";
import { failureStrategies } from "#protocols/tasks/failure-strategy.ts";
import { failureClasses } from "#protocols/tasks/task-failure.ts";
import { DecisionStage } from "./decision-stage.ts";

const atOnce = { baseMs: 0, factor: 1, capMs: 0, jitter: "none" } as const;

function stageOf(...nodes: readonly string[]): DecisionStage {
  const stage = new DecisionStage({ retryBudget: { shareOfClaims: 1, floor: 10 } });
  const machine = { leaseMs: 60_000, hostname: "box", platform: "linux", arch: "x64" } as const;
  for (const node of nodes) stage.do("registerNode", { node, ...machine });
  return stage;
}

for (const failureClass of failureClasses) {
  const { place, retriesMax } = failureStrategies[failureClass];
  if (retriesMax === 0) continue;
  test(`after a failure of class ${failureClass} the next attempt is made ${place}`, () => {
    const stage = stageOf("a", "b");
    stage.submit({ retry: atOnce });
    stage.fail(stage.claim({ node: "a" }), { class: failureClass });
    assert.equal(stage.claimAll({ node: "a" }).length, place === "elsewhere" ? 0 : 1);
    if (place === "elsewhere") assert.equal(stage.claim({ node: "b" }).attempt, 2);
  });
}

test("when no other node comes for it, the task goes on where it failed", () => {
  const stage = stageOf("a", "b");
  stage.submit({ retry: atOnce });
  stage.fail(stage.claim({ node: "a" }), { class: "model" });
  stage.nowMs += elsewhereMsMax - 1;
  assert.equal(stage.claimAll({ node: "a" }).length, 0);
  stage.nowMs += 1;
  assert.equal(stage.claim({ node: "a" }).attempt, 2);
});

test("a node that is alone keeps its tasks", () => {
  const stage = stageOf("a");
  stage.submit({ retry: atOnce });
  stage.fail(stage.claim({ node: "a" }), { class: "model" });
  assert.equal(stage.claim({ node: "a" }).attempt, 2);
});

test("tasks that are left to others keep nobody from those behind them", () => {
  const stage = stageOf("a", "b");
  for (let count = 0; count < 3; count += 1) stage.submit({ retry: atOnce });
  for (const lease of stage.claimAll({ node: "a" })) stage.fail(lease, { class: "model" });
  const behind = stage.submit();
  assert.deepEqual(
    stage.claimAll({ node: "a", max: 2 }).map(({ taskId }) => taskId),
    [behind],
  );
  assert.equal(stage.claimAll({ node: "b", max: 9 }).length, 3);
});

test("a queue's policy sets the retries of a class", () => {
  const stage = stageOf();
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
    [1, 2, 3],
  );
});

test("many tasks that are left to others keep no new one from the node that failed them", () => {
  const stage = stageOf("a", "b");
  for (let count = 0; count < 200; count += 1) stage.submit({ inputs: [], retry: atOnce });
  for (const lease of stage.claimAll({ node: "a", max: 200 }))
    stage.fail(lease, { class: "model" });
  stage.nowMs += 10;
  const behind = stage.submit({ inputs: [] });
  assert.equal(stage.claim({ node: "a" }).taskId, behind);
});

test("with a rate, the wait for what is left to others is their time, and a look behind them", () => {
  const rates = { default: { all: { perSecond: 100, burst: 10 } } };
  const stage = stageOf("a", "b");
  stage.submit({ retry: atOnce });
  stage.fail(stage.claim({ node: "a", rates }), { class: "model" });
  const request = { node: "a", incarnation: 1, models: ["m"], max: 1, rates };
  assert.deepEqual(stage.claimAll(request), []);
  assert.equal(stage.do("claimDelay", request), elsewhereMsMax);
  stage.submit();
  assert.equal(stage.do("claimDelay", request), 0);
});

test("a node that says it has not the model is nobody to leave a task to", () => {
  const stage = stageOf("a");
  const cpu = { model: "c", cores: 1 };
  const means = { cpu, memoryBytes: 1, gpus: [], models: ["other"] };
  const machine = { leaseMs: 60_000, hostname: "box", platform: "linux", arch: "x64" } as const;
  stage.do("registerNode", { node: "b", ...machine, means });
  stage.submit({ retry: atOnce });
  stage.fail(stage.claim({ node: "a" }), { class: "model" });
  assert.equal(stage.claim({ node: "a" }).attempt, 2);
  stage.do("registerNode", { node: "c", ...machine, means: { ...means, models: ["m"] } });
  stage.submit({ retry: atOnce });
  stage.fail(stage.claim({ node: "a" }), { class: "model" });
  assert.deepEqual(stage.claimAll({ node: "a" }), []);
});
