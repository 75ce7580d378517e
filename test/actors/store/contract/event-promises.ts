// Group K: what happened is numbered without gaps, told once in each channel, kept for a while, and
// read again from any number on.
import assert from "node:assert/strict";
import type { NewEvent } from "#protocols/tasks/task-events.ts";
import type { ContractStore } from "./contract-store.ts";
import { keptEventPromises } from "./kept-event-promises.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { noJitter, refOf, someTask } from "./task-samples.ts";

const note = (channel: string, text = "hello"): NewEvent => ({
  ...{ channel, type: "note", taskId: null, payload: { text } },
});

/** A task's life, and the types of its events in their order. */
const stories: readonly {
  readonly name: string;
  readonly live: (store: ContractStore) => Promise<string>;
  readonly types: readonly string[];
}[] = [
  {
    name: "a task that is completed",
    live: async (store) => {
      const lease = await store.running();
      await store.complete(lease);
      return lease.taskId;
    },
    types: ["submitted", "running", "completed"],
  },
  {
    name: "a task for later",
    live: async (store) => {
      const taskId = await store.created({ runAt: (await store.nowMs()) + 5_000 });
      await store.passAndSweep(5_500);
      return taskId;
    },
    types: ["submitted", "pending"],
  },
  {
    name: "a task that is tried again and fails",
    live: async (store) => {
      const lease = await store.running({ retry: noJitter });
      await store.fail(lease);
      await store.passAndSweep(1_100);
      await store.fail(await store.leased(), { class: "validation" });
      return lease.taskId;
    },
    types: ["submitted", "running", "retried", "pending", "running", "failed"],
  },
  {
    name: "a task whose lease is lost and given back",
    live: async (store) => {
      const lease = await store.running();
      await store.passAndSweep(15_100);
      await store.release(await store.leased());
      return lease.taskId;
    },
    types: ["submitted", "running", "lease_lost", "running", "released"],
  },
  {
    name: "a waiting task that is cancelled",
    live: async (store) => {
      const taskId = await store.created();
      await store.cancel(taskId);
      return taskId;
    },
    types: ["submitted", "cancelled"],
  },
  {
    name: "a running task that is cancelled",
    live: async (store) => {
      const lease = await store.running();
      await store.cancel(lease.taskId);
      await store.fail(lease, { class: "cancelled" });
      return lease.taskId;
    },
    types: ["submitted", "running", "cancel_requested", "cancelled"],
  },
  {
    name: "a task that is timed out",
    live: async (store) => {
      const taskId = await store.created({ deadlineMs: 1_000 });
      await store.passAndSweep(1_100);
      return taskId;
    },
    types: ["submitted", "timed_out"],
  },
  {
    name: "a task that gives way",
    live: async (store) => {
      await store.setQueue({ queue: "default", pendingMax: 1, whenFull: "evict_lowest" });
      const taskId = await store.created({ priority: 9 });
      await store.created({ priority: 0 });
      return taskId;
    },
    types: ["submitted", "evicted"],
  },
  {
    name: "a task that waits for an answer",
    live: async (store) => {
      const lease = await store.running();
      const asked = await store.confirmRequest({
        ...{ lease: refOf(lease), step: 1, userId: "ada", stepResult: {}, expiresMs: 60_000 },
        ...{ onTimeout: "proceed", mode: "park", checkpoint: null },
      });
      assert.ok(asked.kind === "asked");
      const { callbackId } = asked;
      await store.confirmAnswer({ callbackId, userId: null, decision: "reject", feedback: null });
      return lease.taskId;
    },
    types: ["submitted", "running", "confirmation_requested", "confirmed"],
  },
];

