// The task store as a protocol: the one place where tasks are durable. A reply to a mutating ask
// means that the change was committed and synced to disk.
import { type Ack, ask, protocol } from "../protocol.ts";
import type {
  LeaseRef,
  TaskLease,
  TaskOutcome,
  TaskResult,
  TaskSubmission,
  TaskView,
} from "./task.ts";

export type SubmitResult =
  | { readonly kind: "created" | "replayed"; readonly taskId: string }
  /** The idempotency key belongs to a task with other content. */
  | { readonly kind: "conflict"; readonly taskId: string }
  | { readonly kind: "full"; readonly pending: number };

export interface ClaimRequest {
  readonly node: string;
  readonly incarnation: number;
  /** Only tasks for these models are handed out. */
  readonly models: readonly string[];
  readonly max: number;
  readonly leaseMs: number;
}

export interface TaskFailure {
  readonly code: string;
  readonly detail: string;
  readonly isRetryable: boolean;
}

/** `lost`: a newer lease holds the task, or it has ended; nothing was changed. */
export type CommitResult =
  | {
      readonly kind: "committed";
      readonly node: string;
      readonly attempt: number;
      readonly queueMs: number;
      readonly runMs: number;
    }
  | { readonly kind: "lost" };
export type FailResult =
  | { readonly kind: "retried"; readonly runAt: number }
  | { readonly kind: "failed" }
  | { readonly kind: "lost" };

export interface ReleaseReport {
  /** Tasks that wait again. */
  readonly released: number;
  /** Tasks that ended: they lost too many leases, were to be cancelled, or are damaged. */
  readonly failed: readonly string[];
}

export interface SweepReport extends ReleaseReport {
  /** Scheduled tasks whose time had come. */
  readonly due: number;
  /** When the next sweep can find something, milliseconds since 1970 UTC; null: not before a change. */
  readonly nextAt: number | null;
}

export interface StoreCounts {
  readonly scheduled: number;
  readonly pending: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly pendingBytes: number;
}

export interface TaskStore {
  submit(submission: TaskSubmission): SubmitResult;
  claim(request: ClaimRequest): readonly TaskLease[];
  /** Extends the leases that are still held; answers those that are not, or are to be cancelled. */
  renew(request: {
    readonly node: string;
    readonly leases: readonly LeaseRef[];
    readonly leaseMs: number;
  }): { readonly lost: readonly LeaseRef[] };
  complete(report: { readonly lease: LeaseRef; readonly result: TaskResult }): CommitResult;
  fail(report: { readonly lease: LeaseRef; readonly failure: TaskFailure }): FailResult;
  /** Ends all leases of a node except the named ones: its worker is gone or does not hold them. */
  release(request: { readonly node: string; readonly except: readonly LeaseRef[] }): ReleaseReport;
  cancel(request: {
    readonly taskId: string;
    readonly reason: string;
  }): "cancelled" | "running" | "ended" | "not_found";
  sweep(limit: number): SweepReport;
  view(taskId: string): TaskView | null;
  /** The outcome of an ended task with its result files; null while it has not ended. */
  outcome(taskId: string): TaskOutcome | null;
  counts(): StoreCounts;
  check(): { readonly problems: readonly string[] };
  ping(): Ack;
}

export const TaskStore = protocol<TaskStore>("tasks.Store@1", {
  submit: ask,
  claim: ask,
  renew: ask,
  complete: ask,
  fail: ask,
  release: ask,
  cancel: ask,
  sweep: ask,
  view: ask,
  outcome: ask,
  counts: ask,
  check: ask({ within: 60_000 }),
  ping: ask,
});
