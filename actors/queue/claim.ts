// Claims work for one worker: as many tasks as it has free slots.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type {
  ClaimRates,
  ClaimRequest,
  FreeWorker,
  OtherWorkers,
} from "#protocols/tasks/claim-request.ts";
import type { LossReport, TaskStore } from "#protocols/tasks/store.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import type { PooledWorker } from "./pooled-worker.ts";
import type { ClaimTerms } from "./worker-pool.ts";

export interface Claimed {
  readonly worker: PooledWorker;
  readonly terms: ClaimTerms;
  readonly leases: readonly TaskLease[];
  /** Of the store, which may have granted leases all the same. */
  readonly failure: Failure | undefined;
  /** When a claim finds what the rates held back, from now; null: they held nothing back. */
  readonly againMs: number | null;
  /** Tasks may have been left to free workers that have what these wish for. */
  readonly hasLeft: boolean;
}

/** What the store said to a recall. */
export interface Recalled {
  readonly worker: PooledWorker;
  /** How often it had been doubted when the recall was sent. */
  readonly doubts: number;
  readonly report: LossReport;
  /** All that it was handed is lost, too: the worker is gone. */
  readonly hasLeft: boolean;
  /** Of the store, which may have done it all the same. */
  readonly failure: Failure | undefined;
}

/**
 * Longer than any back end tries, in milliseconds: an answer that is late is worth more than the doubt
 * without it. A store that ends meanwhile fails at once.
 */
export const patience = { within: 15_000 } as const;

/** Share of its time that a lease may have used up before it is handed to its worker. */
const ageShareMax = 0.5;

/** Whether enough is left of the lease of a claim that was sent so long ago. */
export const isFresh = ({ leaseMs }: TaskLease, ageMs: number): boolean =>
  ageMs <= leaseMs * ageShareMax;

export interface ClaimSurroundings {
  readonly rates: ClaimRates;
  readonly others: readonly OtherWorkers[];
  readonly free: readonly FreeWorker[];
}

/** Never rejects: a failure is part of the answer, so that the worker's claim is closed either way. */
export async function claimFor(
  store: Ref<TaskStore>,
  worker: PooledWorker,
  terms: ClaimTerms,
  { rates, others, free }: ClaimSurroundings,
): Promise<Claimed> {
  const { node, incarnation, models, queues, skills, tags, machine, batchMax } = worker;
  const request: ClaimRequest = {
    ...{ node, incarnation, models, queues, skills, tags, batchMax, max: terms.max },
    ...(machine === undefined ? {} : { machine }),
    ...(Object.keys(rates).length === 0 ? {} : { rates }),
    ...(others.length === 0 ? {} : { others }),
    ...(free.length === 0 ? {} : { free }),
  };
  let leases: readonly TaskLease[];
  try {
    leases = await store.$.with(patience).claim(request);
  } catch (error) {
    return { worker, terms, leases: [], failure: Failure.of(error), againMs: null, hasLeft: false };
  }
  const isHeldBack = request.rates !== undefined && leases.length < terms.max;
  // Who does not answer is asked again by the next sweep anyway.
  const againMs = isHeldBack ? await store.claimDelay(request).catch(() => null) : null;
  const hasLeft = free.length > 0 && leases.length < terms.max;
  return { worker, terms, leases, failure: undefined, againMs, hasLeft };
}
