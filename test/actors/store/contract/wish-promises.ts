// Group C: what a task wishes for. Who lacks it leaves the task for a moment to a free worker that has it.
import assert from "node:assert/strict";
import { storeLimits } from "#protocols/store-limits.ts";
import type { ClaimRequest } from "#protocols/tasks/claim-request.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";

const wishes = [{ affinityTags: ["near"] }, { optionalSkills: ["latin"] }];
const gifted = { queues: ["default"], models: ["lama"], skills: ["latin"], tags: ["near"] };
const idsOf = async (store: ContractStore, terms: Partial<ClaimRequest>) =>
  (await store.claimed(terms)).map(({ taskId }) => taskId);

export function wishPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "claim");

  for (const wish of wishes) {
    const [what] = Object.keys(wish);
    promise(
      `a free worker that has what a task wishes for is preferred: ${what}`,
      async (store) => {
        const first = await store.created(wish);
        const second = await store.created(wish);
        const plain = await store.created({});
        const free = [{ ...gifted, slots: 1 }];
        const taken = await idsOf(store, { node: "one", free, max: 4 });
        assert.deepEqual(taken, [second, plain], "no more is left than the other has room for");
        const asHad = { node: "two", tags: ["near"], skills: ["latin"], max: 4 };
        assert.deepEqual(await idsOf(store, asHad), [first]);
      },
    );

    promise(`nobody waits for what a task only wishes for: ${what}`, async (store) => {
      const taskId = await store.created(wish);
      const others = [
        { ...gifted, slots: 0 },
        { ...gifted, slots: 1, models: ["mat"] },
        { ...gifted, slots: 1, queues: ["nightly"] },
        { ...gifted, slots: 1, tags: [], skills: [] },
      ];
      assert.deepEqual(await idsOf(store, { node: "one", free: others }), [taskId]);
      const late = await store.created(wish);
      const free = [{ ...gifted, slots: 1 }];
      assert.deepEqual(await idsOf(store, { node: "one", free }), []);
      await store.pass(storeLimits.claimWishMsMax);
      assert.deepEqual(await idsOf(store, { node: "one", free }), [late]);
    });
  }

  promise("a claim with a rate is told how long a task is left to a free worker", async (store) => {
    const [wish] = wishes;
    await store.created(wish);
    const free = [{ ...gifted, slots: 1 }];
    const rates = { default: { all: { perSecond: 1_000, burst: 10 } } };
    const request = { node: "one", incarnation: 1, models: ["lama"], max: 4, rates };
    assert.deepEqual(await store.claim({ ...request, free }), []);
    const delayMs = (await store.claimDelay({ ...request, free })) ?? -1;
    assert.ok(delayMs > 0 && delayMs <= storeLimits.claimWishMsMax, `${delayMs}`);
    assert.equal(await store.claimDelay(request), 0, "without the other it may have it");
  });
}
