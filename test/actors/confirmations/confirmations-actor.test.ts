import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfirmationsActor } from "#actors/confirmations/confirmations-actor.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { Confirmations, confirmationsName } from "#protocols/tasks/confirmations.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import {
  type AskingWorker,
  askPerson,
  noticeOf,
  Parked,
  userConfirmationOf,
} from "#runtime/tasks/ask-person.ts";
import { queueBench, submissionOf } from "../queue/queue-bench.ts";

async function stageOf(context: Parameters<typeof queueBench>[0]) {
  const bench = await queueBench(context);
  const actor = bench.system.spawn(ConfirmationsActor, { name: "confirmations" });
  const people = await bench.system.lookup(Confirmations, confirmationsName, 5_000);
  const one = await bench.worker("one");
  const abort = new AbortController();
  const asking = (lease: TaskLease): AskingWorker => ({
    ...{ confirmations: async () => people, node: "one", lease, signal: abort.signal },
    ...{ mayPark: () => true, pause: async () => {} },
  });
  return { ...bench, actor, people, one, abort, asking };
}

const terms = { step: 1, userId: "ada", stepResult: { score: 0.4 }, onTimeout: "reject" } as const;

async function openFor(people: Ref<Confirmations>, userId: string) {
  for (;;) {
    const [open] = await people.open({ userId, limit: 1 });
    if (open) return open;
  }
}

test("who holds waits for the answer, and keeps its lease", async (context) => {
  const { queue, store, people, one, asking } = await stageOf(context);
  const { taskId } = await queue.submit(submissionOf());
  const lease = await one.next();
  const answered = askPerson(asking(lease), { ...terms, expiresMs: 9_000 });
  const { callbackId, mode } = await openFor(people, "ada");
  assert.equal(mode, "hold");
  const feedback = "as you like";
  await people.answer({ callbackId, userId: "ada", decision: "proceed", feedback });
  assert.deepEqual(await answered, { step: 1, decision: "proceed", feedback });
  assert.equal((await store.view(taskId))?.status, "running");
});

test("who parks gives its slot back at once, and the next attempt has answer and checkpoint", async (context) => {
  const { queue, people, one, asking, complete } = await stageOf(context);
  const { taskId } = await queue.submit(submissionOf());
  const first = await one.next();
  const checkpoint = Uint8Array.of(4, 5, 6);
  const question = { ...terms, expiresMs: 60_000, checkpoint };
  await assert.rejects(askPerson(asking(first), question), Parked);
  await queue.submit(submissionOf({ name: "meanwhile" }));
  const meanwhile = await one.next();
  assert.notEqual(meanwhile.taskId, taskId);
  await complete("one", meanwhile);
  const { callbackId } = await openFor(people, "ada");
  await people.answer({ callbackId, userId: null, decision: "reject", feedback: null });
  const second = await one.next();
  assert.deepEqual([second.taskId, second.attempt], [taskId, 2]);
  assert.deepEqual(Buffer.from(second.checkpoint ?? []), Buffer.from(checkpoint));
  const known = await askPerson(asking(second), question);
  assert.deepEqual(known, { step: 1, decision: "reject", feedback: null });
});

test("a notice tells the person the step's fields, and answers as it always has", async (context) => {
  const { queue, people, one, asking } = await stageOf(context);
  await queue.submit(submissionOf());
  const told = {
    ...{ step: "detect", result: null, message: "GPU out of memory", status: "failed" },
    ...{ error_code: "E003", error_message: "out of memory" },
  };
  const answered = askPerson(asking(await one.next()), noticeOf(told, { userId: "ada", step: 7 }));
  const open = await openFor(people, "ada");
  assert.deepEqual(open.stepResult, { ...told, completed: false });
  assert.deepEqual([open.onTimeout, open.expiresAt - open.createdAt], ["proceed", 300_000]);
  const { callbackId } = open;
  await people.answer({ callbackId, userId: "ada", decision: "reject", feedback: "stop it" });
  assert.deepEqual(userConfirmationOf(await answered), { proceed: false, feedback: "stop it" });
});

test("who is told to give up stops waiting", async (context) => {
  const { queue, people, one, asking, abort } = await stageOf(context);
  await queue.submit(submissionOf());
  const answered = askPerson(asking(await one.next()), { ...terms, expiresMs: 9_000 });
  await openFor(people, "ada");
  abort.abort();
  await assert.rejects(answered, { code: "cancelled" });
});

test("who has lost its lease asks nobody", async (context) => {
  const { queue, store, people, one, asking } = await stageOf(context);
  await queue.submit(submissionOf());
  const lease = await one.next();
  await store.releaseNode({ node: "one", except: [] });
  const asked = askPerson(asking(lease), { ...terms, expiresMs: 9_000 });
  await assert.rejects(asked, { code: "cancelled" });
  assert.deepEqual(await people.open({ userId: null, limit: 9 }), []);
});

test("an answer that came while nobody carried it is found by whoever still waits", async (context) => {
  const { system, store, queue, people, one, asking, actor } = await stageOf(context);
  await queue.submit(submissionOf());
  const lease = await one.next();
  const { callbackId } = await openAfter(
    () => askPerson(asking(lease), { ...terms, expiresMs: 9_000 }),
    people,
  );
  await system.stopActor(actor);
  await store.confirmAnswer({ callbackId, userId: "ada", decision: "proceed", feedback: null });
  await system.started(system.spawn(ConfirmationsActor, { name: "confirmations" }));
  const next = await system.lookup(Confirmations, confirmationsName, 5_000);
  for (;;) {
    const decision = await next.decision(callbackId).catch(() => undefined);
    if (decision === undefined) continue;
    assert.equal(decision.decision, "proceed");
    return;
  }
});

test("waiting for the answer to nothing is refused", async (context) => {
  const { people } = await stageOf(context);
  await openable(people);
  await assert.rejects(people.decision("nothing"), { code: "not_found" });
  assert.equal(await people.find("nothing"), null);
  const answer = { userId: "ada", decision: "proceed", feedback: null } as const;
  assert.deepEqual(await people.answer({ callbackId: "nothing", ...answer }), {
    kind: "not_found",
  });
});

/** The question that was begun; its wait ends with its actor. */
async function openAfter(begin: () => Promise<unknown>, people: Ref<Confirmations>) {
  begin().catch(() => undefined);
  return openFor(people, "ada");
}

/** Until the store is found. */
async function openable(people: Ref<Confirmations>): Promise<void> {
  for (;;) {
    const open = await people.open({ userId: null, limit: 1 }).catch(() => undefined);
    if (open) return;
  }
}
