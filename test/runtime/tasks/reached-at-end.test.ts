// What a handler reports last is there when its attempt has ended in order, and nothing of one whose lease is lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Failure } from "#protocols/failure.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { TaskHandler, TaskHandlers } from "#runtime/tasks/task-handler.ts";
import { TaskWorker } from "#runtime/tasks/task-worker.ts";
import type { WorkerTerms } from "#runtime/tasks/worker-messages.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface ScribeArguments extends WorkerTerms {
  readonly write: (rest: (delayMs: number) => Promise<void>) => TaskHandler;
}

class ScribeWorker extends TaskWorker<ScribeArguments> {
  static initial = (args: ScribeArguments): ScribeArguments => args;
  protected readonly handlers: TaskHandlers = {
    write: (task, inHand) => this.state.write((delayMs) => this.ctx.sleep(delayMs))(task, inHand),
  };
  protected get models(): readonly string[] {
    return ["scribe"];
  }
}

async function scriptorium(write: ScribeArguments["write"]) {
  const { system, time } = createTestSystem();
  const store = system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  await time.until(system.started(store));
  const shownBy: (() => FigureSource)[] = [];
  const show = (source: () => FigureSource): void => void shownBy.push(source);
  const manager = system.spawn(QueueManager, { queues: [], show }, { name: "manager" });
  await time.until(system.started(manager));
  const queue = await time.until(system.lookup(Queue, "queue"));
  await time.until(system.started(system.spawn(ScribeWorker, { slots: 1, write })));
  const terms = { type: "write", model: "scribe", parameters: {}, inputs: [] };
  const { taskId } = await time.until(queue.submit(terms));
  const ended = () => time.until(queue.$.with({ within: 600_000 }).outcome(taskId), 600_000);
  const shown = async () => {
    const { progress, progressMessage } = (await time.until(queue.view(taskId))) ?? {};
    return [progress, progressMessage];
  };
  const refused = (): number | undefined =>
    shownBy
      .flatMap((source) => source().figures)
      .find(({ name }) => name === "troupe_worker_reports_refused_total")?.samples[0]?.value;
  return { ended, refused, shown, system, time };
}

const nothing = { figures: {}, files: [] };

test("an attempt that fails leaves its last checkpoint, however short before it was", async () => {
  const found: string[] = [];
  const { ended, shown } = await scriptorium((rest) => async (task, { progress }) => {
    found.push(Buffer.from(task.checkpoint ?? []).toString());
    if (task.attempt > 1) return nothing;
    // One buffer for all: what was reported is not what stands in it later.
    const checkpoint = Buffer.alloc(6);
    for (let item = 1; item < 10; item += 1) {
      checkpoint.write(`item ${item}`);
      progress(item / 10, { checkpoint });
      checkpoint.fill("?");
      await rest(100);
    }
    throw new Failure("unavailable", "the ink has run out");
  });
  assert.equal((await ended()).status, "completed");
  assert.deepEqual(found, ["", "item 9"]);
  assert.deepEqual(await shown(), [null, null], "the attempt that completed it has said nothing");
});

test("a checkpoint that is reported right before the failure is found, the first one too", async () => {
  const found: string[] = [];
  const { ended } = await scriptorium(() => (task, { progress }) => {
    found.push(Buffer.from(task.checkpoint ?? []).toString());
    if (task.attempt > 2) return nothing;
    progress(0.1, { checkpoint: Buffer.from(`of ${task.attempt}`) });
    progress(0.2, { message: "without one" });
    throw new Failure("unavailable", "the ink has run out");
  });
  await ended();
  assert.deepEqual(found, ["", "of 1", "of 2"]);
});

test("a task that is completed shows what was reported last", async () => {
  const { ended, shown } = await scriptorium((rest) => async (_task, { progress }) => {
    for (let step = 1; step <= 10; step += 1) {
      progress(step / 10, { message: `step ${step} of 10` });
      await rest(150);
    }
    return nothing;
  });
  await ended();
  assert.deepEqual(await shown(), [1, "step 10 of 10"]);
});

test("what a lost lease reports is kept by nobody", async () => {
  const found: string[] = [];
  const { ended, system, time } = await scriptorium((rest) => async (task, { progress }) => {
    found.push(Buffer.from(task.checkpoint ?? []).toString());
    if (task.attempt > 1) return nothing;
    progress(0.1, { checkpoint: Buffer.from("told") });
    await rest(500);
    progress(0.2, { checkpoint: Buffer.from("waits") });
    await rest(5_000);
    throw new Failure("unavailable", "too late");
  });
  await time.advance(600);
  const store = await time.until(system.lookup(Store, "store"));
  await time.until(store.releaseNode({ node: system.node.name, except: [] }));
  assert.equal((await ended()).status, "completed");
  assert.deepEqual(found, ["", "told"]);
});

test("what is beyond its bound fails at once, saying which and what was given", async () => {
  const { checkpointBytesMax, progressMessageLengthMax } = storeLimits;
  const met: Failure[] = [];
  const { ended, refused, shown, time } = await scriptorium(() => (_task, { progress }) => {
    const tried = [
      { checkpoint: new Uint8Array(checkpointBytesMax + 1) },
      { message: "x".repeat(progressMessageLengthMax + 1) },
      {
        checkpoint: new Uint8Array(checkpointBytesMax),
        message: "x".repeat(progressMessageLengthMax),
      },
    ];
    for (const details of tried) {
      try {
        progress(0.5, details);
      } catch (cause) {
        met.push(Failure.of(cause));
      }
    }
    return nothing;
  });
  assert.equal((await ended()).status, "completed");
  assert.deepEqual(
    met.map(({ code }) => code),
    ["too_large", "too_large"],
  );
  const [bytes, text] = met.map(({ detail }) => detail);
  assert.match(bytes ?? "", /checkpoint of 33554433 bytes, and 33554432 are the most/);
  assert.match(text ?? "", /message of 1025 characters, and 1024 are the most/);
  assert.deepEqual(await shown(), [0.5, "x".repeat(progressMessageLengthMax)]);
  await time.advance(3_000);
  assert.equal(refused(), 2, "the worker's next heartbeat has told it");
});

test("a handler that does not catch it fails with too_large, and is not tried again", async () => {
  const { ended } = await scriptorium(() => (_task, { progress }) => {
    progress(0.5, { message: "x".repeat(1_000_000) });
    return nothing;
  });
  const end = await ended();
  assert.ok(end.status === "failed");
  assert.deepEqual([end.code, end.attempt], ["too_large", 1]);
});
