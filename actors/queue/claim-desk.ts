// Who is asked to work, and what becomes of the answer. Each worker has one claim under way at most. What
// the store granted and no worker was handed goes back untouched, so that no task pays for a lost answer:
//
//   idle worker ──claim──► store ──leases──► its worker, if it is still the one
//                            ▲   └─ lost ──► unsure: recall first, claim again then
//                            └── recall: all that the node was granted, but for what it was handed
//
// A recall that fails is tried again by the sweep, one at a time, until the store has answered; so is what
// a worker leaves behind that is gone.
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { ClaimRates } from "#protocols/tasks/claim-request.ts";
import { stepsNode } from "#protocols/tasks/steps.ts";
import type { LossReport } from "#protocols/tasks/store.ts";
import type { LeaseRef, TaskLease } from "#protocols/tasks/task.ts";
import type { Context } from "#runtime/core/context.ts";
import { type Claimed, claimFor, isFresh, patience, type Recalled } from "./claim.ts";
import { ratesFor } from "./decisions/queue-rates.ts";
import { claimsNext, freeBeside } from "./free-workers.ts";
import type { NodeStandings } from "./node-standings.ts";
import type { Own } from "./own-messages.ts";
import type { PooledWorker } from "./pooled-worker.ts";
import type { QueueRulebook } from "./queue-rulebook.ts";
import type { StoreDoor } from "./store-door.ts";
import { excused, joined, nothing } from "./worker-admission.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface ClaimDeskParts {
  readonly store: StoreDoor;
  readonly pool: WorkerPool;
  readonly standings: NodeStandings;
  readonly rules: Pick<QueueRulebook, "rates">;
}

type DeskContext = Pick<Context<unknown, Own>, "pipe" | "after" | "now" | "wall">;

/** Between two attempts at queues that hand out very fast. */
const againMsMin = 5;
const againKey = "released";

export class ClaimDesk {
  readonly #parts: ClaimDeskParts;
  /** Nodes that a rate held back. */
  readonly #heldBack = new Set<string>();
  /** By node: workers that are gone, of which the store could not be told yet. */
  readonly #gone = new Map<string, PooledWorker>();
  /** Those that were told to end: what they leave behind is nobody's fault. */
  readonly #stopped = new WeakSet<PooledWorker>();
  /** Of these a recall is under way. */
  readonly #recalling = new Set<PooledWorker>();
  /** When `released` is to be called. */
  #againAt: number | undefined;

  constructor(parts: ClaimDeskParts) {
    this.#parts = parts;
  }

  assign(ctx: DeskContext): void {
    const { store, pool, standings } = this.#parts;
    if (!store.ref) return;
    const asked = standings.open(pool, ctx.wall());
    if (asked.length === 0) return;
    const isOpen = (node: string): boolean => !standings.isHeld(node, ctx.wall());
    const plan = pool.plan(asked, isOpen);
    const next = claimsNext(pool.all, asked, isOpen);
    const beside = new Map(asked.map((worker) => [worker, freeBeside(worker, asked, next)]));
    for (const worker of asked) {
      const others = pool.kinds.othersThan(worker.node, isOpen);
      const around = { rates: this.#ratesOf(worker), others, free: beside.get(worker) ?? [] };
      const terms = pool.claiming(worker, ctx.now(), plan.get(worker));
      ctx.pipe(claimFor(store.ref, worker, terms, around), "claimed");
    }
  }

  /** Answers those of the leases that the worker is to be handed. */
  claimed(ctx: DeskContext, claim: Claimed): readonly TaskLease[] {
    const { pool, standings } = this.#parts;
    const { worker, terms, leases, failure, againMs, hasLeft } = claim;
    const { node } = worker;
    const isPresent = pool.get(node) === worker && !worker.isLeaving;
    pool.claimed(worker, leases, terms, ctx.now());
    if (againMs !== null) this.#holdBack(ctx, node, againMs);
    else if (hasLeft && pool.wishes.areRecent(ctx.wall())) {
      this.#holdBack(ctx, node, storeLimits.claimWishMsMax);
    }
    const ageMs = ctx.now() - terms.sentAtMs;
    const isOpen = isPresent && !standings.isClosed(node);
    const handed = isOpen ? leases.filter((lease) => isFresh(lease, ageMs)) : [];
    const back = leases.filter((lease) => !handed.includes(lease));
    for (const lease of back) pool.drop(worker, lease);
    if (back.length > 0) this.#takeBack(ctx, worker);
    else if (failure && isPresent) this.#doubt(ctx, worker);
    const { grantedAtMs } = terms;
    return grantedAtMs === undefined ? handed : handed.map((lease) => ({ ...lease, grantedAtMs }));
  }

  /** A rate lets somebody have more. */
  released(): void {
    this.#againAt = undefined;
    this.#parts.pool.wake([...this.#heldBack]);
    this.#heldBack.clear();
  }

  /** Of workers of which it is not known what they were granted, and of those that are gone. */
  recallAgain(ctx: DeskContext): void {
    const { pool } = this.#parts;
    for (const worker of pool.unsure) this.#recall(ctx, worker);
    for (const [node, worker] of this.#gone) {
      // Whoever came in its place has told the store what it holds.
      if (pool.get(node)) this.#gone.delete(node);
      else this.#release(ctx, worker);
    }
  }

  recalled(ctx: DeskContext, { doubts, failure, hasLeft, worker }: Recalled): void {
    this.#recalling.delete(worker);
    if (failure) return;
    this.#parts.pool.sure(worker, doubts);
    if (this.#gone.get(worker.node) !== worker) return;
    if (hasLeft) this.#gone.delete(worker.node);
    else this.#release(ctx, worker);
  }

  /**
   * The worker is gone: what it was not handed goes back untouched, the rest is lost with it, and blamed
   * on its node unless it was told to end.
   */
  left(ctx: DeskContext, worker: PooledWorker, exit: Exit): void {
    if (exit.kind === "stopped") this.#stopped.add(worker);
    this.#leave(ctx, worker);
  }

  #leave(ctx: DeskContext, worker: PooledWorker): void {
    this.#gone.set(worker.node, worker);
    this.#release(ctx, worker);
  }

  /** Its leases that it was not handed go back untouched, however often that has to be tried. */
  #takeBack(ctx: DeskContext, worker: PooledWorker): void {
    const present = this.#parts.pool.get(worker.node);
    if (present) this.#doubt(ctx, present);
    else this.#leave(ctx, worker);
  }

