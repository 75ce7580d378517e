// Progress that is told from outside more often than it is kept: an actor of a cluster in virtual time, over
// a real store and queue.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { type Communication, communicationOf } from "#nodes/client/index.ts";
import { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { Actor } from "#runtime/core/actor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface Desk {
  isThere(): boolean;
}
const Desk = protocol<Desk>("test.Desk@1", { isThere: ask({ within: 1_000 }) });

interface DeskTerms {
  readonly callWithinMs: number;
  made(communication: Communication): void;
}

class DeskActor extends Actor<Desk, DeskTerms> implements Handlers<Desk> {
  static readonly protocol = Desk;
  static initial = (terms: DeskTerms): DeskTerms => terms;

  isThere(): boolean {
    const { made, callWithinMs } = this.state;
    made(communicationOf(this.ctx, { callWithinMs }));
    return true;
  }
}

async function running(callWithinMs = 5_000) {
  const { system, time } = createTestSystem();
  system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
  system.spawn(QueueManager, { queues: [] }, { name: "queue-manager" });
  const store = await time.until(system.lookup(Store, "store"), 10_000);
  const queue = await time.until(system.lookup(Queue, "queue"), 10_000);
  const made: Communication[] = [];
  const terms = { callWithinMs, made: (one: Communication) => void made.push(one) };
  await time.until(system.spawn(DeskActor, terms).isThere());
  const [client] = made;
  assert.ok(client);
  const walk = { type: "walk", model: "feet", parameters: {}, inputs: [] };
  const { taskId } = await time.until(queue.submit(walk));
  const claim = { node: "walker", incarnation: 1, models: ["feet"], max: 1 };
  const [claimed] = await time.until(store.claim(claim));
  assert.ok(claimed);
  const { fence, epoch } = claimed;
  const lease = { taskId, fence, epoch };
  const told = (progress: number, message: string) =>
    client.updateTaskStatus(taskId, { lease, progress, message });
  const shown = async () => {
    const { progress, progressMessage } = (await time.until(queue.view(taskId))) ?? {};
    return [progress, progressMessage];
  };
  return { client, lease, told, shown, taskId, time };
}

const outcomes = async (told: readonly Promise<{ readonly outcome: string }>[]) =>
  (await Promise.all(told)).map(({ outcome }) => outcome);

test("progress that is answered as changed is shown, however soon after the last", async () => {
  const { told, shown, time } = await running();
  for (const [share, message] of [
    [0.1, "out of the door"],
    [0.5, "half way"],
    [0.9, "nearly there"],
  ] as const) {
    const { outcome, task } = await time.until(told(share, message), 10_000);
    assert.deepEqual([outcome, task?.progress, task?.progressMessage], ["changed", share, message]);
    assert.deepEqual(await shown(), [share, message]);
  }
});

test("of reports that wait the newest is shown, and the others are answered as superseded", async () => {
  const { told, shown, time } = await running();
  const all = [told(0.1, "a"), told(0.2, "b"), told(0.3, "c"), told(0.3, "d")];
  const answered = await time.until(outcomes(all), 10_000);
  assert.deepEqual(answered.slice(1), ["superseded", "superseded", "changed"]);
  assert.deepEqual(await shown(), [0.3, "d"]);
});

for (const status of ["completed", "failed"] as const) {
  test(`a report that waits goes along with the end: ${status}`, async () => {
    const { client, lease, told, shown, taskId, time } = await running();
    await time.until(told(0.1, "begun"));
    const waits = told(0.9, "nearly there");
    await time.advance(100);
    const failure = { code: "fell", detail: "on ice", class: "internal" } as const;
    const result = { figures: {}, files: [] };
    const end = status === "completed" ? { status, result } : { status, failure };
    const ended = client.updateTaskStatus(taskId, { lease, ...end });
    const { outcome, task } = await time.until(ended);
    assert.equal(outcome, status === "completed" ? "changed" : "retried");
    assert.deepEqual([task?.progress, task?.progressMessage], [0.9, "nearly there"]);
    assert.equal((await time.until(waits, 10_000)).outcome, "changed");
    assert.deepEqual(await shown(), [0.9, "nearly there"]);
  });
}

test("a report that cannot be kept within its call's time is refused with when it will be", async () => {
  const { told, shown, time } = await running(400);
  await time.until(told(0.1, "begun"));
  await assert.rejects(time.until(told(0.2, "too early")), (cause) => {
    const { code, detail } = Failure.of(cause);
    assert.equal(code, "rate_limited");
    assert.match(detail, /is not kept.*tell it again in \d+ ms/);
    return true;
  });
  assert.deepEqual(await shown(), [0.1, "begun"]);
  await time.advance(1_000);
  assert.equal((await time.until(told(0.2, "in time"))).outcome, "changed");
  assert.deepEqual(await shown(), [0.2, "in time"]);
});

test("a report of a lease that is over fails, and holds back no other", async () => {
  const { client, lease, told, taskId, time } = await running();
  await time.until(told(0.1, "begun"));
  const waits = told(0.2, "while the lease stands").catch((cause) => Failure.of(cause).code);
  await time.advance(100);
  const other = { ...lease, fence: lease.fence + 1 };
  const stale = client.updateTaskStatus(taskId, { lease: other, progress: 0.9 });
  await assert.rejects(time.until(stale, 10_000), { code: "lease_lost" });
  const answer = await time.until(waits, 10_000);
  assert.equal(typeof answer === "string" ? answer : answer.outcome, "changed");
});
