// A worker whose handlers ask people: in virtual time, with store, queue and who carries the questions.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfirmationsActor } from "#actors/confirmations/confirmations-actor.ts";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Failure } from "#protocols/failure.ts";
import { Confirmations, confirmationsName } from "#protocols/tasks/confirmations.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskLease, TaskResult, TaskSubmission } from "#protocols/tasks/task.ts";
import { Parked } from "#runtime/tasks/ask-person.ts";
import type { TaskHandler, TaskHandlers, TaskInHand } from "#runtime/tasks/task-handler.ts";
import { TaskWorker } from "#runtime/tasks/task-worker.ts";
import type { WorkerTerms } from "#runtime/tasks/worker-messages.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface CarverArguments extends WorkerTerms {
  readonly carve: TaskHandler;
}

class CarverWorker extends TaskWorker<CarverArguments> {
  static initial = (args: CarverArguments): CarverArguments => args;
  protected readonly handlers: TaskHandlers = {
    carve: (task, inHand) => this.state.carve(task, inHand),
    whittle: () => ({ figures: {}, files: [] }),
  };
  protected get models(): readonly string[] {
    return ["knife"];
  }
}

const order = (type: string): TaskSubmission => ({
  ...{ type, model: "knife", parameters: {}, inputs: [], maxRetries: 0 },
});
const question = { step: 1, userId: "ada", stepResult: {}, onTimeout: "reject" } as const;
const figuresOf = (figures: TaskResult["figures"]): TaskResult => ({ figures, files: [] });

/** One slot, so that a task in hand is the only one. */
async function workshop(carve: TaskHandler) {
  const { system, time } = createTestSystem();
  const begun = async <T extends Parameters<typeof system.started>[0]>(actor: T): Promise<T> => {
    await time.until(system.started(actor));
    return actor;
  };
  await begun(system.spawn(StoreActor, { kind: "memory" }, { name: "store" }));
  await begun(system.spawn(QueueManager, { queues: [] }, { name: "queue-manager" }));
  const ask = () => begun(system.spawn(ConfirmationsActor, { name: "confirmations" }));
  const carrier = await ask();
  const queue = await time.until(system.lookup(Queue, "queue"));
  await begun(system.spawn(CarverWorker, { slots: 1, carve }));
  const submitted = async (type: string): Promise<string> =>
    (await time.until(queue.submit(order(type)))).taskId;
  const outcome = (taskId: string) =>
    time.until(queue.$.with({ within: 600_000 }).outcome(taskId), 600_000);
  const open = async () => {
    const people = await time.until(system.lookup(Confirmations, confirmationsName));
    return { people, questions: await time.until(people.open({ userId: "ada", limit: 9 })) };
  };
  const answer = async (
    decision: "proceed" | "reject",
    {
      step = 1,
      feedback = null,
    }: { readonly step?: number; readonly feedback?: string | null } = {},
  ) => {
    const { people, questions } = await open();
    const callbackId = questions.find((asked) => asked.step === step)?.callbackId;
    assert.ok(callbackId !== undefined, "nothing is asked");
    await time.until(people.answer({ callbackId, userId: "ada", decision, feedback }));
  };
  return { system, time, queue, carrier, ask, submitted, outcome, open, answer };
}

test("a handler that holds has the answer in the same attempt, its lease renewed meanwhile", async () => {
  const { time, submitted, outcome, open, answer } = await workshop(async (task, { confirm }) => {
    const terms = { ...question, expiresMs: 600_000, mode: "hold" as const };
    const { decision, feedback } = await confirm(terms);
    return figuresOf({ attempt: task.attempt, decision, feedback });
  });
  const taskId = await submitted("carve");
  await time.advance(60_000);
  assert.equal((await open()).questions[0]?.mode, "hold");
  await answer("proceed", { feedback: "with care" });
  const ended = await outcome(taskId);
  assert.ok(ended.status === "completed");
  assert.deepEqual(ended.result.figures, {
    ...{ attempt: 1, decision: "proceed", feedback: "with care" },
  });
});

