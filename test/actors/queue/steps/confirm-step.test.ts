import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfirmationsActor } from "#actors/confirmations/confirmations-actor.ts";
import { askStep } from "#actors/queue/steps/ask-step.ts";
import type { StepFailure } from "#actors/queue/steps/step-failure.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import type { OpenConfirmation } from "#protocols/tasks/confirmation.ts";
import { Confirmations, confirmationsName } from "#protocols/tasks/confirmations.ts";
import { failureStrategies } from "#protocols/tasks/failure-strategy.ts";
import { stepsModel, stepsType } from "#protocols/tasks/steps.ts";
import { queueBench, submissionOf, textFile, textOf } from "../queue-bench.ts";

const stepsTask = (steps: readonly object[], terms = {}) =>
  submissionOf({
    ...{ type: stepsType, model: stepsModel, inputs: [textFile("image", "picture")] },
    ...{ userId: "ada", parameters: { steps: JSON.stringify(steps) }, ...terms },
  });

const find = { name: "find", type: "detect-text", model: "finder" };
const confirm = { question: "Take these texts away?", onTimeout: "reject" };
const ask = { name: "ask", type: "confirm", inputs: [{ name: "mask", from: "find" }], confirm };
const fill = {
  ...{ name: "fill", type: "inpaint", model: "diffuse" },
  inputs: [{ name: "image" }, { name: "mask", from: "ask" }],
};
const asking = [find, ask, fill];

async function stageOf(context: Parameters<typeof queueBench>[0]) {
  const bench = await queueBench(context);
  bench.system.spawn(ConfirmationsActor, { name: "confirmations" });
  const people = await bench.system.lookup(Confirmations, confirmationsName, 5_000);
  return { ...bench, people };
}

/** The first question that is open for somebody, as soon as there is one. */
async function questionFor(people: Ref<Confirmations>, userId: string): Promise<OpenConfirmation> {
  for (;;) {
    const [open] = await people.open({ userId, limit: 1 });
    if (open) return open;
  }
}

const yes = ({ callbackId }: OpenConfirmation, userId: string | null = "ada") =>
  ({ callbackId, userId, decision: "proceed", feedback: "as found" }) as const;

test("between two steps a person is asked, and the task waits without a worker", async (context) => {
  const { queue, store, worker, complete, people } = await stageOf(context);
  const finder = await worker("finder", { models: ["finder"] });
  const filler = await worker("filler");
  const { taskId } = await queue.submit(stepsTask(asking));
  const found = await finder.next();
  await complete("finder", found, [textFile("mask", "here")]);
  const open = await questionFor(people, "ada");
  assert.deepEqual([open.taskId, open.onTimeout, open.mode], [taskId, "reject", "park"]);
  assert.equal(open.expiresAt - open.createdAt, 300_000, "who says no time has five minutes");
  assert.equal(open.stepResult.message, confirm.question);
  assert.deepEqual(JSON.parse(String(open.stepResult.result)), { find: found.taskId });
  const parked = await store.view(taskId);
  assert.deepEqual([parked?.status, parked?.assignedNode], ["waiting_confirmation", null]);
  assert.deepEqual(await people.answer(yes(open)), { kind: "answered" });
  const filling = await filler.next();
  assert.equal(textOf(filling.inputs, "mask"), "here");
  await complete("filler", filling, [textFile("image", "without text")]);
  const outcome = await queue.outcome(taskId);
  assert.ok(outcome.status === "completed");
  assert.equal(textOf(outcome.result.files, "image"), "without text");
  assert.equal((await store.list({ parentId: taskId, limit: 10 })).tasks.length, 2);
});

test("who says no ends the task, and says why", async (context) => {
  const { queue, worker, complete, people } = await stageOf(context);
  const finder = await worker("finder", { models: ["finder"] });
  const { taskId } = await queue.submit(stepsTask(asking));
  await complete("finder", await finder.next(), [textFile("mask", "here")]);
  const open = await questionFor(people, "ada");
  await people.answer({ ...yes(open), decision: "reject", feedback: "not the title" });
  const outcome = await queue.outcome(taskId);
  assert.ok(outcome.status === "cancelled");
  assert.equal(outcome.code, "rejected");
  assert.match(outcome.detail, /step "ask" was answered reject: not the title/);
});

for (const [onTimeout, status, code] of [
  ["proceed", "completed", undefined],
  ["reject", "cancelled", "rejected"],
  ["fail", "failed", "CONFIRMATION_TIMEOUT"],
] as const) {
  test(`silence that means ${onTimeout} ends its task as ${status}`, async (context) => {
    const { queue } = await stageOf(context);
    const terms = { ...confirm, onTimeout, expiresMs: 1_200 };
    const only = [{ name: "ask", type: "confirm", confirm: terms }];
    const { taskId } = await queue.submit(stepsTask(only));
    const outcome = await queue.outcome(taskId);
    assert.equal(outcome.status, status);
    assert.equal(outcome.status === "completed" ? undefined : outcome.code, code);
  });
}

