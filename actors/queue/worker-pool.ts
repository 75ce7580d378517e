// The workers that offered themselves and what each holds. Pure.
//
// A worker's slots are a credit: a claimed task uses one up until its end is reported. The slot is free
// while the store takes that end, so that the next claim goes into the same commit; the lease is held
// until it has. What a worker says it holds wins over what we believe, so a lost message cannot leak a
// slot for ever: what it named once and names no more it has let go, and what the store extends for it it
// holds, whether we knew of it or not.
import { isDeepStrictEqual } from "node:util";
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import { canRun } from "#protocols/tasks/capability-match.ts";
import type { QueueStatistics, WorkerHeartbeat, WorkerOffer } from "#protocols/tasks/queue.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import type { SkillTies } from "#protocols/tasks/skill-sight.ts";
import { stepsQueue } from "#protocols/tasks/steps.ts";
import type { LeaseRef } from "#protocols/tasks/task.ts";
import type { Worker } from "#protocols/tasks/worker.ts";
import { byPromise, claimPlan, wholeOf } from "./claim-plan.ts";
import type { ClaimShare } from "./decisions/claim-shares.ts";
import type { WantedKind } from "./decisions/lacks.ts";
import { paceAfter } from "./decisions/worker-score.ts";
import { WishesSeen } from "./free-workers.ts";
import { type BeliefStamp, PendingBelief } from "./pending-belief.ts";
import {
  giftsOf,
  hear,
  leave,
  loadOf,
  mayClaim,
  mayClaimNext,
  namedAt,
  type PooledWorker,
  pooled,
  thirsty,
} from "./pooled-worker.ts";
import { RegisterView } from "./register-view.ts";
import { WorkerKinds } from "./worker-kinds.ts";

/** A lease that its worker has not named for so long was never received by it. */
const unreportedMsMax = 5_000;

/** A worker reported the end of an attempt. */
export interface Ending {
  readonly node: string;
  readonly lease: LeaseRef;
}

/** What a worker asked for when it claimed. */
export interface ClaimTerms {
  /** The arrival count. */
  readonly seenArrivals: number;
  readonly stamp: BeliefStamp;
  readonly max: number;
  /** When it was sent, by our clock and by the worker's, if that is known. */
  readonly sentAtMs: number;
  readonly grantedAtMs: number | undefined;
}

export class WorkerPool {
  /** What waits for the workers, as far as is known. */
  readonly belief = new PendingBelief();
  readonly wishes = new WishesSeen();
  readonly #byNode = new Map<string, PooledWorker>();
  /** Offers that are not taken yet, by their nodes: the store is being asked. */
  readonly #coming = new Map<string, WorkerOffer>();
  /** Says who else could run what a node leaves to others. */
  readonly kinds = new WorkerKinds();
  readonly #register = new RegisterView();
  #arrivals = 0;
  #next = 0;

