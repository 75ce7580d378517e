// Submissions that are tried again: an actor of a cluster in virtual time, while its queue is away or its
// store loses answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueManager } from "#actors/queue/queue-manager.ts";
import { openBackend } from "#actors/store/open-backend.ts";
import { storeActorOf } from "#actors/store/store-actor.ts";
import { communicationOf } from "#nodes/client/index.ts";
import { Failure } from "#protocols/failure.ts";
import { ask, type Deferred, type Handlers, protocol } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import type { SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { Actor } from "#runtime/core/actor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface Sender {
  send(submission: TaskSubmission): SubmitReceipt;
}
const Sender = protocol<Sender>("test.Sender@1", { send: ask({ within: 60_000 }) });

class SenderActor extends Actor<Sender> implements Handlers<Sender> {
  static readonly protocol = Sender;

  send(submission: TaskSubmission): Deferred<SubmitReceipt> {
    return this.ctx.defer(communicationOf(this.ctx).submit(submission));
  }
}

interface Losses {
  /** Submissions whose answers are lost from now on. */
  submissions: number;
}

/** Keeps what it is told, and may not say so. */
const LosingStore = storeActorOf<Losses>(async (losses, clock) => {
  const backend = await openBackend({ kind: "memory" }, clock);
  return {
    info: backend.info,
    lost: backend.lost,
    close: () => backend.close(),
    call: async (command) => {
      const answer = await backend.call(command);
      if (command.method !== "submit" || losses.submissions === 0) return answer;
      losses.submissions -= 1;
      throw new Failure("unknown_outcome", "the answer was lost; ask again");
    },
  };
});

const letter = { type: "letter", model: "post", parameters: {}, inputs: [] };

async function postOffice(losses: Losses = { submissions: 0 }) {
  const { system, time } = createTestSystem();
  await time.until(system.started(system.spawn(LosingStore, losses, { name: "store" })));
  const store = await time.until(system.lookup(Store, "store"));
  const sender = system.spawn(SenderActor);
  const openQueue = () => system.spawn(QueueManager, { queues: [] }, { name: "queue-manager" });
  const tasks = async (): Promise<number> =>
    (await time.until(store.list({ limit: 10 }))).tasks.length;
  return { system, time, sender, openQueue, tasks };
}

test("a submission whose answer is lost is tried again, and its task is there once", async () => {
  for (const key of [{}, { idempotencyKey: "mine" }]) {
    const { time, sender, openQueue, tasks } = await postOffice({ submissions: 2 });
    openQueue();
    const receipt = await time.until(sender.send({ ...letter, ...key }), 60_000);
    assert.equal(await tasks(), 1);
    assert.equal(receipt.isReplay, "idempotencyKey" in key);
  }
});

test("a submission waits for a queue that comes within its time", async () => {
  const { time, sender, openQueue, tasks } = await postOffice();
  const sent = sender.send(letter);
  await time.advance(3_500);
  openQueue();
  await time.until(sent, 60_000);
  assert.equal(await tasks(), 1);
});

test("without a queue a submission fails within its time", async () => {
  const { time, sender } = await postOffice();
  const begunMs = time.now();
  await assert.rejects(time.until(sender.send(letter), 60_000), { code: "unavailable" });
  const tookMs = time.now() - begunMs;
  assert.ok(tookMs > 2_500 && tookMs <= 5_000, `${tookMs} ms`);
});

test("what cannot be helped by trying again is not tried again", async () => {
  const { time, sender, openQueue } = await postOffice();
  openQueue();
  const key = { idempotencyKey: "mine" };
  await time.until(sender.send({ ...letter, ...key }), 60_000);
  const begunMs = time.now();
  const other = sender.send({ ...letter, ...key, type: "parcel" });
  await assert.rejects(time.until(other, 60_000), { code: "conflict" });
  assert.ok(time.now() - begunMs < 100);
});
