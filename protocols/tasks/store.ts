// The task store as a protocol: the one place where tasks are. A reply to a mutating ask means that the
// change is as durable as the reply says; nothing that is acknowledged is lost.
//
// Every call is atomic by itself; a store commits many that come close together at once. What a caller
// must be able to decide about is a value of a closed set; a Failure (`store_failed`, `unavailable`,
// `corrupt`, `invalid`) says that the store itself could not serve, and then nothing was changed, except
// for `unknown_outcome`: it may have been, and asking again with the same idempotency key or lease tells.
import { type Ack, ask, protocol } from "../protocol.ts";
import type { ClaimRates, ClaimRequest, ReleaseRequest, WaitingKind } from "./claim-request.ts";
import type {
  ConfirmationAnswer,
  ConfirmationAnswered,
  ConfirmationAsked,
  ConfirmationRequest,
  ConfirmationState,
  OpenConfirmation,
  OpenConfirmationsQuery,
} from "./confirmation.ts";
import type { QueueSettings, QueueView } from "./queue-view.ts";
import type { CompletedAttempt, FailedAttempt, Reached } from "./reached.ts";
import type {
  AckLevel,
  LeaseRef,
  TaskLease,
  TaskOutcome,
  TaskSubmission,
  TaskView,
} from "./task.ts";
import type { EventPage, EventTail, NewEvent } from "./task-events.ts";
import type { FailureClass } from "./task-failure.ts";
import type { TaskQuery } from "./task-query.ts";
import type { TaskStatus } from "./task-states.ts";

export interface StoreInfo {
  readonly kind: "memory" | "sqlite" | "redis";
  /** Tells this store's fences from those of one that was restored, failed over or made anew. */
  readonly epoch: string;
  /** What it can give, weakest first. */
  readonly ackLevels: readonly AckLevel[];
  readonly schemaVersion: number;
  /** Milliseconds that the store's time is ahead of the clock of its node, or of its Redis server; negative: behind. */
  readonly timeSkewMs: number;
}

export const fullLimits = ["tasks", "people", "bytes", "user", "others"] as const;
export type FullLimit = (typeof fullLimits)[number];

export type SubmitResult =
  | {
      readonly kind: "created";
      readonly taskId: string;
      /** What the acknowledgement survives. */
      readonly ack: AckLevel;
      /** The task that gave way, when the queue was full. */
      readonly evicted: string | null;
    }
  /** The same submission came before: its task, in whatever state that is. */
  | { readonly kind: "replayed"; readonly taskId: string; readonly ack: AckLevel }
  /** The idempotency key belongs to a task with other content. */
  | { readonly kind: "conflict"; readonly taskId: string }
  /** The queue, or the user's share of it, is at its limit; nothing was stored. */
  | {
      readonly kind: "full";
      /** `people`: as many as may wait for people do; nobody gives way. `others`: they wait for room before it. */
      readonly limit: FullLimit;
      /** Tasks that wait for a worker; with `people` those that wait for a person. */
      readonly pending: number;
      /** By the rate at which the queue has drained of late; null while that is not known. */
      readonly retryAfterMs: number | null;
    }
  | { readonly kind: "refused"; readonly reason: "ack_level" | "parent_ended" };

export interface Heartbeat {
  readonly node: string;
  readonly leases: readonly LeaseRef[];
  /** Default: that of each task's queue. */
  readonly leaseMs?: number;
}
export interface HeartbeatAnswer {
  /** The worker must stop working on these: another holds them, or they have ended. */
  readonly lost: readonly LeaseRef[];
  /** Still held, but to be given up; told until the attempt has ended. */
  readonly cancel: readonly { readonly lease: LeaseRef; readonly reason: string }[];
}

/** Never goes back within an attempt unless `isReset`. */
export interface ProgressReport extends Reached {
  readonly lease: LeaseRef;
}

