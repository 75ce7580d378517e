// Claims work for one worker: as many tasks as it has free slots.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { ReleaseReport, TaskStore } from "#protocols/tasks/store.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import { type QueueMax, unlimited } from "./claim-allowance.ts";
import type { ClaimTerms, PooledWorker } from "./worker-pool.ts";

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
  queueMax: QueueMax,
): Promise<Claimed> {
  const { node, incarnation, models, queues, skills, tags } = worker;
  try {
    const from = { node, incarnation, models, queues, skills, tags };
    const leases = await store.claim({
      ...from,
      max: terms.max,
      ...(queueMax === unlimited ? {} : { queueMax }),
    });
    return { worker, terms, leases, failure: undefined };
  } catch (error) {
    return { worker, terms, leases: [], failure: Failure.of(error) };
  }
}

/** To the store, untouched: nobody has begun what the leases are for. */
export async function givenBack(
  store: Ref<TaskStore>,
  leases: readonly TaskLease[],
): Promise<ReleaseReport> {
  const answers = await Promise.all(
    leases.map(({ taskId, fence, epoch }) => store.release({ taskId, fence, epoch })),
  );
  return { released: answers.length, ended: [] };
}