  get all(): readonly PooledWorker[] {
    return [...this.#byNode.values()];
  }

  /** Of the workers with machines: who runs the steps of tasks has none. */
  get loads(): QueueStatistics["workers"] {
    return this.all.filter(({ queues }) => !queues.includes(stepsQueue)).map(loadOf);
  }

  /** How many tasks of that kind can run at a time, on workers that are open. */
  slotsFor(kind: WantedKind, isOpen: (node: string) => boolean): number {
    return this.all
      .filter(({ queues }) => queues.includes(kind.queue))
      .filter(({ gifts, node }) => isOpen(node) && canRun(kind, gifts))
      .reduce((sum, { slots }) => sum + slots, 0);
  }

  /** Whether one of the workers runs several tasks together. */
  get isBatching(): boolean {
    return this.all.some(({ batchMax }) => batchMax > 1);
  }

  get(node: string): PooledWorker | undefined {
    return this.#byNode.get(node);
  }

  /** Another worker of that node, in this life of the node or a later one. */
  rivalOf({ incarnation, node, worker }: WorkerOffer): Ref<Worker> | undefined {
    const isRival = (it: { readonly incarnation: number }, ref: AnyRef): boolean =>
      it.incarnation >= incarnation && addressKey(ref.$.address) !== addressKey(worker.$.address);
    const coming = this.#coming.get(node);
    if (coming && isRival(coming, coming.worker)) return coming.worker;
    const present = this.#byNode.get(node);
    return present && isRival(present, present.ref) ? present.ref : undefined;
  }

  coming(offer: WorkerOffer): void {
    this.#coming.set(offer.node, offer);
  }

  notComing(offer: WorkerOffer): void {
    if (this.#coming.get(offer.node) === offer) this.#coming.delete(offer.node);
  }

  /** Takes the offer; answers the worker of that node whose place it takes. */
  offer(offer: WorkerOffer, nowMs: number): PooledWorker | undefined {
    const former = this.#byNode.get(offer.node);
    this.#coming.delete(offer.node);
    const worker = pooled(offer, { former, nowMs, dependenciesOf: this.#register.dependenciesOf });
    this.#byNode.set(offer.node, worker);
    this.kinds.add(worker);
    return former;
  }

  /** The register of skills as it was seen; answers the workers for whom that is news. */
  learn(register: readonly SkillTies[]): readonly PooledWorker[] {
    if (!this.#register.learn(register)) return [];
    const former = new Map(this.all.map((worker) => [worker, worker.gifts.skills.broken]));
    for (const worker of this.all) worker.gifts = giftsOf(worker, this.#register.dependenciesOf);
    return this.all.filter(
      (worker) => !isDeepStrictEqual(former.get(worker), worker.gifts.skills.broken),
    );
  }

  /** Removes the worker that bears this ref's address; undefined when it was replaced already. */
  remove(ended: AnyRef): PooledWorker | undefined {
    for (const worker of this.#byNode.values()) {
      if (addressKey(worker.ref.$.address) !== addressKey(ended.$.address)) continue;
      this.#byNode.delete(worker.node);
      this.kinds.remove(worker.node);
      return worker;
    }
    return undefined;
  }

  /** Something may be pending now that was not before. */
  noteArrival(): void {
    this.#arrivals += 1;
  }

  /** The queues as they stand; answers how many tasks wait in those that hand out. */
  waiting(queues: readonly QueueView[]): number {
    const open = queues.filter(({ isPaused }) => !isPaused);
    const pending = open.reduce((sum, view) => sum + view.pending, 0);
    if (pending > 0) this.belief.seen(pending);
    return pending;
  }

  /** These may find something, whatever they found last. */
  wake(nodes: readonly string[]): void {
    for (const node of nodes) {
      const worker = this.#byNode.get(node);
      if (worker) thirsty(worker);
    }
  }

  /** An attempt has ended there; `runMs` null: without a result. */
  ran(node: string, runMs: number | null): void {
    const worker = this.#byNode.get(node);
    if (worker) worker.pace = paceAfter(worker.pace, runMs);
  }

  /** Workers with free slots that may find work, the most promising first; of equals, another first
   *  each time. */
  idle(): readonly PooledWorker[] {
    const ready = this.all.filter((worker) => worker.dryAt !== this.#arrivals && mayClaim(worker));
    if (ready.length === 0) return ready;
    this.#next = (this.#next + 1) % ready.length;
    return byPromise([...ready.slice(this.#next), ...ready.slice(0, this.#next)]);
  }

  /** How much each of these is to ask for, in this order. */
  plan(
    asked: readonly PooledWorker[],
    isOpen: (node: string) => boolean,
  ): ReadonlyMap<PooledWorker, ClaimShare> {
    const claiming = this.all.filter((worker) => mayClaimNext(worker) && isOpen(worker.node));
    const expected = ({ lastDry }: PooledWorker): number => this.belief.since(lastDry);
    return claimPlan({ asked, claiming, expected });
  }

  /** Of these it is not known what they were granted. */
  get unsure(): readonly PooledWorker[] {
    return this.all.filter(({ isUnsure }) => isUnsure);
  }

  doubt(worker: PooledWorker): void {
    worker.isUnsure = true;
    worker.doubts += 1;
  }

  /** What it was not handed, it was not granted: so it was when it had been doubted so often. */
  sure(worker: PooledWorker, doubts: number): void {
    if (worker.doubts !== doubts) return;
    worker.isUnsure = false;
    thirsty(worker);
  }

  /** Notes where the pool stood when a worker asked for work. */
  claiming(worker: PooledWorker, nowMs: number, asks = wholeOf(worker)): ClaimTerms {
    worker.isClaiming = true;
    worker.expects = asks.share;
    const { clock } = worker;
    const grantedAtMs = clock && clock.atMs + (nowMs - clock.seenMs);
    const { max } = asks;
    const { stamp } = this.belief;
    return { seenArrivals: this.#arrivals, stamp, max, sentAtMs: nowMs, grantedAtMs };
  }

  claimed(
    worker: PooledWorker,
    leases: readonly LeaseRef[],
    { max, seenArrivals, stamp }: ClaimTerms,
    nowMs: number,
  ): void {
    worker.isClaiming = false;
    worker.expects = 0;
    this.belief.granted(leases.length);
    if (leases.length < max) {
      worker.dryAt = seenArrivals;
      worker.lastDry = this.belief.dryAfter(stamp);
    }
    for (const { taskId, fence, epoch } of leases) {
      worker.held.set(taskId, { fence, epoch, sinceMs: nowMs, isNamed: false });
      worker.ending.delete(taskId);
    }
  }

  /** Its end was reported, and the store is told. */
  ending({ node, lease: { fence, taskId } }: Ending): void {
    const worker = this.#byNode.get(node);
    if (worker?.held.get(taskId)?.fence === fence) worker.ending.add(taskId);
  }

  /** The store did not take its end: the worker goes on holding it. */
  notEnded({ node, lease }: Ending): void {
    this.#byNode.get(node)?.ending.delete(lease.taskId);
  }

  finished(node: string, lease: LeaseRef): void {
    const worker = this.#byNode.get(node);
    if (worker?.held.get(lease.taskId)?.fence === lease.fence) leave(worker, lease.taskId);
  }

  /** It is not handed the lease after all. */
  drop(worker: PooledWorker, { fence, taskId }: LeaseRef): void {
    if (worker.held.get(taskId)?.fence === fence) leave(worker, taskId);
  }

  /** Whoever was handed the task. */
  holderOf(taskId: string): PooledWorker | undefined {
    return this.all.find(({ held }) => held.has(taskId));
  }

  /** What the worker of that node holds, as far as is known. */
  leasesOf(node: string): readonly LeaseRef[] {
    const held = this.#byNode.get(node)?.held ?? [];
    return [...held].map(([taskId, { fence, epoch }]) => ({ taskId, fence, epoch }));
  }

  /**
   * The worker says what it holds: what it should hold, but does not, is freed. Answers what it holds
   * and we did not know of.
   */
  reported(beat: WorkerHeartbeat, nowMs: number): readonly LeaseRef[] {
    const worker = this.#byNode.get(beat.node);
    if (!worker) return [];
    hear(worker, beat, nowMs);
    const named = new Map(beat.leases.map(({ fence, taskId }) => [taskId, fence]));
    for (const [taskId, held] of worker.held) {
      if (named.get(taskId) === held.fence) held.isNamed = true;
      const isLetGo = held.isNamed || nowMs - held.sinceMs > unreportedMsMax;
      if (!named.has(taskId) && isLetGo) leave(worker, taskId);
    }
    return beat.leases.filter(({ taskId, fence }) => worker.held.get(taskId)?.fence !== fence);
  }

  /** The store has extended these for it: it holds them. */
  extended(node: string, leases: readonly LeaseRef[], nowMs: number): void {
    const worker = this.#byNode.get(node);
    for (const lease of leases) worker?.held.set(lease.taskId, namedAt(lease, nowMs));
  }
}
