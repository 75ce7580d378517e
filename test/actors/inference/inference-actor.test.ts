// The worker for pictures with a real engine: it is handed tasks for what it serves, and for nothing else.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { setTimeout as rest } from "node:timers/promises";
import { InferenceActor } from "#actors/inference/inference-actor.ts";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { ModelRepository, modelRepositoryName } from "#protocols/tasks/model-repository.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";
import { greyMask, picture } from "./engine/engine-fixture.ts";
import { negativeModel, writeModel } from "./engine/onnx-file.ts";

it("tasks go to the models that are loaded, by name and version", { timeout: 90_000 }, async () => {
  const root = await mkdtemp(join(tmpdir(), "troupe-test-worker-"));
  const system = await startLocalSystem({ log: { write: () => undefined } });
  try {
    await writeModel(root, "negative", negativeModel());
    await writeModel(root, "negative", negativeModel(), undefined, 2);
    await writeModel(root, "broken", Buffer.from("rubbish"));
    system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
    system.spawn(QueueManager, { queues: [] }, { name: "queue-manager" });
    const worker = system.spawn(InferenceActor, {
      slots: 2,
      models: [],
      repository: { mode: "explicit" as const, root, load: ["negative"], pollMs: 60_000 },
      engine: { threads: 1, startTimeoutMs: 60_000, runTimeoutMs: 60_000 },
    });
    await system.started(worker);
    const queue = await system.lookup(Queue, "queue", 10_000);
    const repository = await system.lookup(ModelRepository, modelRepositoryName("local"), 10_000);
    const image = await picture(8, 8, 3, new Uint8Array(8 * 8 * 3).fill(100))
      .png()
      .toBuffer();
    const mask = await greyMask(8, 8, 255);
    const submit = async (model: string) => {
      const inputs = [
        { name: "image", contentType: "image/png", bytes: image },
        { name: "mask", contentType: "image/png", bytes: mask },
      ];
      const { taskId } = await queue.submit({ type: "inpaint", model, parameters: {}, inputs });
      return taskId;
    };
    const ended = async (taskId: string) =>
      (await queue.$.with({ within: 60_000 }).outcome(taskId)).status;
    assert.equal(await ended(await submit("negative")), "completed");
    assert.equal(await ended(await submit("negative@2")), "completed");
    const waiting = await submit("broken");
    const [statistics] = await repository.statistics({ name: "negative" });
    assert.deepEqual([statistics?.version, statistics?.success.count], [2, 2]);
    await assert.rejects(repository.load("broken"), { code: "model_failed" });
    assert.equal((await queue.view(waiting))?.status, "pending", "nobody serves it");
    await writeModel(root, "broken", negativeModel());
    await repository.load("broken");
    assert.equal(await ended(waiting), "completed");
  } finally {
    await system.stop();
    await rm(root, { recursive: true, force: true });
  }
});

it("how far a task is stands in the store, unless it is done at once", async () => {
  const root = await mkdtemp(join(tmpdir(), "troupe-test-worker-"));
  const system = await startLocalSystem({ log: { write: () => undefined } });
  try {
    await mkdir(join(root, "acted", "1"), { recursive: true });
    await writeFile(join(root, "acted", "config.json"), '{ "backend": "scripted" }');
    const script = { runs: [{ from: 1, act: "wait", ms: 2_000 }] };
    await writeFile(join(root, "acted", "1", "script.json"), JSON.stringify(script));
    system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
    system.spawn(QueueManager, { queues: [] }, { name: "queue-manager" });
    const worker = system.spawn(InferenceActor, {
      slots: 2,
      models: [],
      repository: { mode: "explicit" as const, root, load: ["acted"], pollMs: 60_000 },
      engine: { threads: 1, startTimeoutMs: 60_000, runTimeoutMs: 60_000 },
    });
    await system.started(worker);
    const queue = await system.lookup(Queue, "queue", 10_000);
    const asked = { type: "inpaint", model: "acted", parameters: {}, inputs: [] };
    const [slow, quick] = [await queue.submit(asked), await queue.submit(asked)];
    assert.equal((await queue.outcome(quick.taskId)).status, "completed");
    assert.equal((await queue.view(quick.taskId))?.progressMessage, null);
    let seen = await queue.view(slow.taskId);
    for (let tries = 0; seen?.progress === null && tries < 40; tries++) {
      await rest(50);
      seen = await queue.view(slow.taskId);
    }
    assert.deepEqual(
      [seen?.status, seen?.progress, seen?.progressMessage],
      ["running", 0.1, "running"],
    );
    assert.equal((await queue.outcome(slow.taskId)).status, "completed");
  } finally {
    await system.stop();
    await rm(root, { recursive: true, force: true });
  }
});
