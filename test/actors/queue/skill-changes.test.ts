// What changes for workers that have offered themselves before: the register of skills, and where a task
// goes after a failure that may be its node's fault.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Queue } from "#protocols/tasks/queue.ts";
import { queueBench, submissionOf } from "./queue-bench.ts";
import { leaseOf } from "./queue-fixture.ts";

const atOnce = { baseMs: 0, factor: 1, capMs: 0, jitter: "none" } as const;
/** It is handed to nobody for so long. */
async function staysPending(queue: Ref<Queue>, taskId: string, ms: number): Promise<void> {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs) {
    assert.equal((await queue.view(taskId))?.status, "pending");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const modelError = { class: "model", code: "model_failed", detail: "no such operator" } as const;

test("a worker that has offered itself loses a skill and gets it back as the register changes", async (context) => {
  const { queue, store, worker } = await queueBench(context);
  const half = await worker("half", { skills: ["ocr"], slots: 3 });
  const wanted = submissionOf({ requiredSkills: ["ocr"] });
  await queue.submit(wanted);
  assert.equal((await half.next()).type, "inpaint");
  await store.putSkill({ skill: "detect" });
  await store.putSkill({ skill: "ocr", dependsOn: ["detect"] });
  const { taskId } = await queue.submit(wanted);
  await staysPending(queue, taskId, 1_500);
  const { unrunnable } = await queue.statistics();
  assert.deepEqual(unrunnable[0]?.lacks, ["half: its skill ocr rests on detect, which it lacks"]);
  await store.putSkill({ skill: "ocr" });
  assert.equal((await half.next()).taskId, taskId);
});

test("a task that requires a level waits for a worker that has it, and says what is lacking", async (context) => {
  const { queue, worker } = await queueBench(context);
  const fair = await worker("fair", { skills: [{ skill: "ocr", level: 0.5 }], slots: 2 });
  const high = await queue.submit(submissionOf({ requiredSkills: ["ocr"], skillLevel: 0.75 }));
  const low = await queue.submit(submissionOf({ requiredSkills: ["ocr"], skillLevel: 0.5 }));
  assert.equal((await fair.next()).taskId, low.taskId);
  const { unrunnable } = await queue.statistics();
  assert.deepEqual(unrunnable[0]?.lacks, ["fair: it has the skill ocr at 0.5, wanted is 0.75"]);
  const good = await worker("good", { skills: [{ skill: "ocr", level: 0.75 }] });
  assert.equal((await good.next()).taskId, high.taskId);
});

/** A task failed on `a` while `b`, which could run it, is busy. */
async function failedStage(context: TestContext) {
  const bench = await queueBench(context);
  const { queue, worker, complete } = bench;
  const b = await worker("b");
  await queue.submit(submissionOf());
  const busy = await b.next();
  const a = await worker("a");
  const { taskId } = await queue.submit(submissionOf({ retry: atOnce }));
  const lease = leaseOf(await a.next());
  await queue.fail({ node: "a", lease, failure: modelError });
  const freeB = () => complete("b", busy);
  const notes = async () => {
    const channel = `task:${taskId}`;
    const { events } = await bench.store.readEvents({ channel, afterSeq: 0, limit: 100 });
    return events.flatMap(({ payload }) => payload.note ?? []);
  };
  return { ...bench, a, b, taskId, freeB, notes };
}

test("after a model error the task waits for the other node, though that is busy for more than 3 s", async (context) => {
  const { b, taskId, freeB, notes, queue } = await failedStage(context);
  await staysPending(queue, taskId, 4_000);
  await freeB();
  assert.deepEqual([(await b.next()).taskId, await notes()], [taskId, []]);
});

test("after a model error the task is tried where it failed when the other node goes, and its history says so", async (context) => {
  const { a, b, taskId, system, notes, queue, complete } = await failedStage(context);
  await staysPending(queue, taskId, 300);
  await system.stopActor(b);
  // What b held is lost with it, and comes first: a has one slot.
  const first = await a.next();
  if (first.taskId !== taskId) await complete("a", first);
  assert.equal(first.taskId === taskId || (await a.next()).taskId === taskId, true);
  assert.deepEqual(await notes(), ["again on a, where it failed: no other live worker can run it"]);
});

test("a node that an operator holds is nobody to wait for", async (context) => {
  const { a, taskId, queue } = await failedStage(context);
  await staysPending(queue, taskId, 300);
  await queue.setNodeHold({ node: "b", until: Date.now() + 60_000, isWished: true });
  assert.equal((await a.next()).taskId, taskId);
});
