// Claims work for one worker: as many tasks as it has free slots.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { TaskStore } from "#protocols/tasks/store.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import { type QueueMax, unlimited } from "./claim-allowance.ts";
import { freeSlots, type PooledWorker } from "./worker-pool.ts";

export interface Claimed {
  readonly worker: PooledWorker;
  /** The pool's arrival count when the claim began. */
  readonly seenArrivals: number;
  readonly leases: readonly TaskLease[];
  readonly failure: Failure | undefined;
}

/** Never rejects: a failure is part of the answer, so that the worker's claim is closed either way. */
export async function claimFor(
  store: Ref<TaskStore>,
  worker: PooledWorker,
  seenArrivals: number,
  queueMax: QueueMax,
): Promise<Claimed> {
  const { node, incarnation, models, queues, skills, tags } = worker;
  try {
    const from = { node, incarnation, models, queues, skills, tags };
    const leases = await store.claim({
      ...from,
      max: freeSlots(worker),
      ...(queueMax === unlimited ? {} : { queueMax }),
    });
    return { worker, seenArrivals, leases, failure: undefined };
  } catch (error) {
    return { worker, seenArrivals, leases: [], failure: Failure.of(error) };
  }
}