test("what was reported right before a question that parks is found by the next attempt", async () => {
  const found: string[] = [];
  const { time, queue, submitted, outcome, answer } = await workshop(async (task, inHand) => {
    found.push(Buffer.from(task.checkpoint ?? []).toString());
    inHand.progress(0.1);
    if (task.attempt === 1) inHand.progress(0.4, { checkpoint: Buffer.from("nearly") });
    await inHand.confirm({ ...question, expiresMs: 86_400_000 });
    return figuresOf({});
  });
  const taskId = await submitted("carve");
  await time.advance(1_000);
  const view = await time.until(queue.view(taskId));
  assert.deepEqual([view?.status, view?.progress], ["waiting_confirmation", 0.4]);
  await answer("proceed");
  assert.equal((await outcome(taskId)).status, "completed");
  assert.deepEqual(found, ["", "nearly"]);
});

test("a parked attempt frees its slot without a report; the next has decision and checkpoint", async () => {
  const seen: { readonly task: TaskLease; readonly inHand: TaskInHand; error?: unknown }[] = [];
  const { time, queue, submitted, outcome, answer } = await workshop(async (task, inHand) => {
    const attempt = { task, inHand };
    seen.push(attempt);
    const checkpoint = Buffer.from("roughly");
    try {
      const { decision } = await inHand.confirm({ ...question, expiresMs: 86_400_000, checkpoint });
      return figuresOf({ decision });
    } catch (error) {
      seen[0] = { ...attempt, error };
      throw error;
    }
  });
  const taskId = await submitted("carve");
  await time.advance(1_000);
  assert.ok(seen[0]?.error instanceof Parked);
  assert.equal(seen[0]?.inHand.signal.aborted, true);
  const view = await time.until(queue.view(taskId));
  assert.deepEqual([view?.status, view?.retryCount], ["waiting_confirmation", 0]);
  const meanwhile = await time.until(queue.outcome(await submitted("whittle")), 1_000);
  assert.equal(meanwhile.status, "completed");
  await time.advance(3_600_000);
  await answer("proceed");
  const ended = await outcome(taskId);
  assert.ok(ended.status === "completed");
  assert.deepEqual([ended.attempt, ended.result.figures["decision"]], [2, "proceed"]);
  const next = seen[1]?.task;
  assert.equal(Buffer.from(next?.checkpoint ?? []).toString(), "roughly");
  assert.deepEqual(next?.confirmations, [{ step: 1, decision: "proceed", feedback: null }]);
});

for (const [what, end] of [
  ["returns a result", () => figuresOf({ decision: "none" })],
  [
    "fails by another code",
    () => {
      throw new Failure("model_failed", "it broke");
    },
  ],
] as const) {
  test(`what a handler that parked ${what} with counts for nothing`, async () => {
    let ends = 0;
    const { time, queue, submitted, outcome, answer } = await workshop(
      async ({ confirmations: [known] }, { confirm }) => {
        if (known) return figuresOf({ decision: known.decision });
        await confirm({ ...question, expiresMs: 60_000 }).catch(() => undefined);
        ends += 1;
        return end();
      },
    );
    const taskId = await submitted("carve");
    await time.advance(5_000);
    assert.equal(ends, 1);
    assert.equal((await time.until(queue.view(taskId)))?.status, "waiting_confirmation");
    await answer("reject");
    const ended = await outcome(taskId);
    assert.ok(ended.status === "completed");
    assert.deepEqual(ended.result.figures, { decision: "reject" });
  });
}

test("a cancelled task's handler does not wait for the answer any longer", async () => {
  let failure: Failure | undefined;
  const { time, queue, submitted, outcome } = await workshop(async (_, { confirm }) => {
    try {
      await confirm({ ...question, expiresMs: 600_000, mode: "hold" });
    } catch (cause) {
      failure = Failure.of(cause);
      throw cause;
    }
    return figuresOf({});
  });
  const taskId = await submitted("carve");
  await time.advance(1_000);
  await time.until(queue.cancel({ taskId, reason: "the wood is gone" }));
  assert.equal((await outcome(taskId)).status, "cancelled");
  assert.equal(failure?.code, "cancelled");
});