export function eventPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "events");

  for (const { name, live, types } of stories) {
    promise(`${name} is told step by step`, async (store) => {
      assert.deepEqual(await store.eventTypes(`task:${await live(store)}`), types);
    });
  }

  promise("each step is told to the task, its queue and its user", async (store) => {
    const taskId = await store.created({ userId: "ada", queue: "nightly" });
    for (const channel of [`task:${taskId}`, "queue:nightly", "user:ada"]) {
      const { events, head, isTrimmed } = await store.readEvents(channel);
      assert.deepEqual([head, isTrimmed, events.length], [1, false, 1], channel);
      const [event] = events;
      assert.deepEqual(
        [event?.channel, event?.seq, event?.type, event?.taskId],
        [channel, 1, "submitted", taskId],
      );
      assert.ok(Math.abs((event?.at ?? 0) - (await store.nowMs())) < 2_000, "by the store's clock");
    }
    assert.equal((await store.tailEvents()).length, 3);
  });

  promise("what changes nothing is not told", async (store) => {
    const lease = await store.running({ idempotencyKey: "k" });
    const before = await store.tailEvents();
    await store.submit(someTask({ idempotencyKey: "k" }));
    await store.submit(someTask({ idempotencyKey: "k", model: "mat" }));
    await store.heartbeat({ node: "worker-1", leases: [refOf(lease)], leaseMs: 15_000 });
    await store.progress({ lease: refOf(lease), progress: 0.5, message: "half" });
    await store.complete({ ...lease, fence: lease.fence + 1 });
    await store.cancel("unknown");
    await store.claimed();
    await store.sweepAll();
    assert.deepEqual(await store.tailEvents(), before);
  });

  promise("a channel that never had an event is empty", async (store) => {
    const page = { events: [], head: 0, isTrimmed: false };
    assert.deepEqual(await store.readEvents("task:unknown"), page);
  });

  promise("events are read from any number on, as many as wanted", async (store) => {
    await store.createdMany(7);
    const seqs = async (afterSeq: number, limit: number) =>
      (await store.readEvents("queue:default", afterSeq, limit)).events.map(({ seq }) => seq);
    assert.deepEqual(await seqs(0, 3), [1, 2, 3]);
    assert.deepEqual(await seqs(3, 3), [4, 5, 6]);
    assert.deepEqual(await seqs(6, 3), [7]);
    assert.deepEqual(await seqs(7, 3), []);
    assert.deepEqual(await seqs(99, 3), []);
    assert.equal((await store.readEvents("queue:default", 3, 1)).head, 7);
  });

  promise("the tail of all channels is read from any event on", async (store) => {
    await store.createdMany(3, { userId: "ada" });
    const all = await store.tailEvents();
    assert.equal(all.length, 9);
    const ids = all.map(({ eventId }) => eventId);
    assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const third = ids[2] ?? 0;
    assert.deepEqual(await store.tailEvents(third, 4), all.slice(3, 7));
    assert.deepEqual(await store.tailEvents(ids.at(-1)), []);
  });

  promise("events of many tasks at once are numbered without gaps", async (store) => {
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => store.submit(someTask({ userId: `u${index % 3}` }))),
    );
    await Promise.all((await store.claimed()).map((lease) => store.complete(lease)));
    const { events, head } = await store.readEvents("queue:default");
    assert.equal(head, 120);
    assert.deepEqual(
      events.map(({ seq }) => seq),
      Array.from({ length: 120 }, (_, i) => i + 1),
    );
  });

  ownEventPromises(fixture);
  keptEventPromises(fixture);
}

function ownEventPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "events");

  promise("events of others are numbered per channel, and answered by place", async (store) => {
    const events = [note("room:a"), note("room:b"), note("room:a")];
    assert.deepEqual(await store.appendEvents(events), [1, 1, 2]);
    assert.deepEqual(await store.appendEvents([note("room:a", "again")]), [3]);
    const page = await store.readEvents("room:a", 2);
    assert.deepEqual(
      page.events.map(({ type, payload }) => [type, payload]),
      [["note", { text: "again" }]],
    );
    assert.deepEqual(await store.appendEvents([]), []);
  });

  promise("numbers go on after the store was opened again", async (store) => {
    await store.appendEvents([note("room:a"), note("room:a")]);
    const before = await store.tailEvents();
    await store.reopen();
    assert.deepEqual(await store.tailEvents(), before);
    assert.deepEqual(await store.appendEvents([note("room:a")]), [3]);
    const last = (await store.tailEvents()).at(-1);
    assert.equal(last?.eventId, (before.at(-1)?.eventId ?? 0) + 1, "dense");
  });

  promise("replay and live together are the full sequence, wherever they meet", async (store) => {
    const write = (count: number) =>
      Promise.all(Array.from({ length: count }, () => store.appendEvents([note("room:a")])));
    await write(10);
    // A subscriber: what comes live is kept, then the store is read to its head, then spliced.
    const live: number[] = [];
    const during = write(20).then((answers) => live.push(...answers.flat()));
    const replayed: number[] = [];
    for (;;) {
      const page = await store.readEvents("room:a", replayed.at(-1) ?? 0, 4);
      replayed.push(...page.events.map(({ seq }) => seq));
      if (page.events.length === 0) break;
    }
    await during;
    const head = replayed.at(-1) ?? 0;
    const spliced = [...replayed, ...live.toSorted((a, b) => a - b).filter((seq) => seq > head)];
    assert.deepEqual(
      spliced,
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
  });
}
