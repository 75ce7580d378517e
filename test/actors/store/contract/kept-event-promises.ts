// Group K: how long what happened is kept, and that nobody misses unknowingly what is not.
import assert from "node:assert/strict";
import type { NewEvent } from "#protocols/tasks/task-events.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";

const note: NewEvent = { channel: "room:a", type: "note", taskId: null, payload: {} };

export function keptEventPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "events");
  const fill = async (store: ContractStore, count: number): Promise<void> => {
    for (let left = count; left > 0; left -= 200) {
      const some = Array.from({ length: Math.min(left, 200) }, () => note);
      await store.appendEvents(some);
    }
  };

  promise("a tail tells that something behind its number is not kept any more", async (store) => {
    await fill(store, 3);
    await store.passAndSweep(3_000_000);
    await fill(store, 2);
    const tail = async (after: number, limit?: number) => {
      const { events, isTrimmed, upTo } = await store.tail(after, limit);
      return [events.map(({ eventId }) => eventId), upTo, isTrimmed];
    };
    assert.deepEqual(await tail(0), [[1, 2, 3, 4, 5], 5, false]);
    assert.deepEqual(await tail(1, 2), [[2, 3], 3, false]);
    await store.passAndSweep(700_000);
    assert.deepEqual(await tail(0), [[4, 5], 5, true]);
    assert.deepEqual(await tail(2, 1), [[4], 4, true]);
    assert.deepEqual(await tail(3), [[4, 5], 5, false]);
    await store.passAndSweep(3_600_000);
    assert.deepEqual(await tail(3), [[], 5, true]);
    assert.deepEqual(await tail(5), [[], 5, false]);
    await store.reopen();
    assert.deepEqual(await tail(4), [[], 5, true]);
    assert.equal((await store.cut({ afterEventId: 4 })).isTrimmed, true);
    assert.equal((await store.cut({ afterEventId: 5 })).isTrimmed, false);
  });

  promise("of a long channel the newest thousand are kept", async (store) => {
    await fill(store, 1_250);
    await store.sweepAll();
    const page = await store.readEvents("room:a", 0, 1_000);
    assert.deepEqual([page.head, page.isTrimmed], [1_250, true]);
    assert.deepEqual([page.events[0]?.seq, page.events.at(-1)?.seq], [251, 1_250]);
    assert.equal((await store.readEvents("room:a", 249)).isTrimmed, true);
    assert.equal((await store.readEvents("room:a", 250)).isTrimmed, false);
  });

  promise("an hour later events are forgotten, and their numbers are not", async (store) => {
    await fill(store, 5);
    await store.passAndSweep(3_000_000);
    await fill(store, 2);
    await store.passAndSweep(700_000);
    const page = await store.readEvents("room:a");
    assert.deepEqual([page.events.map(({ seq }) => seq), page.head], [[6, 7], 7]);
    assert.equal(page.isTrimmed, true);
    await store.passAndSweep(3_600_000);
    assert.deepEqual(await store.readEvents("room:a"), { events: [], head: 7, isTrimmed: true });
    assert.equal((await store.readEvents("room:a", 7)).isTrimmed, false);
    await store.reopen();
    assert.equal((await store.readEvents("room:a")).head, 7);
    assert.deepEqual(await store.appendEvents([note]), [8]);
  });
}
