// Who runs the steps of tasks stops by itself when it hears nothing of its leases, before they have ended.
import assert from "node:assert/strict";
import { test } from "node:test";
import { StepsActor } from "#actors/queue/steps/steps-actor.ts";
import { Failure } from "#protocols/failure.ts";
import { ack } from "#protocols/protocol.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { stepsModel, stepsQueue, stepsType } from "#protocols/tasks/steps.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

const leaseMs = 15_000;
const lease = {
  ...{ taskId: "t", fence: 1, epoch: "e", attempt: 1, type: stepsType, model: stepsModel },
  ...{ queue: stepsQueue, inputs: [], leaseMs, timeoutMs: null, checkpoint: null },
  parameters: { steps: JSON.stringify([{ name: "a", type: "inpaint", model: "diffuse" }]) },
  confirmations: [],
};

test("a task of steps whose lease nobody renews is let go before it can have ended", async () => {
  const { probe, system, time } = createTestSystem();
  const queue = probe(Queue);
  queue.answer("offer", () => ack);
  queue.answer("view", () => {
    throw new Failure("unavailable", "not now");
  });
  let isCutOff = false;
  const named: number[] = [];
  queue.answer("heartbeat", ({ leases }) => {
    named.push(leases.length);
    if (isCutOff) throw new Failure("unavailable", "cut off");
    return { lost: [], cancel: [], isKnown: true };
  });
  const steps = system.spawn(StepsActor, { queue: queue.ref });
  await time.until(system.started(steps));
  steps.run(lease);
  await time.advance(30_000);
  assert.equal(named.at(-1), 1, "as long as it is renewed it goes on");
  isCutOff = true;
  await time.advance(leaseMs - 1_000);
  assert.equal(named.at(-1), 0);
});
