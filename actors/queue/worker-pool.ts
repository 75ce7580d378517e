// The workers that offered themselves and what each holds. Pure.
//
// A worker's slots are a credit: a claimed task uses one up until its end is reported. What a worker
// says it holds wins over what we believe, so a lost message cannot leak a slot for ever.
import type { Ref } from "#protocols/actor-ref.ts";
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
  pace: WorkerPace;
  isClaiming: boolean;
  /** Tasks that it asked for with its last claim: a slot that is freed meanwhile was not asked about. */
  asked: number;
  /** The arrival count at which it last found nothing to do. */
  dryAt: number;
}

export const freeSlots = ({ held, slots }: Pick<PooledWorker, "held" | "slots">): number =>
  slots - held.size;

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
      pace: former?.pace ?? unknownPace,
      isClaiming: false,
      asked: 0,
      dryAt: -1,
    });
    return former;
  }

  /** Removes the worker that bears this ref's address; undefined when it was replaced already. */
  remove(uid: number, incarnation: number): PooledWorker | undefined {
    for (const worker of this.#byNode.values()) {
      const { address } = worker.ref.$;
      if (address.uid !== uid || address.node.incarnation !== incarnation) continue;
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
  claiming(worker: PooledWorker): number {
    worker.isClaiming = true;
    worker.asked = worker.slots - worker.held.size;
    return this.#arrivals;
  }

  claimed(worker: PooledWorker, leases: readonly LeaseRef[], seenArrivals: number, nowMs: number) {
    worker.isClaiming = false;
    if (leases.length < worker.asked) worker.dryAt = seenArrivals;
    for (const { taskId, fence, epoch } of leases) {
      worker.held.set(taskId, { fence, epoch, sinceMs: nowMs });
    }
  }

  finished(node: string, lease: LeaseRef): void {
    const held = this.#byNode.get(node)?.held;
    if (held?.get(lease.taskId)?.fence === lease.fence) held.delete(lease.taskId);
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
      if (!reported.has(taskId) && nowMs - sinceMs > unreportedMsMax) worker.held.delete(taskId);
    }
  }
}