test("a question waits beside other steps, which go on; then the task is parked", async (context) => {
  const { queue, store, worker, complete, people } = await stageOf(context);
  const one = await worker("one");
  const steps = [
    { name: "ask", type: "confirm", confirm },
    { name: "other", type: "inpaint", model: "diffuse" },
  ];
  const { taskId } = await queue.submit(stepsTask(steps));
  const lease = await one.next();
  const open = await questionFor(people, "ada");
  assert.equal(open.mode, "hold");
  await complete("one", lease, [textFile("image", "done")]);
  while ((await store.view(taskId))?.status !== "waiting_confirmation") await people.find("x");
  const parked = await questionFor(people, "ada");
  assert.deepEqual(
    [parked.mode, parked.callbackId, parked.expiresAt],
    ["park", open.callbackId, open.expiresAt],
    "the same question, with no more time",
  );
  await people.answer(yes(parked));
  assert.equal((await queue.outcome(taskId)).status, "completed");
});

test("two questions side by side are both open, and the task waits without a worker", async (context) => {
  const { queue, store, people } = await stageOf(context);
  const question = (name: string) => ({ name, type: "confirm", confirm });
  const { taskId } = await queue.submit(stepsTask([question("one"), question("two")]));
  while ((await store.view(taskId))?.status !== "waiting_confirmation") await people.find("x");
  const open = await people.open({ userId: "ada", limit: 9 });
  assert.deepEqual(open.map(({ mode }) => mode).sort(), ["hold", "park"]);
  for (const each of open) await people.answer(yes(each));
  assert.equal((await queue.outcome(taskId)).status, "completed");
});

test("a held question is withdrawn when its task is cancelled", async (context) => {
  const { queue, people } = await stageOf(context);
  const terms = { ...confirm, expiresMs: 9_000 };
  const { taskId } = await queue.submit(
    stepsTask([{ name: "ask", type: "confirm", confirm: terms }]),
  );
  const open = await questionFor(people, "ada");
  await queue.cancel({ taskId, reason: "not wanted" });
  assert.equal((await queue.outcome(taskId)).status, "cancelled");
  assert.deepEqual(await people.answer(yes(open)), { kind: "decided", decision: "ended" });
  assert.deepEqual(await people.open({ userId: null, limit: 9 }), []);
});

test("a step that asks wrongly is refused before anything is stored", async (context) => {
  const { queue } = await stageOf(context);
  const mistakes = [
    [{ name: "ask", type: "confirm" }, /does not say under confirm/],
    [{ name: "ask", type: "confirm", model: "m", confirm }, /has no model/],
    [{ name: "ask", type: "inpaint", model: "m", confirm }, /is no step of type "confirm"/],
    [{ name: "fill", type: "inpaint" }, /"fill" has no model/],
    [{ name: "ask", type: "confirm", confirm: { question: "?" } }, /onTimeout/],
  ] as const;
  for (const [step, expected] of mistakes) {
    await assert.rejects(queue.submit(stepsTask([step])), expected);
  }
});

test("a task without a user has to say whom to ask", async (context) => {
  const { queue } = await stageOf(context);
  const { userId: _, ...nobodys } = stepsTask([{ name: "ask", type: "confirm", confirm }]);
  const { taskId } = await queue.submit(nobodys);
  const outcome = await queue.outcome(taskId);
  assert.ok(outcome.status === "failed");
  assert.match(outcome.detail, /write userId/);
});

test("an attempt that learns that the time of its question was over fails the task for good", async (context) => {
  const { people } = await stageOf(context);
  const confirmations = [{ step: 0, decision: "timeout_fail", feedback: null }] as const;
  const lease = {
    ...{ taskId: "t", fence: 2, epoch: "e", attempt: 2, type: stepsType, model: stepsModel },
    ...{ queue: "steps", parameters: {}, inputs: [], leaseMs: 15_000, timeoutMs: null },
    ...{ checkpoint: null, confirmations },
  };
  const step = {
    name: "ask",
    type: "confirm",
    confirm: { ...confirm, onTimeout: "fail" },
  } as const;
  const question = { step, number: 0, files: [], tasks: new Map(), lease, userId: "ada" };
  const { signal } = new AbortController();
  const ports = {
    confirmations: () => Promise.resolve(people),
    signal,
    mayPark: () => true,
    pause: async () => {},
  };
  await assert.rejects(askStep(question, ports), ({ failure }: StepFailure) => {
    assert.equal(failure.code, "CONFIRMATION_TIMEOUT");
    const { retriesMax, endsAs } = failureStrategies[failure.class];
    assert.deepEqual([retriesMax, endsAs], [0, "failed"]);
    return true;
  });
});
