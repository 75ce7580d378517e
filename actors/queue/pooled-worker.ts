// A worker as the pool knows it: what it said of itself, and what it holds as far as is known.
import type { Ref } from "#protocols/actor-ref.ts";
import type { RunnerGifts } from "#protocols/tasks/capability-match.ts";
import type { Machine } from "#protocols/tasks/machine-demand.ts";
import type { QueueStatistics, WorkerHeartbeat, WorkerOffer } from "#protocols/tasks/queue.ts";
import { type DependenciesOf, type HeldSkill, skillSight } from "#protocols/tasks/skill-sight.ts";
import { type LeaseRef, queueDefault } from "#protocols/tasks/task.ts";
import type { Worker } from "#protocols/tasks/worker.ts";
import { unknownPace, type WorkerPace } from "./decisions/worker-score.ts";
import type { DryMark } from "./pending-belief.ts";

interface Held {
  readonly fence: number;
  readonly epoch: string;
  readonly sinceMs: number;
  /** Its worker has said that it holds it. */
  isNamed: boolean;
}

export interface PooledWorker {
  readonly ref: Ref<Worker>;
  readonly node: string;
  readonly incarnation: number;
  readonly models: readonly string[];
  readonly queues: readonly string[];
  readonly skills: readonly HeldSkill[];
  readonly tags: readonly string[];
  /** Undefined: it says nothing of it. */
  readonly machine: Machine | undefined;
  /** The same as the register of skills has it, as it was seen last. */
  gifts: RunnerGifts;
  /** What it serves, by name: workers of the same queues and models share what waits. */
  readonly trade: string;
  readonly batchMax: number;
  readonly slots: number;
  readonly held: Map<string, Held>;
  /** Of these, tasks whose end was reported and is not stored yet: they use no slot. */
  readonly ending: Set<string>;
  /** Slots in use by work that it was told to stop, and that has not. */
  busy: number;
  /** Handlers of its that have not stopped in time. */
  overdue: number;
  /** Reports of its handlers that were beyond a bound. */
  reportsRefused: number;
  /** Its own clock, and ours when it told; undefined: it does not tell. */
  clock: { readonly atMs: number; readonly seenMs: number } | undefined;
  pace: WorkerPace;
  isClaiming: boolean;
  /** Tasks that its claim under way is believed to get. */
  expects: number;
  /** It offers itself anew: nothing is claimed for it or handed to it before that is done. */
  isLeaving: boolean;
  /** A claim of its was not answered: it may have been granted what it was not handed. */
  isUnsure: boolean;
  /** How often that came about. */
  doubts: number;
  /** The arrival count at which it last found nothing to do. */
  dryAt: number;
  /** The same for the belief in what waits; undefined: it has not found nothing yet. */
  lastDry: DryMark | undefined;
}

/** Who offers itself so now; its pace is known from before. */
export function pooled(
  offer: WorkerOffer,
  { dependenciesOf, former, nowMs }: PoolingTerms,
): PooledWorker {
  const { worker: ref, node, incarnation, models, slots, holds } = offer;
  const { queues = [queueDefault], skills = [], tags = [], machine } = offer;
  const { batchMax = 1, busy = 0, overdue = 0, reportsRefused = 0 } = offer;
  return {
    ...{ ref, node, incarnation, models, queues, skills, tags, machine, batchMax, slots },
    ...{ busy, overdue, reportsRefused },
    gifts: giftsOf({ models, skills, machine }, dependenciesOf),
    trade: tradeOf(queues, models),
    held: new Map(holds.map((lease) => [lease.taskId, namedAt(lease, nowMs)])),
    ending: new Set(),
    clock: clockIn(offer, nowMs),
    pace: former?.pace ?? unknownPace,
    isClaiming: false,
    expects: 0,
    isLeaving: false,
    isUnsure: false,
    doubts: 0,
    dryAt: -1,
    lastDry: undefined,
  };
}

export interface PoolingTerms {
  readonly former: PooledWorker | undefined;
  readonly nowMs: number;
  readonly dependenciesOf: DependenciesOf;
}

const tradeOf = (queues: readonly string[], models: readonly string[]): string =>
  JSON.stringify([[...queues].sort(), [...models].sort()]);

export const giftsOf = (
  { models, skills, machine }: Pick<PooledWorker, "models" | "skills" | "machine">,
  dependenciesOf: DependenciesOf,
): RunnerGifts => ({
  models: new Set(models),
  skills: skillSight(skills, dependenciesOf),
  machine,
});

export const freeSlots = ({ busy, ending, held, slots }: PooledWorker): number =>
  slots - busy - held.size + ending.size;

/** As it is told to others. */
export function loadOf(worker: PooledWorker): QueueStatistics["workers"][number] {
  const { held, models, node, overdue, reportsRefused, slots } = worker;
  return { node, slots, running: held.size, overdue, reportsRefused, models };
}

/** What it says beside its leases. */
export function hear(worker: PooledWorker, beat: WorkerHeartbeat, nowMs: number): void {
  const { busy = 0, overdue = 0, reportsRefused = 0 } = beat;
  worker.busy = busy;
  worker.overdue = overdue;
  worker.reportsRefused = reportsRefused;
  worker.clock = clockIn(beat, nowMs);
}

export const namedAt = ({ fence, epoch }: LeaseRef, nowMs: number): Held => ({
  ...{ fence, epoch, sinceMs: nowMs, isNamed: true },
});

const clockIn = ({ atMs }: { readonly atMs?: number }, nowMs: number): PooledWorker["clock"] =>
  atMs === undefined ? undefined : { atMs, seenMs: nowMs };

/** One that batches waits until all ends of its last batch are stored, so that it gets a whole one. */
export const mayClaim = (worker: PooledWorker): boolean =>
  !worker.isClaiming &&
  !worker.isLeaving &&
  !worker.isUnsure &&
  freeSlots(worker) > 0 &&
  (worker.batchMax === 1 || worker.ending.size === 0);

/** The same once its claim is answered. */
export const mayClaimNext = (worker: PooledWorker): boolean =>
  worker.isClaiming && !worker.isLeaving && !worker.isUnsure && freeSlots(worker) > worker.expects;

/** It may find something, whatever it found last. */
export function thirsty(worker: PooledWorker): void {
  worker.dryAt = -1;
  worker.lastDry = undefined;
}

export function leave(worker: PooledWorker, taskId: string): void {
  worker.held.delete(taskId);
  worker.ending.delete(taskId);
}
