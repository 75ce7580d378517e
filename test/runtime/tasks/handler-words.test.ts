// What a handler can say about time: when to try again, and that its progress begins anew.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Failure } from "#protocols/failure.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskHandler, TaskHandlers } from "#runtime/tasks/task-handler.ts";
import { TaskWorker } from "#runtime/tasks/task-worker.ts";
import type { WorkerTerms } from "#runtime/tasks/worker-messages.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface MillerArguments extends WorkerTerms {
  readonly mill: (clock: Clock) => TaskHandler;
}
interface Clock {
  rest(ms: number): Promise<void>;
  nowMs(): number;
}

class MillerWorker extends TaskWorker<MillerArguments> {
  static initial = (args: MillerArguments): MillerArguments => args;
  protected readonly handlers: TaskHandlers = {
    mill: (task, inHand) => {
      const clock = { rest: (ms: number) => this.ctx.sleep(ms), nowMs: () => this.ctx.now() };
      return this.state.mill(clock)(task, inHand);
    },
  };
  protected get models(): readonly string[] {
    return ["miller"];
  }
}

async function mill(work: MillerArguments["mill"]) {
  const { system, time } = createTestSystem();
  const store = system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  await time.until(system.started(store));
  const manager = system.spawn(QueueManager, { queues: [] }, { name: "manager" });
  await time.until(system.started(manager));
  const queue = await time.until(system.lookup(Queue, "queue"));
  await time.until(system.started(system.spawn(MillerWorker, { slots: 1, mill: work })));
  const order = { type: "mill", model: "miller", parameters: {}, inputs: [] };
  const { taskId } = await time.until(queue.submit(order));
  const ended = () => time.until(queue.$.with({ within: 600_000 }).outcome(taskId), 600_000);
  const share = async () => (await time.until(queue.view(taskId)))?.progress;
  return { ended, share, time };
}

const nothing = { figures: {}, files: [] };

for (const [name, refusal] of [
  ["a failure", () => new Failure("unavailable", "the river is low").retryAfter(60_000)],
  ["any error", () => Object.assign(new Error("low"), { code: "EAGAIN", retryAfterMs: 60_000 })],
] as const) {
  test(`${name} that a handler throws says when the next attempt may come`, async () => {
    const begun: number[] = [];
    const { ended } = await mill(({ nowMs }) => ({ attempt }) => {
      begun.push(nowMs());
      if (attempt < 3) throw refusal();
      return nothing;
    });
    assert.equal((await ended()).status, "completed");
    const waits = begun.slice(1).map((at, index) => at - (begun[index] ?? 0));
    assert.equal(waits.length, 2);
    for (const ms of waits) assert.ok(ms >= 60_000 && ms < 65_000, `${waits}`);
  });
}

test("how far a task is goes back by a reset only, while it runs", async () => {
  const { share, time } = await mill(({ rest }) => async (_task, { progress }) => {
    progress(0.8);
    await rest(2_000);
    progress(0.3);
    await rest(2_000);
    progress(0.1, { reset: true });
    await rest(2_000);
    progress(0.05);
    await rest(2_000);
    return nothing;
  });
  const seen: unknown[] = [];
  for (const ms of [1_900, 2_000, 2_000, 2_000]) {
    await time.advance(ms);
    seen.push(await share());
  }
  assert.deepEqual(seen, [0.8, 0.8, 0.1, 0.1]);
});

test("a reset that was not told yet goes with the end, and so does what was reached since", async () => {
  const { ended, share } = await mill(({ rest }) => async (_task, { progress }) => {
    progress(0.8);
    await rest(2_000);
    progress(0.7, { message: "holds up the next" });
    progress(0.1, { reset: true });
    progress(0.4);
    progress(0.2, { message: "less than it was" });
    return nothing;
  });
  await ended();
  assert.equal(await share(), 0.4);
});