/** `lost`: a newer lease holds the task, or it has ended; nothing was changed. */
export type CommitResult =
  | {
      readonly kind: "committed";
      readonly queue: string;
      readonly node: string;
      readonly attempt: number;
      readonly queueMs: number;
      readonly runMs: number;
    }
  | { readonly kind: "lost" };
export type FailResult =
  | { readonly kind: "retried"; readonly runAt: number }
  | { readonly kind: "ended"; readonly status: "failed" | "cancelled" | "timed_out" }
  | { readonly kind: "lost" };
export type HeldResult = { readonly kind: "done" } | { readonly kind: "lost" };
/** `early`: share and message are not kept, so soon after the last, and will be then; a checkpoint is kept. */
export type ProgressResult = HeldResult | { readonly kind: "early"; readonly retryAfterMs: number };

export type CancelResult =
  | { readonly kind: "cancelled" }
  /** It runs: its worker was asked to give up. */
  | { readonly kind: "requested" }
  | { readonly kind: "ended"; readonly status: TaskStatus }
  | { readonly kind: "not_found" };

export interface ReleaseReport {
  /** Tasks that wait again. */
  readonly released: number;
  /** Tasks that ended: they lost too many leases, were to be cancelled, or are damaged. */
  readonly ended: readonly string[];
}

/** Attempts of a node that its worker reports nothing of. */
export interface NodeFault {
  readonly node: string;
  readonly class: FailureClass;
  /** How many came to nothing so. */
  readonly attempts: number;
  /** False: one of these tasks has ended workers of other nodes, too, and may have ended this one. */
  readonly isBlamed: boolean;
}

export interface LossReport extends ReleaseReport {
  /** What the nodes did; lost leases are one fault a node, as they come of one death of its worker. */
  readonly faults: readonly NodeFault[];
}

export interface SweepReport extends LossReport {
  /** Scheduled tasks whose time had come. */
  readonly due: number;
  readonly purged: number;
  /** When the next sweep can find something, milliseconds since 1970 UTC; null: not before a change. */
  readonly nextAt: number | null;
}

export interface TaskPage {
  /** In the order of their arrival. */
  readonly tasks: readonly TaskView[];
  readonly next: number | null;
}

/** Numbers of tasks, ended ones also after they were forgotten, and the bytes of what waits. */
export type StoreCounts = Readonly<Record<TaskStatus, number>> & { readonly pendingBytes: number };

export interface StoreStatistics {
  readonly total: number;
  readonly counts: StoreCounts;
  readonly queues: readonly QueueView[];
  /** Of the last 1,000 completed attempts; null before the first. */
  readonly queueMsMean: number | null;
  readonly runMsMean: number | null;
}

export interface ResultFile {
  readonly name: string;
  readonly contentType: string;
  /** Of the whole file. */
  readonly size: number;
  /** SHA-256 of the whole file, as hex: its ETag. */
  readonly sha256: string;
  readonly bytes: Uint8Array;
}
export type ResultAnswer =
  | { readonly kind: "file"; readonly file: ResultFile }
  | { readonly kind: "not_ended"; readonly status: TaskStatus }
  /** It ended without one. */
  | { readonly kind: "none"; readonly status: TaskStatus }
  /** It was there, and its time is over. */
  | { readonly kind: "gone" }
  | { readonly kind: "not_found" };

export interface TaskStore {
  info(): StoreInfo;

