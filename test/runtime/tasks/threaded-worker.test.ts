// A worker in a thread of its own beside store and queue in one process, on real time.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { startLocalSystem } from "#runtime/index.ts";
import { inThreadFrom } from "#runtime/threads/in-thread.ts";
import MasonWorker from "./mason-worker.ts";

/** Longer than each of these tests: nothing here ends by the end of a lease. */
const leaseMs = 120_000;
const place = {
  module: new URL("./mason-worker.ts", import.meta.url).href,
  exportName: "default",
};
const Threaded = inThreadFrom(place, MasonWorker, { blockedMsMax: 2_000 });

async function yard(t: TestContext) {
  const messages: string[] = [];
  const system = await startLocalSystem({
    name: "yard",
    log: { write: (_level, _actor, message) => messages.push(message) },
  });
  t.after(() => system.stop());
  system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  const settings = [{ queue: "default", leaseMs }];
  system.spawn(QueueManager, { queues: [], settings }, { name: "manager" });
  const queue = await system.lookup(Queue, "queue", 30_000);
  system.spawn(Threaded, { slots: 1 }, { name: "mason" });
  const submit = async (type: string, more: Partial<TaskSubmission> = {}): Promise<string> => {
    const task = { type, model: "mason", parameters: { ms: 0 }, inputs: [], ...more };
    return (await queue.submit(task)).taskId;
  };
  const outcome = (taskId: string) => queue.$.with({ within: 60_000 }).outcome(taskId);
  const running = async (taskId: string): Promise<void> => {
    while ((await queue.view(taskId))?.status !== "running") await pause(20);
  };
  return { messages, outcome, queue, running, submit };
}

test("a worker in a thread works as that of its node, with what the tasks bring", {
  timeout: 90_000,
}, async (t) => {
  const { outcome, queue, running, submit } = await yard(t);
  const file = { name: "block", contentType: "text/plain", bytes: Buffer.from("granite") };
  const ended = await outcome(await submit("carve", { inputs: [file] }));
  assert.ok(ended.status === "completed", JSON.stringify(ended));
  assert.equal(ended.result.figures["node"], "yard");
  assert.equal(Buffer.from(ended.result.files[0]?.bytes ?? []).toString(), "granite");
  assert.deepEqual(
    (await queue.workers()).map(({ node, slots }) => [node, slots]),
    [["yard", 1]],
  );
  const long = await submit("carve", { parameters: { ms: 600_000 } });
  await running(long);
  await queue.cancel({ taskId: long, reason: "enough" });
  assert.equal((await outcome(long)).status, "cancelled");
});

test("a thread that computes for ever is ended, and its task tried again by the next", {
  timeout: 90_000,
}, async (t) => {
  const { messages, outcome, queue, submit } = await yard(t);
  const taskId = await submit("spin");
  const ended = await outcome(taskId);
  assert.ok(ended.status === "completed", JSON.stringify(ended));
  assert.equal(ended.result.figures["attempt"], 2);
  assert.equal((await queue.view(taskId))?.lostLeases, 1);
  assert.ok(messages.some((line) => /has kept from its event loop for 2000 ms/.test(line)));
  assert.equal((await outcome(await submit("carve"))).status, "completed");
});