test("a handler asks again when nobody carries questions, and when the next one does", async () => {
  const { system, time, carrier, ask, submitted, outcome, open, answer } = await workshop(
    async (_, { confirm }) => {
      const { decision } = await confirm({ ...question, expiresMs: 600_000, mode: "hold" });
      return figuresOf({ decision });
    },
  );
  await time.until(system.stopActor(carrier), 60_000);
  const taskId = await submitted("carve");
  await time.advance(20_000);
  const second = await ask();
  await time.advance(10_000);
  assert.equal((await open()).questions.length, 1);
  await time.until(system.stopActor(second), 60_000);
  await time.advance(20_000);
  await ask();
  await time.advance(10_000);
  await answer("proceed");
  const ended = await outcome(taskId);
  assert.ok(ended.status === "completed");
  assert.deepEqual([ended.attempt, ended.result.figures["decision"]], [1, "proceed"]);
});

test("a question that would park waits for another one of its attempt that is held", async () => {
  const { time, queue, submitted, outcome, open, answer } = await workshop(
    async ({ attempt }, { confirm }) => {
      const short = confirm({ ...question, step: 1, expiresMs: 600_000, mode: "hold" });
      const long = confirm({ ...question, step: 2, expiresMs: 600_000 });
      const [one, two] = await Promise.all([short, long]);
      return figuresOf({ attempt, one: one.decision, two: two.decision });
    },
  );
  const taskId = await submitted("carve");
  await time.advance(30_000);
  assert.equal((await time.until(queue.view(taskId)))?.status, "running");
  assert.equal((await open()).questions.length, 2);
  await answer("reject", { step: 1 });
  await time.advance(5_000);
  assert.equal((await time.until(queue.view(taskId)))?.status, "waiting_confirmation");
  await answer("proceed", { step: 2 });
  const ended = await outcome(taskId);
  assert.ok(ended.status === "completed");
  assert.deepEqual(ended.result.figures, { attempt: 2, one: "reject", two: "proceed" });
});

test("notifyUser tells the step's fields, holds, and takes silence for a yes", async () => {
  const told = { step: "rough", result: null, message: "deep enough?", status: "asking" };
  const { time, submitted, outcome, open } = await workshop(async (_, { notifyUser }) => {
    const { proceed } = await notifyUser(told, { userId: "ada", step: 3 });
    return figuresOf({ proceed });
  });
  const taskId = await submitted("carve");
  await time.advance(1_000);
  const [asked] = (await open()).questions;
  assert.deepEqual(asked?.stepResult, {
    ...{ ...told, completed: false, error_code: null, error_message: null },
  });
  const ended = await outcome(taskId);
  assert.ok(ended.status === "completed");
  assert.deepEqual([ended.attempt, ended.result.figures["proceed"]], [1, true]);
});

test("a question that says nothing of its time parks, and stays open for five minutes", async () => {
  const { time, queue, submitted, outcome, open } = await workshop(async (_, { confirm }) => {
    const { decision } = await confirm(question);
    return figuresOf({ decision });
  });
  const taskId = await submitted("carve");
  await time.advance(1_000);
  const [asked] = (await open()).questions;
  assert.ok(asked);
  assert.deepEqual([asked.mode, asked.expiresAt - asked.createdAt], ["park", 300_000]);
  await time.advance(290_000);
  assert.equal((await time.until(queue.view(taskId)))?.status, "waiting_confirmation");
  const ended = await outcome(taskId);
  assert.ok(ended.status === "completed");
  assert.equal(ended.result.figures["decision"], "timeout_reject");
});

for (const [what, changes] of [
  ["no time", { expiresMs: 0 }],
  ["nothing said of silence", { expiresMs: 1_000, onTimeout: undefined }],
] as const) {
  test(`a question with ${what} fails the attempt with what is wrong`, async () => {
    const { submitted, outcome, open } = await workshop(async (_, { confirm }) => {
      // As a handler without types may put it.
      await confirm(JSON.parse(JSON.stringify({ ...question, ...changes })));
      return figuresOf({});
    });
    const ended = await outcome(await submitted("carve"));
    assert.ok(ended.status === "failed");
    assert.deepEqual([ended.code, (await open()).questions], ["invalid", []]);
  });
}
