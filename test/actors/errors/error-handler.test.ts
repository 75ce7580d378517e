import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCounts } from "#actors/errors/error-counts.ts";
import { ErrorHandlerActor } from "#actors/errors/error-handler.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import type { ErrorGroup } from "#protocols/tasks/error-records.ts";
import { ErrorHandler, errorHandlerName, errorRules } from "#protocols/tasks/errors.ts";
import type { TaskFailure } from "#protocols/tasks/task-failure.ts";
import { queueBench, submissionOf } from "../queue/queue-bench.ts";
import { leaseOf } from "../queue/queue-fixture.ts";

const retry = { baseMs: 0, factor: 1, capMs: 0, jitter: "none" } as const;

async function stageOf(context: Parameters<typeof queueBench>[0]) {
  const bench = await queueBench(context);
  const counts = new ErrorCounts();
  const begin = async () => {
    const actor = bench.system.spawn(ErrorHandlerActor, { counts }, { name: "error-handler" });
    await bench.system.started(actor);
    return actor;
  };
  const first = await begin();
  const errors = await bench.system.lookup(ErrorHandler, errorHandlerName, 5_000);
  const one = await bench.worker("one");
  /** Has a task fail, attempt after attempt, until it has ended. */
  const failing = async (failure: TaskFailure, terms = {}) => {
    const { taskId } = await bench.queue.submit(submissionOf({ retry, ...terms }));
    for (;;) {
      const lease = leaseOf(await one.next());
      const answer = await bench.queue.fail({ node: "one", lease, failure });
      if (answer.kind !== "retried") return taskId;
    }
  };
  return { ...bench, counts, begin, first, errors, failing };
}

/** The groups, as soon as so many failures are in them. */
async function groupsWith(
  errors: Ref<ErrorHandler>,
  count: number,
): Promise<readonly ErrorGroup[]> {
  for (;;) {
    const { groups } = await errors.errors({ limit: 100 }).catch(() => ({ groups: [] }));
    if (groups.reduce((sum, group) => sum + group.count, 0) >= count) return groups;
  }
}

const model = (number: number): TaskFailure => ({
  ...{ class: "model", code: "model_failed" },
  detail: `node ${number} of the graph failed`,
});

test("every failed attempt is counted in the group that it is like", async (context) => {
  const { errors, failing, counts } = await stageOf(context);
  const taskId = await failing(model(7));
  await failing(model(8), { queue: "default" });
  await failing({ class: "validation", code: "bad_image", detail: "no picture" });
  const groups = await groupsWith(errors, 5);
  const seen = groups.map(({ code, count, retried }) => [code, count, retried]);
  assert.deepEqual(seen.sort(), [
    ["bad_image", 1, 0],
    ["model_failed", 4, 2],
  ]);
  const [group] = (await errors.errors({ class: "model", limit: 1 })).groups;
  assert.ok(group);
  assert.ok(group.taskIds.includes(taskId));
  assert.deepEqual(await errors.group(group.fingerprint), group);
  const text = JSON.stringify(counts.figures());
  assert.match(text, /"class":"model"},"value":4/);
});

test("groups are kept over restarts, and nothing is counted twice", async (context) => {
  const { system, errors, failing, first, begin } = await stageOf(context);
  await failing(model(1));
  const [before] = await groupsWith(errors, 2);
  assert.ok(before);
  await errors.acknowledge({ fingerprint: before.fingerprint, by: "anna" });
  await system.stopActor(first);
  await failing({ class: "validation", code: "bad_image", detail: "while nobody looked" });
  await begin();
  const next = await system.lookup(ErrorHandler, errorHandlerName, 5_000);
  const groups = await groupsWith(next, 3);
  const kept = groups.find(({ fingerprint }) => fingerprint === before.fingerprint);
  assert.deepEqual([kept?.count, kept?.acknowledgedBy], [2, "anna"]);
  assert.ok(groups.some(({ code, count }) => code === "bad_image" && count === 1));
});

