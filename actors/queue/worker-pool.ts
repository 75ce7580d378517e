// The workers that offered themselves and what each holds. Pure.
//
// A worker's slots are a credit: a claimed task uses one up until its end is reported. The slot is free
// while the store takes that end, so that the next claim goes into the same commit; the lease is held
// until it has. What a worker says it holds wins over what we believe, so a lost message cannot leak a
// slot for ever.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import type { QueueStatistics, WorkerOffer } from "#protocols/tasks/queue.ts";
import { stepsQueue } from "#protocols/tasks/steps.ts";
import { type LeaseRef, queueDefault } from "#protocols/tasks/task.ts";
import type { Worker } from "#protocols/tasks/worker.ts";
import {
  paceAfter,
  scoreOf,
  unknownPace,
  usualRunMs,
  type WorkerPace,
} from "./decisions/worker-score.ts";

/** A lease that its worker does not report for so long was never received by it. */
const unreportedMsMax = 5_000;

interface Held {
  readonly fence: number;
  readonly epoch: string;
  readonly sinceMs: number;
}

export interface PooledWorker {
  readonly ref: Ref<Worker>;
  readonly node: string;
  readonly incarnation: number;
  readonly models: readonly string[];
  readonly queues: readonly string[];
  readonly skills: readonly string[];
  readonly tags: readonly string[];
  readonly slots: number;
  readonly held: Map<string, Held>;
  /** Of these, tasks whose end was reported and is not stored yet: they use no slot. */
  readonly ending: Set<string>;
  pace: WorkerPace;
  isClaiming: boolean;
  /** The arrival count at which it last found nothing to do. */
  dryAt: number;
}

/** A worker reported the end of an attempt. */
export interface Ending {
  readonly node: string;
  readonly lease: LeaseRef;
}

/** What a worker asked for when it claimed. */
export interface ClaimTerms {
  /** The arrival count. */
  readonly seenArrivals: number;
  readonly max: number;
}

export const freeSlots = ({ ending, held, slots }: PooledWorker): number =>
  slots - held.size + ending.size;

export class WorkerPool {
  readonly #byNode = new Map<string, PooledWorker>();
  #arrivals = 0;
  #next = 0;

  get all(): readonly PooledWorker[] {
    return [...this.#byNode.values()];
  }

  /** Of the workers with machines: who runs the steps of tasks has none. */
  get loads(): QueueStatistics["workers"] {
    return this.all
      .filter(({ queues }) => !queues.includes(stepsQueue))
      .map(({ node, slots, held, models }) => ({ node, slots, running: held.size, models }));
  }

  /** How many tasks of a queue can run at a time. */
  slotsFor(queue: string): number {
    return this.all.reduce(
      (sum, { queues, slots }) => sum + (queues.includes(queue) ? slots : 0),
      0,
    );
  }

  get(node: string): PooledWorker | undefined {
    return this.#byNode.get(node);
  }

  /** Takes the offer; answers the worker of that node whose place it takes. */
  offer(offer: WorkerOffer, nowMs: number): PooledWorker | undefined {
    const former = this.#byNode.get(offer.node);
    const { worker: ref, node, incarnation, models, slots } = offer;
    const held = new Map(
      offer.holds.map(({ taskId, fence, epoch }) => [taskId, { fence, epoch, sinceMs: nowMs }]),
    );
    const { queues = [queueDefault], skills = [], tags = [] } = offer;
    this.#byNode.set(node, {
      ref,
      node,
      incarnation,
      models,
      queues,
      skills,
      tags,
      slots,
      held,
      ending: new Set(),
      pace: former?.pace ?? unknownPace,
      isClaiming: false,
      dryAt: -1,
    });
    return former;
  }

  /** Removes the worker that bears this ref's address; undefined when it was replaced already. */
  remove(ended: AnyRef): PooledWorker | undefined {
    for (const worker of this.#byNode.values()) {
      if (addressKey(worker.ref.$.address) !== addressKey(ended.$.address)) continue;
      this.#byNode.delete(worker.node);
      return worker;
    }
    return undefined;
  }

  /** Something may be pending now that was not before. */
  noteArrival(): void {
    this.#arrivals += 1;
  }

  /** These may find something, whatever they found last. */
  wake(nodes: readonly string[]): void {
    for (const node of nodes) {
      const worker = this.#byNode.get(node);
      if (worker) worker.dryAt = -1;
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
    const ready = this.all.filter(
      (worker) => !worker.isClaiming && worker.dryAt !== this.#arrivals && freeSlots(worker) > 0,
    );
    if (ready.length === 0) return ready;
    this.#next = (this.#next + 1) % ready.length;
    const turned = [...ready.slice(this.#next), ...ready.slice(0, this.#next)];
    if (turned.length === 1) return turned;
    const usualMs = usualRunMs(turned.map(({ pace }) => pace));
    const score = ({ held, slots, pace }: PooledWorker): number =>
      scoreOf({ held: held.size, slots, pace }, usualMs);
    return turned
      .map((worker) => ({ worker, score: score(worker) }))
      .sort((a, b) => a.score - b.score)
      .map(({ worker }) => worker);
  }

  /** Notes where the pool stood when a worker asked for work. */
  claiming(worker: PooledWorker): ClaimTerms {
    worker.isClaiming = true;
    return { seenArrivals: this.#arrivals, max: freeSlots(worker) };
  }

  claimed(
    worker: PooledWorker,
    leases: readonly LeaseRef[],
    { max, seenArrivals }: ClaimTerms,
    nowMs: number,
  ): void {
    worker.isClaiming = false;
    if (leases.length < max) worker.dryAt = seenArrivals;
    for (const { taskId, fence, epoch } of leases) {
      worker.held.set(taskId, { fence, epoch, sinceMs: nowMs });
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

  /** Whoever was handed the task. */
  holderOf(taskId: string): PooledWorker | undefined {
    return this.all.find(({ held }) => held.has(taskId));
  }

  /** What the worker of that node holds, as far as is known. */
  leasesOf(node: string): readonly LeaseRef[] {
    const held = this.#byNode.get(node)?.held ?? [];
    return [...held].map(([taskId, { fence, epoch }]) => ({ taskId, fence, epoch }));
  }

  /** The worker says what it holds: what it should hold, but does not, is freed. */
  reported(node: string, leases: readonly LeaseRef[], nowMs: number): void {
    const worker = this.#byNode.get(node);
    if (!worker) return;
    const reported = new Set(leases.map((lease) => lease.taskId));
    for (const [taskId, { sinceMs }] of worker.held) {
      if (!reported.has(taskId) && nowMs - sinceMs > unreportedMsMax) leave(worker, taskId);
    }
  }
}

function leave(worker: PooledWorker, taskId: string): void {
  worker.held.delete(taskId);
  worker.ending.delete(taskId);
}
