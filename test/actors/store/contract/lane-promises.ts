// Group C: claims over many lanes. Whatever stands first in a lane, and whoever may not have it, the others
// come in the order of their ranks.
import assert from "node:assert/strict";
import type { ClaimRates } from "#protocols/tasks/claim-request.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { noJitter } from "./task-samples.ts";

const lanes = ["a", "b", "c"] as const;
const atOnce = { ...noJitter, baseMs: 0, capMs: 0 } as const;

/** So many rounds of one task in each lane; in the order in which they came. */
async function rounds(
  store: ContractStore,
  count: number,
  differences: Partial<TaskSubmission> = {},
): Promise<string[]> {
  const ids: string[] = [];
  for (let round = 0; round < count; round += 1) {
    for (const batchKey of lanes) ids.push(await store.created({ batchKey, ...differences }));
  }
  return ids;
}

const idsOf = async (store: ContractStore, terms: Parameters<ContractStore["claimed"]>[0]) =>
  (await store.claimed(terms)).map(({ taskId }) => taskId);

export function lanePromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "claim");

  promise("tasks of many lanes come in rank, not lane by lane", async (store) => {
    const ids = await rounds(store, 3);
    const urgent = await store.created({ batchKey: "c", priority: 0 });
    assert.deepEqual(await idsOf(store, { max: 4 }), [urgent, ...ids.slice(0, 3)]);
    assert.deepEqual(await idsOf(store, {}), ids.slice(3));
  });

  promise("the first of a lane that is left to others hides none behind it", async (store) => {
    const others = [{ queues: ["default"], models: ["lama"] }];
    const first = await rounds(store, 1, { retry: atOnce });
    const failed = await store.claimed({ node: "one" });
    assert.deepEqual(failed.map(({ taskId }) => taskId).sort(), first.toSorted());
    for (const lease of failed) {
      const answer = await store.fail(lease, { class: "model", code: "model_error" });
      assert.equal(answer.kind, "retried");
    }
    await store.sweepAll();
    const behind = await rounds(store, 2);
    assert.deepEqual(await idsOf(store, { node: "one", others, max: 1 }), behind.slice(0, 1));
    assert.deepEqual(await idsOf(store, { node: "one", others }), behind.slice(1));
    assert.deepEqual(await idsOf(store, { node: "two", others }), first);
  });

  promise("the first of a lane whose user has had enough hides none behind it", async (store) => {
    const rate = { perSecond: 0.001, burst: 1 };
    const rates: ClaimRates = { default: { user: rate } };
    const anns = await rounds(store, 2, { userId: "ann" });
    const bob = await store.created({ batchKey: "a", userId: "bob" });
    const eve = await store.created({ batchKey: "c", userId: "eve" });
    assert.deepEqual(await idsOf(store, { rates, max: 1 }), anns.slice(0, 1));
    assert.deepEqual(await idsOf(store, { rates }), [bob, eve]);
    assert.deepEqual(await idsOf(store, { rates }), []);
  });

  promise("the first of a lane that is too late hides none behind it", async (store) => {
    const late = await rounds(store, 2, { queueDeadlineMs: 1_000 });
    const behind = await rounds(store, 1);
    await store.pass(1_001);
    assert.deepEqual(await idsOf(store, { max: 2 }), behind.slice(0, 2));
    assert.deepEqual(await idsOf(store, {}), behind.slice(2));
    await store.sweepAll();
    for (const taskId of late) assert.equal(await store.status(taskId), "timed_out");
  });

  promise("kinds that the worker cannot run hide none behind them", async (store) => {
    await rounds(store, 2, { model: "mat" });
    await rounds(store, 2, { requiredSkills: ["ocr"] });
    const own = await rounds(store, 2);
    assert.deepEqual(await idsOf(store, { max: 1 }), own.slice(0, 1));
    assert.deepEqual(await idsOf(store, {}), own.slice(1));
  });
}
