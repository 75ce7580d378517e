// A task that names no queue goes where there is room for it: a refusal is told only when no queue takes it.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { ownKey } from "#protocols/tasks/idempotency-keys.ts";
import type { QueueSettings } from "#protocols/tasks/queue-view.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { planOf, pngOf, queueBench, submissionOf } from "./queue-bench.ts";

type Rules = Omit<QueueSettings, "queue">;

/** `first` is taken before `second`, but for its rules. */
async function pair(context: TestContext, first: Rules, second: Rules = {}) {
  const { queue } = await queueBench(context, [
    planOf("first", { settings: { queue: "", ...first } }),
    planOf("second", { settings: { queue: "", ...second }, class: "serverless" }),
  ]);
  const sentTo = async (terms: Partial<TaskSubmission> = {}): Promise<string> => {
    const { taskId } = await queue.submit(submissionOf(terms));
    return (await queue.view(taskId))?.queue ?? "nowhere";
  };
  return { queue, sentTo };
}

const file = (bytes: number) => ({
  inputs: [{ name: "blob", contentType: "text/plain", bytes: new Uint8Array(bytes) }],
});

const codeOf = async (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => "taken",
    (error: unknown) => Failure.of(error).code,
  );

test("a task larger than all that a queue holds goes to one that holds it", async (context) => {
  const { sentTo } = await pair(context, { pendingBytesMax: 1_000 });
  assert.equal(await sentTo(file(900)), "first");
  assert.equal(await sentTo(file(5_000)), "second");
  assert.equal(await sentTo({ parameters: { text: "x".repeat(1_000) } }), "second");
});

test("one without a key goes where none is wanted, one with a key to the best", async (context) => {
  const { sentTo } = await pair(context, { isKeyRequired: true });
  assert.equal(await sentTo(), "second");
  assert.equal(await sentTo({ idempotencyKey: ownKey("1") }), "second", "nobody chose that key");
  assert.equal(await sentTo({ idempotencyKey: "mine" }), "first");
});

test("a large picture goes to the processor when the card's queue wants a key", async (context) => {
  const { queue } = await queueBench(context, [
    planOf("card", { class: "gpu", settings: { queue: "", isKeyRequired: true } }),
    planOf("processor", { class: "cpu-heavy" }),
  ]);
  const inputs = [{ name: "image", contentType: "image/png", bytes: pngOf(3_000, 3_000) }];
  const { taskId } = await queue.submit(submissionOf({ inputs }));
  assert.equal((await queue.view(taskId))?.queue, "processor");
});

test("who has his share of one queue goes on in the next", async (context) => {
  const { sentTo } = await pair(context, { perUserMax: 1 });
  for (const userId of ["ann", "bob", undefined]) {
    const user = userId === undefined ? {} : { userId };
    assert.equal(await sentTo(user), "first", userId);
    assert.equal(await sentTo(user), "second", userId);
  }
});

test("a queue that has filled up since it was looked at leaves the task to the next", async (context) => {
  const { queue, sentTo } = await pair(context, { pendingMax: 2 }, { pendingMax: 3 });
  const places = [await sentTo(), await sentTo(), await sentTo(), await sentTo(), await sentTo()];
  assert.deepEqual(places, ["first", "first", "second", "second", "second"]);
  await assert.rejects(queue.submit(submissionOf({ idempotencyKey: "x" })), { code: "queue_full" });
  assert.equal((await queue.refusal("x"))?.queue, "first", "the best one's refusal is told");
});

test("where no queue takes it, the refusal says why", async (context) => {
  const small = await pair(context, { pendingBytesMax: 100 }, { pendingBytesMax: 100 });
  assert.equal(await codeOf(small.sentTo(file(200))), "too_large");
  assert.equal(await codeOf(small.sentTo(file(50))), "taken");
});

test("whom one queue refuses waits where another lets newcomers wait", async (context) => {
  const { queue, sentTo } = await pair(
    context,
    { pendingMax: 1 },
    { pendingMax: 1, whenFull: "block" },
  );
  assert.deepEqual([await sentTo(), await sentTo()], ["first", "second"]);
  const third = queue.$.with({ within: 400 }).submit(submissionOf());
  const begun = performance.now();
  assert.notEqual(await codeOf(third), "taken");
  assert.ok(performance.now() - begun > 100, "it was not refused at once");
});

test("a repetition with its key is the same task, in whichever queue it is", async (context) => {
  const { queue } = await pair(context, { perUserMax: 1 });
  const keyed = submissionOf({ idempotencyKey: "same", userId: "ann" });
  await queue.submit(submissionOf({ userId: "ann" }));
  const { taskId } = await queue.submit(keyed);
  assert.equal((await queue.submit(keyed)).taskId, taskId);
});

async function tight(context: TestContext) {
  const plan = planOf("tight", { settings: { queue: "", pendingMax: 1, whenFull: "block" } });
  const bench = await queueBench(context, [plan]);
  const { queue } = bench;
  const { taskId } = await queue.submit(submissionOf({ queue: "tight" }));
  const order: string[] = [];
  const wait = async (name: string, terms: Partial<TaskSubmission> = {}): Promise<void> => {
    await queue.submit(submissionOf({ queue: "tight", name, ...terms }));
    order.push(name);
  };
  const blocked = async (count: number): Promise<void> => {
    while ((await queue.statistics()).blocked !== count);
  };
  return { ...bench, taskId, order, wait, blocked };
}

test("a newcomer that comes just as there is room goes behind who waits for it", async (context) => {
  const { queue, taskId, order, wait, blocked, worker } = await tight(context);
  const first = wait("first");
  await blocked(1);
  const going = queue.cancel({ taskId, reason: "to make room" });
  const newcomer = wait("newcomer");
  await Promise.all([going, first]);
  assert.deepEqual(order, ["first"]);
  await worker("one", { queues: ["tight"] });
  await newcomer;
});

test("of those who wait for room the more urgent go first", async (context) => {
  const { order, wait, blocked, worker, complete } = await tight(context);
  const waiting = [wait("usual", { priority: 3 })];
  await blocked(1);
  waiting.push(wait("urgent", { priority: 1 }));
  await blocked(2);
  const one = await worker("one", { queues: ["tight"] });
  for (let count = 0; count < 3; count += 1) await complete("one", await one.next());
  await Promise.all(waiting);
  assert.deepEqual(order, ["urgent", "usual"]);
});

test("a repetition of what is there already is answered, however many wait", async (context) => {
  const { queue, taskId, wait, blocked } = await tight(context);
  const keyed = submissionOf({ queue: "tight", idempotencyKey: "mine" });
  await queue.cancel({ taskId, reason: "to make room" });
  const mine = await queue.submit(keyed);
  const waiting = wait("another").catch(() => "it gave up with the test");
  await blocked(1);
  assert.equal((await queue.submit(keyed)).taskId, mine.taskId);
  await queue.cancel({ taskId: mine.taskId, reason: "to let it in" });
  await waiting;
});
