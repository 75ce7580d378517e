// Who is asked first, and how much each is to ask for. Pure.
import { type ClaimShare, claimShares } from "./decisions/claim-shares.ts";
import { scoreOf, taskMsOf, usualRunMs } from "./decisions/worker-score.ts";
import { freeSlots, type PooledWorker } from "./pooled-worker.ts";

/** The most promising first; of equals, those that stand first. */
export function byPromise(workers: readonly PooledWorker[]): readonly PooledWorker[] {
  if (workers.length < 2) return workers;
  const usualMs = usualRunMs(workers.map(({ pace }) => pace));
  return workers
    .map((worker) => ({ worker, score: scoreOf({ ...worker, held: worker.held.size }, usualMs) }))
    .sort((a, b) => a.score - b.score)
    .map(({ worker }) => worker);
}

export interface ClaimPlanTerms {
  /** In this order. */
  readonly asked: readonly PooledWorker[];
  /** Others that have a claim under way, and are asked again when it is answered. */
  readonly claiming: readonly PooledWorker[];
  /** Tasks that are believed to wait for it, and those that are claimed already. */
  readonly expected: (worker: PooledWorker) => number;
}

/** Of workers of the same queues and models, which share what waits; in a batch goes what belongs together. */
export function claimPlan(terms: ClaimPlanTerms): ReadonlyMap<PooledWorker, ClaimShare> {
  const { claiming, expected } = terms;
  const plan = new Map<PooledWorker, ClaimShare>();
  for (const trade of new Set(terms.asked.map((worker) => worker.trade))) {
    const asked = terms.asked.filter((worker) => worker.trade === trade);
    if (asked.some(({ batchMax }) => batchMax > 1)) {
      for (const worker of asked) plan.set(worker, wholeOf(worker));
      continue;
    }
    const peers = claiming.filter((worker) => worker.trade === trade);
    const claimed = peers.reduce((sum, { expects }) => sum + expects, 0);
    const all = [...asked, ...peers];
    const usualMs = usualRunMs(all.map(({ pace }) => pace));
    const claimants = all.map((worker, index) => ({
      held: worker.held.size + worker.expects,
      free: freeSlots(worker) - worker.expects,
      taskMs: taskMsOf(worker, usualMs),
      isAsked: index < asked.length,
    }));
    const shares = claimShares(claimants, Math.max(...asked.map(expected)) - claimed);
    for (const [index, worker] of asked.entries()) {
      plan.set(worker, shares[index] ?? wholeOf(worker));
    }
  }
  return plan;
}

/** All that it has room for; what it gets nobody knows. */
export const wholeOf = (worker: PooledWorker): ClaimShare => ({ share: 0, max: freeSlots(worker) });
