import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { file } from "../submissions.ts";
import { DecisionStage, leaseMs, refOf } from "./decision-stage.ts";

const hourMs = 3_600_000;

test("results are kept for a day, failures for a week; then who asks hears gone for a week", () => {
  const stage = new DecisionStage();
  const completed = stage.submit();
  const lease = refOf(stage.claim());
  stage.do("complete", { lease, result: { figures: {}, files: [file("image", 5)] } });
  const failed = stage.submit({ maxRetries: 0 });
  stage.fail(stage.claim());
  const asked = () =>
    [completed, failed].map((taskId) => stage.do("result", { taskId, position: 0 }).kind);
  assert.deepEqual(asked(), ["file", "none"]);
  stage.nowMs += 24 * hourMs;
  assert.equal(stage.sweep().purged, 1);
  assert.deepEqual(asked(), ["gone", "none"]);
  stage.nowMs += 6 * 24 * hourMs;
  assert.equal(stage.sweep().purged, 1);
  assert.deepEqual(asked(), ["gone", "gone"]);
  stage.nowMs += 24 * hourMs;
  stage.sweep();
  assert.deepEqual(asked(), ["not_found", "gone"]);
  assert.equal(stage.do("outcome", completed), null);
  assert.deepEqual(stage.do("check").problems, []);
  assert.equal(stage.do("counts").completed, 1, "it was completed, and stays so in the totals");
});

test("so many forgotten tasks are known as there may be, the newest", () => {
  const stage = new DecisionStage({ tombstonesMax: 3 });
  const ids = Array.from({ length: 5 }, () => {
    const taskId = stage.submit();
    stage.do("cancel", { taskId, reason: "enough" });
    stage.nowMs += 1_000;
    return taskId;
  });
  stage.nowMs += 7 * 24 * hourMs - 3_000;
  const kinds = () => ids.map((taskId) => stage.do("result", { taskId, position: 0 }).kind);
  const level = () =>
    stage.do("recordLevels").find(({ bound }) => bound === "tombstonesMax") ?? assert.fail();
  stage.sweep();
  assert.deepEqual(kinds(), ["gone", "gone", "gone", "none", "none"]);
  assert.deepEqual([level().level, level().gaveWay], [3, 0]);
  stage.nowMs += 5_000;
  stage.sweep();
  stage.sweep();
  assert.deepEqual(kinds(), ["not_found", "not_found", "gone", "gone", "gone"]);
  assert.deepEqual([level().level, level().gaveWay], [3, 2]);
});

test("a channel keeps its newest events, or those of an hour; who is behind learns it", () => {
  const stage = new DecisionStage({ eventsKept: 3 });
  const note = (type: string) => ({ channel: "room:a", type, taskId: null, payload: {} });
  const seqs = stage.do("appendEvents", ["a", "b", "c", "d", "e"].map(note));
  assert.deepEqual(seqs, [1, 2, 3, 4, 5]);
  const read = (afterSeq: number) => {
    const page = stage.do("readEvents", { channel: "room:a", afterSeq, limit: 10 });
    return [page.events.map(({ seq }) => seq), page.head, page.isTrimmed];
  };
  stage.sweep();
  assert.deepEqual(read(0), [[3, 4, 5], 5, true]);
  assert.deepEqual(read(1), [[3, 4, 5], 5, true]);
  assert.deepEqual(read(2), [[3, 4, 5], 5, false]);
  assert.deepEqual(read(5), [[], 5, false]);
  stage.nowMs += hourMs + 1;
  stage.sweep();
  assert.deepEqual(read(0), [[], 5, true]);
  assert.deepEqual(read(5), [[], 5, false]);
  assert.deepEqual(stage.do("appendEvents", [note("f")]), [6]);
});

test("many events are forgotten in as many sweeps as it takes", () => {
  const stage = new DecisionStage({ eventsKept: 10 });
  const event = { channel: "room:a", type: "t", taskId: null, payload: {} };
  for (let n = 0; n < 100; n += 1) stage.do("appendEvents", [event]);
  const sizes = [];
  for (let n = 0; n < 7; n += 1) {
    stage.do("sweep", 2);
    sizes.push(stage.do("tailEvents", { afterEventId: 0, limit: 1_000 }).events.length);
  }
  assert.deepEqual(sizes, [84, 68, 52, 36, 20, 10, 10]);
});

test("damaged tasks do not keep a sweep from its work: each fails as corrupt, once", () => {
  const stage = new DecisionStage();
  const leased = stage.submit();
  stage.claim();
  const parked = stage.submit();
  const question = { step: 0, userId: "ann", stepResult: {}, expiresMs: 500 } as const;
  const way = { onTimeout: "proceed", mode: "park", checkpoint: null } as const;
  stage.do("confirmRequest", { lease: refOf(stage.claim()), ...question, ...way });
  const scheduled = stage.submit({ runAt: stage.nowMs + 500 });
  const overdue = stage.submit({ deadlineMs: 500 });
  const { shelf } = stage;
  const readTask = shelf.task.bind(shelf);
  const fails = (): never => {
    throw new Failure("corrupt", "a row fails its checksum");
  };
  shelf.task = fails;
  shelf.attempt = fails;
  shelf.attemptFacts = fails;
  stage.nowMs += 20_000;
  stage.sweep();
  shelf.task = readTask;
  for (const taskId of [leased, parked, scheduled, overdue]) {
    assert.equal(stage.do("view", taskId)?.errorCode, "corrupt");
    assert.equal(stage.eventsOf(taskId).filter((type) => type === "failed").length, 1);
  }
  const damage = "a row fails its checksum";
  assert.deepEqual(stage.do("check").problems, [damage, damage], "each of the two attempts");
  assert.ok((stage.sweep().nextAt ?? 0) > stage.nowMs);
});

test("a sweep tells whose attempts ran out of time, and whose leases it took", () => {
  const stage = new DecisionStage();
  stage.submit({ timeoutMs: 100, maxRetries: 0 });
  stage.claim({ node: "slow" });
  stage.nowMs += 100;
  assert.deepEqual(stage.sweep().faults, [
    { node: "slow", class: "timeout", attempts: 1, isBlamed: true },
  ]);
  stage.submit();
  stage.claim({ node: "silent" });
  stage.nowMs += leaseMs;
  assert.deepEqual(stage.sweep().faults, [
    { node: "silent", class: "node_lost", attempts: 1, isBlamed: true },
  ]);
  assert.deepEqual(stage.sweep().faults, []);
});
