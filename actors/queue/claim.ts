// Claims work for one worker: as many tasks as it has free slots.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { TaskStore } from "#protocols/tasks/store.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import type { ClaimTerms, PooledWorker } from "./worker-pool.ts";

/** Milliseconds that a worker may hold a task without a heartbeat. */
export const leaseMs = 15_000;

export interface Claimed {
  readonly worker: PooledWorker;
  readonly terms: ClaimTerms;
  readonly leases: readonly TaskLease[];
  readonly failure: Failure | undefined;
}

/** Never rejects: a failure is part of the answer, so that the worker's claim is closed either way. */
export async function claimFor(
  store: Ref<TaskStore>,
  worker: PooledWorker,
  terms: ClaimTerms,
): Promise<Claimed> {
  const { node, incarnation, models, queues, skills, tags } = worker;
  try {
    const from = { node, incarnation, models, queues, skills, tags };
    const leases = await store.claim({ ...from, max: terms.max, leaseMs });
    return { worker, terms, leases, failure: undefined };
  } catch (error) {
    return { worker, terms, leases: [], failure: Failure.of(error) };
  }
}