  #doubt(ctx: DeskContext, worker: PooledWorker): void {
    this.#parts.pool.doubt(worker);
    this.#recall(ctx, worker);
  }

  /** Not while it claims: that may grant it what it is handed soon. */
  #recall(ctx: DeskContext, worker: PooledWorker): void {
    if (worker.isClaiming) return;
    const { node } = worker;
    const request = { node, except: handedTo(worker), rates: this.#ratesOf(worker) };
    const { store } = this.#parts;
    const recall = async () =>
      joined(await store.ask((open) => open.$.with(patience).recall(request)), nothing);
    this.#begin(ctx, { worker, hasLeft: false }, recall);
  }

  #release(ctx: DeskContext, worker: PooledWorker): void {
    const { store } = this.#parts;
    const { node } = worker;
    // Who runs steps does not end by what it ran.
    const except = node === stepsNode ? [] : handedTo(worker);
    const request = { node, except, rates: this.#ratesOf(worker) };
    this.#begin(ctx, { worker, hasLeft: true }, async () => {
      const [back, lost] = await Promise.all([
        store.ask((open) => open.$.with(patience).recall(request)),
        store.ask((open) => open.$.with(patience).releaseNode({ node, except: [] })),
      ]);
      return joined(back, this.#stopped.has(worker) ? excused(lost) : lost);
    });
  }

  /** One at a time for each worker. */
  #begin(
    ctx: DeskContext,
    { hasLeft, worker }: Pick<Recalled, "worker" | "hasLeft">,
    ask: () => Promise<LossReport>,
  ): void {
    if (this.#recalling.has(worker)) return;
    this.#recalling.add(worker);
    const what = { worker, hasLeft, doubts: worker.doubts };
    const recalled = ask().then(
      (report): Recalled => ({ ...what, report, failure: undefined }),
      (error: unknown): Recalled => ({ ...what, report: nothing, failure: Failure.of(error) }),
    );
    ctx.pipe(recalled, "recalled");
  }

  #holdBack(ctx: DeskContext, node: string, inMs: number): void {
    this.#heldBack.add(node);
    const againMs = Math.max(againMsMin, Math.ceil(inMs));
    const at = ctx.now() + againMs;
    if (this.#againAt !== undefined && this.#againAt <= at) return;
    this.#againAt = at;
    ctx.after({ ms: againMs, key: againKey }, "released");
  }

  #ratesOf({ queues }: PooledWorker): ClaimRates {
    const { rates } = this.#parts.rules;
    return rates.size === 0 ? {} : ratesFor(queues, rates);
  }
}

/** As far as is known. */
const handedTo = ({ held }: PooledWorker): readonly LeaseRef[] =>
  [...held].map(([taskId, { fence, epoch }]) => ({ taskId, fence, epoch }));
