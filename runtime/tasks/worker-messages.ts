// What a worker is given, and what it tells itself.
import type { Ref } from "#protocols/actor-ref.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Machine } from "#protocols/tasks/machine-demand.ts";
import type { Queue, WorkerHeartbeatAnswer } from "#protocols/tasks/queue.ts";
import type { HeldSkill } from "#protocols/tasks/skill-sight.ts";
import type { CommitResult, FailResult } from "#protocols/tasks/store.ts";
import type { LeaseRef, TaskResult } from "#protocols/tasks/task.ts";
import type { TaskFailure } from "#protocols/tasks/task-failure.ts";

/** What a worker's state has at least: which tasks it takes, and how many. */
export interface WorkerTerms {
  /** Tasks held at the same time. */
  readonly slots: number;
  /** Those that its topology says; one that serves others fails. Default: it serves what it likes. */
  readonly modelsStated?: readonly string[];
  /** As in a `WorkerOffer`. */
  readonly queues?: readonly string[];
  readonly skills?: readonly HeldSkill[];
  readonly tags?: readonly string[];
  readonly machine?: Machine;
  /** Tasks of one `batchKey` that it is handed together, if there are so many. Default: 1. */
  readonly batchMax?: number;
  /**
   * Milliseconds that a handler has to return after it was told to stop; Infinity: as long as it likes.
   * Default: 5,000.
   */
  readonly graceMs?: number;
}

export interface Ended {
  readonly lease: LeaseRef;
  readonly end: { readonly result: TaskResult } | { readonly failure: TaskFailure };
}

export interface Report extends Ended {
  readonly attempt: number;
}

/** What the store made of a report. */
export interface Reported {
  readonly lease: LeaseRef;
  readonly kind: CommitResult["kind"] | FailResult["kind"];
}

export interface Renewed {
  readonly sent: readonly LeaseRef[];
  readonly sentAtMs: number;
  readonly answer: WorkerHeartbeatAnswer;
}

/** What a worker sends itself; a subclass has no methods of these names. */
export interface WorkerMessages {
  seek(): void;
  found(queue: Ref<Queue>): void;
  missed(failure: FailureData): void;
  /** What it serves has changed: the queue is told. */
  offerAgain(): void;
  offered(): void;
  ended(ended: Ended): void;
  report(report: Report): void;
  reported(reported: Reported): void;
  lost(lease: LeaseRef): void;
  renew(): void;
  renewed(answer: Renewed): void;
}
