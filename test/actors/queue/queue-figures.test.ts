// What metrics show of the queues: each bound of queue-limits.ts by its name, and each queue's tasks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { queueLimits } from "#protocols/queue-limits.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { Observation } from "#runtime/observation/observation.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import { planOf, submissionOf } from "./queue-bench.ts";
import { storeOn, TestWorkerActor } from "./queue-fixture.ts";

test("every bound of the queue has a metric by its name, and every queue its figures", async (context) => {
  const { system } = await storeOn(context);
  const { metrics } = new Observation({ clock: nodeClock });
  const show = (figures: () => FigureSource) => metrics.show(figures);
  const settings = { queue: "", pendingMax: 1, whenFull: "block" } as const;
  const strict = { ...settings, whenFull: "reject" } as const;
  const queues = [planOf("tight", { settings }), planOf("strict", { settings: strict })];
  await system.started(system.spawn(QueueManager, { queues, show }, { name: "queue-manager" }));
  const queue = await system.lookup(Queue, "queue", 5_000);
  await queue.submit(submissionOf({ queue: "tight" }));
  const bytes = Buffer.from("one that waits for room");
  const waiting = queue.submit(
    submissionOf({ queue: "tight", inputs: [{ name: "a", contentType: "text/plain", bytes }] }),
  );
  const shows = async (line: RegExp) => {
    while (!line.test(metrics.toPrometheus())) await queue.statistics();
  };
  await shows(/^troupe_queue_tasks_pending{queue="tight"} 1$/m);
  await shows(/^troupe_queue_unrunnable_kinds{queue="tight"} 1$/m);
  await shows(/^troupe_bound_highest{bound="submissionsBlockedMax"} 1$/m);
  await shows(
    new RegExp(
      `^troupe_bound_highest{bound="submissionsBlockedBytesMax"} ${bytes.byteLength}$`,
      "m",
    ),
  );
  await queue.submit(submissionOf({ queue: "strict" }));
  for (const idempotencyKey of ["same", "same", "same", "other"]) {
    const refused = queue.submit(submissionOf({ queue: "strict", idempotencyKey }));
    await assert.rejects(refused, { code: "queue_full" });
  }
  const refusals = /^troupe_queue_submissions_refused_total.*$/gm;
  assert.deepEqual(metrics.toPrometheus().match(refusals), [
    'troupe_queue_submissions_refused_total{queue="strict",limit="tasks"} 2',
  ]);
  const { claimOthersMax } = storeLimits;
  for (const [bound, max] of Object.entries({ ...queueLimits, claimOthersMax })) {
    const page = metrics.toPrometheus();
    assert.match(page, new RegExp(`^troupe_bound_max{bound="${bound}"} ${max}$`, "m"));
    assert.match(page, new RegExp(`^troupe_bound_reached_total{bound="${bound}"} [0-9]+$`, "m"));
  }
  const worker = system.spawn(TestWorkerActor);
  const offer = { worker, node: "one", incarnation: 1, models: ["diffuse"], queues: ["tight"] };
  await queue.offer({ ...offer, slots: 2, holds: [] });
  await waiting;
  await shows(/^troupe_queue_tasks_running{queue="tight"} 2$/m);
  await shows(/^troupe_queue_unrunnable_kinds{queue="tight"} 0$/m);
});
