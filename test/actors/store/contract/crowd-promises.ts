// Many at once: users who submit and cancel, workers who claim, complete, fail, give back and beat, with
// no order among them. Nobody knows what each will be answered; the invariants hold all the same.
import assert from "node:assert/strict";
import type { TaskLease } from "#protocols/tasks/task.ts";
import type { ContractStore } from "./contract-store.ts";
import { promisesOf, type StoreFixture } from "./store-fixture.ts";
import { refOf, someTask } from "./task-samples.ts";

const workers = 6;
const users = 4;
const tasksOfUser = 20;
const retryWaitMsMost = 600_000;
const atOnce = { baseMs: 0, factor: 1, capMs: 0, jitter: "none" } as const;

async function user(store: ContractStore, name: string): Promise<void> {
  const submitted: string[] = [];
  for (let index = 0; index < tasksOfUser; index += 1) {
    const result = await store.submit(
      someTask({
        ...{ userId: name, priority: index % 10, retry: atOnce, maxRetries: 2 },
        // Half of the keys are another user's, too.
        ...{ idempotencyKey: `key-${index}`, idempotencyScope: index % 2 === 0 ? name : "all" },
      }),
    );
    if (result.kind === "created") submitted.push(result.taskId);
    const victim = submitted[index - 3];
    if (victim !== undefined && index % 4 === 0) await store.cancel(victim);
  }
}

async function worker(store: ContractStore, index: number): Promise<void> {
  const node = `worker-${index}`;
  for (let idle = 0; idle < 4; ) {
    const leases = await store.claimed({ node, max: 1 + (index % 3) });
    idle = leases.length === 0 ? idle + 1 : 0;
    await store.heartbeat({ node, leases: leases.map(refOf), leaseMs: 15_000 });
    await Promise.all(leases.map((lease, place) => end(store, lease, place + index)));
  }
}

/** Two workers who believe to hold the same task both report: one is heard. */
async function end(store: ContractStore, lease: TaskLease, dice: number): Promise<void> {
  const way = (dice + lease.fence) % 5;
  if (way === 0) await store.release(lease);
  else if (way === 1) await store.fail(lease);
  else if (way === 2) await Promise.all([store.complete(lease), store.fail(lease)]);
  else await Promise.all([store.complete(lease), store.complete(lease)]);
}

export function crowdPromises(fixture: StoreFixture): void {
  const promise = promisesOf(fixture, "crowd");

  promise("whatever a crowd does at once, all that must hold does", async (store) => {
    const names = Array.from({ length: users }, (_, index) => `user-${index}`);
    await Promise.all([
      ...names.map((name) => user(store, name)),
      ...Array.from({ length: workers }, (_, index) => worker(store, index)),
    ]);
    await worker(store, 0);
    // What failed when the queue's budget of retries was spent waits for later.
    for (let round = 0; round < 3 && (await store.counts()).scheduled > 0; round += 1) {
      await store.pass(retryWaitMsMost);
      await store.sweep();
      await worker(store, 0);
    }
    const { pending, running, scheduled } = await store.counts();
    assert.deepEqual([pending, running, scheduled], [0, 0, 0], "all tasks have ended");
  });

  promise("of a queue with little room everybody who is told so got in", async (store) => {
    await store.setQueue({ queue: "default", pendingMax: 5, whenFull: "evict_lowest" });
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, index) => store.submit(someTask({ priority: index % 10 }))),
    );
    const created = results.filter(({ kind }) => kind === "created").length;
    const evicted = results.filter((one) => one.kind === "created" && one.evicted !== null).length;
    assert.equal(created - evicted, 5);
    assert.equal((await store.counts()).pending, 5);
  });
}