  submit(submission: TaskSubmission): SubmitResult;
  claim(request: ClaimRequest): readonly TaskLease[];
  /** Extends the leases that are still held, and answers the others. */
  heartbeat(beat: Heartbeat): HeartbeatAnswer;
  progress(report: ProgressReport): ProgressResult;
  complete(report: CompletedAttempt): CommitResult;
  fail(report: FailedAttempt): FailResult;
  /**
   * Milliseconds until a claim finds what it leaves now because of its rates, or to others in queues
   * with rates; 0: it leaves something else, or another claim was faster; null: nothing waits there.
   */
  claimDelay(request: ClaimRequest): number | null;
  /** Gives a task back unworked: the attempt is not used up, and it keeps its place. */
  release(request: ReleaseRequest): HeldResult;
  /** Gives back unworked what the node was granted and never handed: all but the named leases. */
  recall(request: {
    readonly node: string;
    readonly except: readonly LeaseRef[];
    readonly rates?: ClaimRates;
  }): ReleaseReport;
  /** Ends all leases of a node except the named ones: its worker is gone or does not hold them. */
  releaseNode(request: { readonly node: string; readonly except: readonly LeaseRef[] }): LossReport;
  /**
   * With all its descendants. A task that waits has ended when this is answered. `commandId`: of the control
   * command that wants it, which is acknowledged so; fails with `cancelled` when that has ended.
   */
  cancel(request: {
    readonly taskId: string;
    readonly reason: string;
    readonly by?: string;
    readonly commandId?: string;
  }): CancelResult;

  confirmRequest(request: ConfirmationRequest): ConfirmationAsked;
  confirmAnswer(answer: ConfirmationAnswer): ConfirmationAnswered;
  /** The open ones of living tasks, oldest first. */
  confirmations(query: OpenConfirmationsQuery): readonly OpenConfirmation[];
  /** Null when there is none, or its task was forgotten. */
  confirmation(callbackId: string): ConfirmationState | null;

  /** Does what time demands, at most `limit` things, so that one commit stays short. */
  sweep(limit: number): SweepReport;

  view(taskId: string): TaskView | null;
  list(query: TaskQuery): TaskPage;
  /** The outcome of an ended task with its result files; null while it has not ended. */
  outcome(taskId: string): TaskOutcome | null;
  /** One file of a result, or a piece of it: `from` inclusive, `to` exclusive. */
  result(request: {
    readonly taskId: string;
    readonly position: number;
    readonly from?: number;
    readonly to?: number;
  }): ResultAnswer;
  counts(queue?: string): StoreCounts;
  statistics(): StoreStatistics;
  setQueue(settings: QueueSettings): QueueView;
  queues(): readonly QueueView[];
  /** Of at most 1,000 kinds of work: what they ask of a worker. */
  waitingKinds(): readonly WaitingKind[];

  appendEvents(events: readonly NewEvent[]): readonly number[];
  readEvents(request: {
    readonly channel: string;
    readonly afterSeq: number;
    readonly limit: number;
  }): EventPage;
  /** Over all channels, in the order of commits, for dispatchers. */
  tailEvents(request: { readonly afterEventId: number; readonly limit: number }): EventTail;

  /** Counts everything again and looks for damage; reads the whole store. */
  check(): { readonly problems: readonly string[] };
  /** Fails with what the last write met while writes are refused: it tries one itself then. */
  ping(): Ack;
}

export const TaskStore = protocol<TaskStore>("tasks.Store@3", {
  info: ask,
  submit: ask,
  claim: ask,
  claimDelay: ask,
  heartbeat: ask,
  progress: ask,
  complete: ask,
  fail: ask,
  release: ask,
  recall: ask,
  releaseNode: ask,
  cancel: ask,
  confirmRequest: ask,
  confirmAnswer: ask,
  confirmations: ask,
  confirmation: ask,
  sweep: ask,
  view: ask,
  list: ask,
  outcome: ask,
  result: ask,
  counts: ask,
  statistics: ask,
  setQueue: ask,
  queues: ask,
  waitingKinds: ask,
  appendEvents: ask,
  readEvents: ask,
  tailEvents: ask,
  check: ask({ within: 60_000 }),
  ping: ask,
});

export type { ClaimRequest } from "./claim-request.ts";
export type { QueueSettings, QueueView } from "./queue-view.ts";
export type { FailureClass, TaskFailure } from "./task-failure.ts";
