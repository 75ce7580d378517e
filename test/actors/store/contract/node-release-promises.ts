// Group D: what a node leaves behind, and whether that is its fault.
import assert from "node:assert/strict";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";

export function nodeReleasePromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "node release");

  promise("a node's release ends its leases, all but the named ones", async (store) => {
    const kept = await store.running({ model: "m1" });
    const ended = await store.running({ model: "m2" });
    await store.created({ model: "m3" });
    const other = await store.leased({ node: "worker-2", models: ["m3"] });
    const report = await store.releaseNode("worker-1", [kept]);
    const faults = [{ node: "worker-1", class: "node_lost", attempts: 1, isBlamed: true }];
    assert.deepEqual(report, { released: 1, ended: [], faults });
    const statuses = [kept, ended, other].map(({ taskId }) => store.status(taskId));
    assert.deepEqual(await Promise.all(statuses), ["running", "pending", "running"]);
    assert.equal((await store.seen(ended.taskId)).lostLeases, 1);
  });

  promise("releasing a node that holds nothing does nothing", async (store) => {
    assert.deepEqual(await store.releaseNode("worker-9"), {
      ...{ released: 0, ended: [], faults: [] },
    });
  });

  promise(
    "a node that goes has failed once, unless a task of its has ended others, too",
    async (store) => {
      const suspect = await store.running({ model: "m1" });
      const lost = (node: string, attempts: number, isBlamed: boolean) => [
        { node, class: "node_lost", attempts, isBlamed },
      ];
      assert.deepEqual((await store.releaseNode("worker-1")).faults, lost("worker-1", 1, true));
      await store.created({ model: "m2" });
      await store.leased({ node: "worker-2", models: ["m1"] });
      await store.leased({ node: "worker-2", models: ["m2"] });
      assert.deepEqual((await store.releaseNode("worker-2")).faults, lost("worker-2", 2, false));
      assert.equal((await store.seen(suspect.taskId)).lostLeases, 2);
    },
  );
}
