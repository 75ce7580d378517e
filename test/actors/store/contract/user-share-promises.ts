// What one user may have in a queue: those who name nobody are one, too.
import assert from "node:assert/strict";
import { isFull } from "./overflow-promises.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { someTask } from "./task-samples.ts";

const queue = "default";

export function userSharePromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "user share");

  promise("one user's tasks are limited, and others have room", async (store) => {
    await store.setQueue({ queue, perUserMax: 2 });
    await store.createdMany(2, { userId: "ada" });
    await isFull(store, "user", { userId: "ada" });
    await store.created({ userId: "bob" });
    await store.created();
    await store.leased();
    await store.created({ userId: "ada" });
  });

  promise("those who name nobody have one user's part together", async (store) => {
    await store.createdMany(1);
    await store.setQueue({ queue, perUserMax: 2 });
    await store.created({ runAt: (await store.nowMs()) + 60_000 });
    await isFull(store, "user");
    await store.created({ userId: "ada" });
    await store.leased();
    await store.created();
    await isFull(store, "user");
  });

  promise("a user at the limit evicts nobody", async (store) => {
    await store.setQueue({ queue, perUserMax: 1, whenFull: "evict_lowest" });
    await store.created({ userId: "bob", priority: 9 });
    await store.created({ userId: "ada", priority: 2 });
    const result = await store.submit(someTask({ userId: "ada", priority: 2 }));
    assert.deepEqual([result.kind, result.kind === "full" && result.limit], ["full", "user"]);
  });
}
