// The QueueManager's protocol, for those who submit tasks and for those who work on them.
//
//   gateway ──submit──► QueueManager ──run(lease)──► worker
//   gateway ◄─outcome── QueueManager ◄──complete──── worker
//
// A worker offers slots; each running task uses one up; an answer gives it back. So no queue grows
// behind a slow worker.
import Type from "typebox";
import type { Ref } from "../actor-ref.ts";
import { limits } from "../limits.ts";
import { type Ack, ask, protocol } from "../protocol.ts";
import { refOf } from "../schema.ts";
import type { CommitResult, FailResult, StoreCounts } from "./store.ts";
import { LeaseRef, type TaskOutcome, TaskResult, TaskSubmission, type TaskView } from "./task.ts";
import { Worker } from "./worker.ts";

export interface SubmitReceipt {
  readonly taskId: string;
  /** The submission was seen before; this is the first one's task. */
  readonly isReplay: boolean;
  /** What the acknowledgement survives. `durable`: process death and power loss. */
  readonly ack: "durable";
}

export interface WorkerOffer {
  readonly worker: Ref<Worker>;
  readonly node: string;
  readonly incarnation: number;
  readonly models: readonly string[];
  /** Tasks that the worker will hold at the same time, those in `holds` included. */
  readonly slots: number;
  /** Leases that the worker still works on, from before it lost the queue. */
  readonly holds: readonly LeaseRef[];
}

export interface QueueStatistics extends StoreCounts {
  readonly workers: readonly {
    readonly node: string;
    readonly slots: number;
    readonly running: number;
    readonly models: readonly string[];
  }[];
  /** Tasks completed per second over the last ten seconds. */
  readonly completedPerSecond: number;
  readonly waiters: number;
}

export interface CancelRequest {
  readonly taskId: string;
  readonly reason: string;
}
export type CancelResult = "cancelled" | "running" | "ended" | "not_found";

export interface RenewRequest {
  readonly node: string;
  readonly leases: readonly LeaseRef[];
}
export interface RenewAnswer {
  /** The worker must stop working on these. */
  readonly lost: readonly LeaseRef[];
  /** False when the queue has forgotten the worker: it should offer itself again. */
  readonly isKnown: boolean;
}

export interface CompletionReport {
  readonly node: string;
  readonly lease: LeaseRef;
  readonly result: TaskResult;
}
export interface FailureReport {
  readonly node: string;
  readonly lease: LeaseRef;
  readonly code: string;
  readonly detail: string;
  readonly isRetryable: boolean;
}

export interface Queue {
  /** Acknowledges after the task is on disk. Fails with `queue_full` when it is at its limit. */
  submit(submission: TaskSubmission): SubmitReceipt;
  /** Waits until the task has ended, at most as long as the ask may take. */
  outcome(taskId: string): TaskOutcome;
  view(taskId: string): TaskView | null;
  cancel(request: CancelRequest): CancelResult;
  statistics(): QueueStatistics;
  /** A worker says that it is there (again) and what it can do. */
  offer(offer: WorkerOffer): Ack;
  renew(request: RenewRequest): RenewAnswer;
  complete(report: CompletionReport): CommitResult;
  fail(report: FailureReport): FailResult;
}

const Id = Type.String({ minLength: 1, maxLength: 64 });

export const Queue = protocol<Queue>("tasks.Queue@1", {
  submit: ask,
  outcome: ask({ within: 120_000 }),
  view: ask,
  cancel: ask,
  statistics: ask,
  offer: ask,
  renew: ask,
  complete: ask,
  fail: ask,
}).checked({
  submit: [TaskSubmission],
  outcome: [Id],
  view: [Id],
  cancel: [Type.Object({ taskId: Id, reason: Type.String({ maxLength: 1024 }) })],
  offer: [
    Type.Object({
      worker: refOf(Worker),
      node: Id,
      incarnation: Type.Integer({ minimum: 1 }),
      models: Type.Array(Id, { maxItems: 256 }),
      slots: Type.Integer({ minimum: 1, maximum: limits.workerSlotsMax }),
      holds: Type.Array(LeaseRef, { maxItems: 1024 }),
    }),
  ],
  renew: [Type.Object({ node: Id, leases: Type.Array(LeaseRef, { maxItems: 1024 }) })],
  complete: [Type.Object({ node: Id, lease: LeaseRef, result: TaskResult })],
  fail: [
    Type.Object({
      node: Id,
      lease: LeaseRef,
      code: Id,
      detail: Type.String({ maxLength: 16_384 }),
      isRetryable: Type.Boolean(),
    }),
  ],
});
