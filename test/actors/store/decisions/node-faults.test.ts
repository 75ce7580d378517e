// Whom a lost lease is blamed on: the node, as long as its task has ended nobody else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import type { NodeFault } from "#protocols/tasks/store.ts";
import { DecisionStage, leaseMs } from "./decision-stage.ts";

const fault = (node: string, { attempts = 1, isBlamed = true }): NodeFault => ({
  node,
  class: "node_lost",
  attempts,
  isBlamed,
});

/** The node takes all that waits, and dies of it. */
function dies(stage: DecisionStage, node: string): readonly NodeFault[] {
  stage.nowMs += 1_000;
  stage.sweep();
  stage.claimAll({ node });
  return stage.do("releaseNode", { node, except: [] }).faults;
}

test("a node that dies with many tasks has failed once, and each attempt counts", () => {
  const stage = new DecisionStage();
  for (let n = 0; n < 3; n += 1) stage.submit();
  assert.deepEqual(dies(stage, "a"), [fault("a", { attempts: 3 })]);
  assert.deepEqual(stage.do("releaseNode", { node: "a", except: [] }).faults, []);
});

test("a node that falls silent with many tasks has failed once, too", () => {
  const stage = new DecisionStage();
  for (let n = 0; n < 3; n += 1) stage.submit();
  stage.claimAll({ node: "a" });
  stage.nowMs += leaseMs;
  assert.deepEqual(stage.sweep().faults, [fault("a", { attempts: 3 })]);
});

test("a node that dies of the same task again and again is blamed, but not for what is poison", () => {
  const stage = new DecisionStage();
  stage.submit();
  const blamed = [1, 2, 3, 4].map(() => dies(stage, "a").map(({ isBlamed }) => isBlamed));
  assert.deepEqual(blamed, [[true], [true], [true], [false]]);
});

test("a task that ends one node after the other has only the first blamed", () => {
  const stage = new DecisionStage();
  const taskId = stage.submit();
  const faults = ["a", "b", "c", "a"].flatMap((node) => dies(stage, node));
  assert.deepEqual(faults, [
    fault("a", {}),
    ...["b", "c", "a"].map((node) => fault(node, { isBlamed: false })),
  ]);
  assert.equal(stage.do("view", taskId)?.errorCode, "POISON");
});

test("a node that dies of every task is blamed for all of them, though others end them", () => {
  const stage = new DecisionStage();
  const blamed = [1, 2, 3, 4, 5, 6].map(() => {
    stage.submit();
    const faults = dies(stage, "bad");
    for (const lease of stage.claimAll({ node: "good" })) stage.complete(lease);
    return faults.every(({ isBlamed }) => isBlamed) && faults.length === 1;
  });
  assert.deepEqual(blamed, Array(6).fill(true));
});

test("what was to be given up, and ends with its node, is nobody's failure", () => {
  const stage = new DecisionStage();
  const taskId = stage.submit();
  stage.claim({ node: "a" });
  stage.do("cancel", { taskId, reason: "not needed" });
  const report = stage.do("releaseNode", { node: "a", except: [] });
  assert.deepEqual(report, { released: 0, ended: [taskId], faults: [] });
});

test("former attempts that cannot be read are passed over", () => {
  const stage = new DecisionStage();
  const taskId = stage.submit();
  dies(stage, "a");
  stage.nowMs += 1_000;
  stage.claim({ node: "b" });
  const { shelf } = stage;
  const read = shelf.attempt.bind(shelf);
  shelf.attempt = (id, number) => {
    if (number === 1) throw new Failure("corrupt", "a row fails its checksum");
    return read(id, number);
  };
  const { faults } = stage.do("releaseNode", { node: "b", except: [] });
  assert.deepEqual(faults, [fault("b", {})]);
  assert.equal(stage.statusOf(taskId), "scheduled");
});