test("a bug alerts operators at once, and the alert ends when somebody has seen to it", async (context) => {
  const { errors, store, failing } = await stageOf(context);
  await failing({ class: "internal", code: "internal", detail: "x is not a function" });
  const [group] = await groupsWith(errors, 2);
  assert.ok(group);
  const openOf = async () =>
    (await store.openAlerts(10)).filter(({ ruleId }) => ruleId === errorRules.group);
  while ((await openOf()).length === 0) await errors.poison(1);
  assert.deepEqual(
    (await openOf()).map(({ subject, severity }) => [subject, severity]),
    [[group.fingerprint, "warning"]],
  );
  await errors.acknowledge({ fingerprint: group.fingerprint, by: "anna" });
  while ((await openOf()).length > 0) await errors.poison(1);
});

test("a poison task is listed with why, and alerts operators", async (context) => {
  const { errors, store, queue, system } = await stageOf(context);
  const { taskId } = await queue.submit(submissionOf({ model: "nobody's", retry }));
  const claim = { node: "dies", incarnation: 1, models: ["nobody's"], max: 1 };
  for (let lost = 0; lost < 4; lost += 1) {
    while ((await store.claim(claim)).length === 0) await store.sweep(10);
    await store.releaseNode({ node: "dies", except: [] });
  }
  assert.ok(system);
  while ((await errors.poison(10)).length === 0) await errors.poison(1);
  const [poison] = await errors.poison(10);
  assert.deepEqual([poison?.taskId, poison?.node], [taskId, "dies"]);
  assert.match(poison?.why ?? "", /lease 4 was lost.*none runs it again/);
  const { poisonTotal } = await errors.errors({ limit: 1 });
  assert.equal(poisonTotal, 1);
  while (!(await store.openAlerts(10)).some(({ ruleId }) => ruleId === errorRules.poison)) {
    await errors.poison(1);
  }
});

test("a queue that has spent its budget of retries is shown, and alerts", async (context) => {
  const { errors, store, failing } = await stageOf(context);
  const network: TaskFailure = { class: "network", code: "ECONNRESET", detail: "cut off" };
  // Who is over the budget waits for the queue's longest delay.
  const retry = { baseMs: 1, factor: 1, capMs: 1, jitter: "none" } as const;
  await store.setQueue({ queue: "default", retry });
  await failing(network, { maxRetries: 30 });
  await groupsWith(errors, 31);
  const { budgets } = await errors.errors({ limit: 1 });
  const [budget] = budgets.filter(({ queue }) => queue === "default");
  assert.ok(budget && budget.left < 1 && budget.spentAt !== null, JSON.stringify(budgets));
  while (!(await store.openAlerts(10)).some(({ ruleId }) => ruleId === errorRules.budget)) {
    await errors.poison(1);
  }
});

test("failures that were forgotten before they were read are counted as missed", async (context) => {
  const { system, store, errors, failing, first, begin } = await stageOf(context);
  await failing({ class: "validation", code: "one", detail: "seen" });
  await groupsWith(errors, 1);
  await system.stopActor(first);
  const payload = { class: "model", code: "c", detail: "d", type: "t", model: "m", queue: "q" };
  const event = { channel: "errors", type: "failed_attempt", taskId: "t" };
  const whole = { ...payload, node: null, isRetried: false, isOverBudget: false };
  for (let batch = 0; batch < 5; batch += 1) {
    const events = Array.from({ length: 250 }, () => ({ ...event, payload: whole }));
    await store.appendEvents(events);
  }
  while (
    (await store.readEvents({ channel: "errors", afterSeq: 0, limit: 1 })).events[0]?.seq === 1
  ) {
    await store.sweep(500);
  }
  await begin();
  const next = await system.lookup(ErrorHandler, errorHandlerName, 5_000);
  const read = async () => {
    const { groups, missed } = await next
      .errors({ limit: 9 })
      .catch(() => ({ groups: [], missed: 0 }));
    return { missed, sum: groups.reduce((sum, { count }) => sum + count, 0) + missed };
  };
  while ((await read()).sum < 1_251) await next.poison(1).catch(() => []);
  const { missed, sum } = await read();
  assert.equal(sum, 1_251);
  assert.ok(missed > 200, `${missed} were missed`);
});

test("an event that another release wrote is passed over", async (context) => {
  const { store, errors, failing } = await stageOf(context);
  const payload = { class: "weather", code: 7 };
  await store.appendEvents([{ channel: "errors", type: "failed_attempt", taskId: "t", payload }]);
  await failing({ class: "validation", code: "one", detail: "seen" });
  const groups = await groupsWith(errors, 1);
  assert.equal(groups.length, 1);
});
