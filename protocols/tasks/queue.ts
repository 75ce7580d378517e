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
import { type Ack, ask, protocol, tell } from "../protocol.ts";
import { refOf } from "../schema.ts";
import type { WaitingKind } from "./claim-request.ts";
import { Machine } from "./machine-demand.ts";
import { QueueConfig } from "./queue-config.ts";
import type { QueueView } from "./queue-view.ts";
import { type CompletedAttempt, type FailedAttempt, Reached } from "./reached.ts";
import { Moment, OrNull, RecordName } from "./record-fields.ts";
import type { QueuePlan, ResourceClass } from "./resource-demand.ts";
import { HeldSkill } from "./skill-sight.ts";
import type {
  CancelResult,
  CommitResult,
  FailResult,
  HeartbeatAnswer,
  StoreCounts,
  TaskPage,
} from "./store.ts";
import {
  type AckLevel,
  LeaseRef,
  type TaskOutcome,
  TaskResult,
  TaskSubmission,
  type TaskView,
} from "./task.ts";
import { TaskFailure } from "./task-failure.ts";
import { TaskQuery } from "./task-query.ts";
import { Worker } from "./worker.ts";

export interface SubmitReceipt {
  readonly taskId: string;
  /** The submission was seen before; this is the first one's task. */
  readonly isReplay: boolean;
  /** What the acknowledgement survives. */
  readonly ack: AckLevel;
}

export interface WorkerOffer {
  readonly worker: Ref<Worker>;
  readonly node: string;
  readonly incarnation: number;
  readonly models: readonly string[];
  /** Those that it works for, what it can do and what it is near to: as in a `ClaimRequest`. */
  readonly queues?: readonly string[];
  readonly skills?: readonly HeldSkill[];
  readonly tags?: readonly string[];
  /** What is under it. Without it, it gets no task that demands something of a machine. */
  readonly machine?: Machine;
  /** Tasks with one `batchKey` that it can run together. Default: 1. */
  readonly batchMax?: number;
  /** Tasks that the worker will hold at the same time, those in `holds` included. */
  readonly slots: number;
  /** Leases that the worker still works on, from before it lost the queue. */
  readonly holds: readonly LeaseRef[];
  /** All of these as in a `WorkerHeartbeat`. */
  readonly busy?: number;
  readonly overdue?: number;
  readonly reportsRefused?: number;
  readonly atMs?: number;
}

export interface UnrunnableKind extends WaitingKind {
  /** Milliseconds since it was noticed. */
  readonly forMs: number;
  /** For each thing that is missing a sentence, of the worker that lacks the least. */
  readonly lacks: readonly string[];
}

/** A queue with the rules by which tasks are sent to it and leave it. */
export interface QueueStanding
  extends QueueView,
    Pick<QueuePlan, "types" | "models" | "pixelsMax" | "rate" | "userRate" | "machine"> {
  /** null: the topology does not set it up. */
  readonly class: ResourceClass | null;
}

export interface QueueStatistics extends StoreCounts {
  readonly workers: readonly {
    readonly node: string;
    readonly slots: number;
    readonly running: number;
    /** Slots that are kept by handlers which have not stopped in time. */
    readonly overdue: number;
    /** As in its last `WorkerHeartbeat`. */
    readonly reportsRefused: number;
    readonly models: readonly string[];
  }[];
  /** Tasks completed per second over the last ten seconds. */
  readonly completedPerSecond: number;
  readonly waiters: number;
  /** Submissions that wait for room in a full queue. */
  readonly blocked: number;
  /** What waits and no worker can run as they are now, 64 kinds at most. */
  readonly unrunnable: readonly UnrunnableKind[];
  /** Each queue by name: what is set of it, how many are in it, its rates and waits. */
  readonly queues: readonly QueueStanding[];
  /** Why the store refuses to write; null: nothing is known to keep it from it. */
  readonly storeTrouble: string | null;
  /** The most that an acknowledgement of the store says just now. */
  readonly storeAck: AckLevel;
}

/** A submission met a full queue. */
export interface Refusal {
  readonly queue: string;
  /** Until what waited there is worked off, at the pace of the last ten seconds; null: nothing ended. */
  readonly retryAfterMs: number | null;
}

export interface CancelRequest {
  readonly taskId: string;
  readonly reason: string;
  readonly by?: string;
  /** Of the control command that wants it: when that has ended, this fails with `cancelled`. */
  readonly commandId?: string;
}

export interface WorkerHeartbeat {
  readonly node: string;
  readonly leases: readonly LeaseRef[];
  /**
   * Slots in use beside these leases: work that was told to stop, and has not yet. All, when some of it is
   * overdue: then no more tasks are wanted. Default: none.
   */
  readonly busy?: number;
  /** Handlers that have not returned in time after they were told to stop. Default: none. */
  readonly overdue?: number;
  /** Reports of progress beyond a bound, refused since the worker began. Default: none. */
  readonly reportsRefused?: number;
  /**
   * The worker's own clock when this was sent, in milliseconds since any moment. Leases that come to
   * it say by the same clock when they were granted at the earliest.
   */
  readonly atMs?: number;
}
export interface WorkerHeartbeatAnswer extends HeartbeatAnswer {
  /** False when the queue has forgotten the worker: it should offer itself again. */
  readonly isKnown: boolean;
}

export interface NodeHoldRequest {
  readonly node: string;
  /** No new tasks until then, in milliseconds since 1970 UTC; null: it gets them. */
  readonly until: number | null;
  /** An operator's wish: kept also when no other node is left. */
  readonly isWished: boolean;
}

export interface QueueChange {
  readonly queue: string;
  /** All that is to be other than in the topology's file. */
  readonly config: QueueConfig;
}

export interface CompletionReport extends CompletedAttempt {
  readonly node: string;
}
export interface FailureReport extends FailedAttempt {
  readonly node: string;
}

/** An attempt that has ended while its task waits for a person. */
export interface ParkingReport {
  readonly node: string;
  readonly lease: LeaseRef;
}

export interface Queue {
  /**
   * Acknowledges when the store has. Fails with `queue_full` when the queue is at its limit, and with `bad_image` when
   * an input of a task whose type is one of `workKinds` claims more than `limits.imagePixelsMax` pixels.
   */
  submit(submission: TaskSubmission): SubmitReceipt;
  /** Of the submission with that idempotency key; null when it was not refused, or that was long ago. */
  refusal(idempotencyKey: string): Refusal | null;
  /** Waits until the task has ended, at most as long as the ask may take. */
  outcome(taskId: string): TaskOutcome;
  view(taskId: string): TaskView | null;
  cancel(request: CancelRequest): CancelResult;
  /** In the order of their arrival. */
  list(query: TaskQuery): TaskPage;
  statistics(): QueueStatistics;
  /** What each worker holds; asks nobody else. */
  workers(): QueueStatistics["workers"];
  /** Fails with `invalid` when the queue could not go by that; changes nothing. */
  checkConfig(change: QueueChange): Ack;
  /** The queue goes by what is active of its configuration from now on, and so do claims. */
  reconfigure(queue: string): Ack;
  /** Whether the node is to get new tasks. Who was handed a task goes on with it. */
  setNodeHold(request: NodeHoldRequest): Ack;
  /**
   * A worker says that it is there (again) and what it can do. Fails with `name_taken` while its node has
   * another worker, in this life of the node or a later one.
   */
  offer(offer: WorkerOffer): Ack;
  /** Extends what the worker holds; it must stop working on what is answered. */
  heartbeat(beat: WorkerHeartbeat): WorkerHeartbeatAnswer;
  complete(report: CompletionReport): CommitResult;
  fail(report: FailureReport): FailResult;
  /** Somebody else has changed tasks: parked an attempt (that one), or answered its question (null). */
  changed(parked: ParkingReport | null): void;
}

/** Of any clock that counts milliseconds. */
const ClockMs = Type.Number({ minimum: 0 });
const Busy = Type.Integer({ minimum: 0 });
const Overdue = Type.Integer({ minimum: 0 });
const ReportsRefused = Type.Integer({ minimum: 0 });
const reached = Type.Optional(Reached);
const Id = Type.String({ minLength: 1, maxLength: 64 });
const Ids = Type.Array(Id, { maxItems: 256 });
const Leases = Type.Array(LeaseRef, { maxItems: 1024 });

export const Queue = protocol<Queue>("tasks.Queue@2", {
  submit: ask,
  refusal: ask,
  outcome: ask({ within: 120_000 }),
  view: ask,
  cancel: ask,
  list: ask,
  statistics: ask,
  workers: ask,
  checkConfig: ask,
  reconfigure: ask,
  setNodeHold: ask,
  offer: ask,
  heartbeat: ask,
  complete: ask,
  fail: ask,
  changed: tell,
}).checked({
  submit: [TaskSubmission],
  refusal: [Type.String({ minLength: 1, maxLength: 255 })],
  outcome: [Id],
  view: [Id],
  cancel: [
    Type.Object({
      taskId: Id,
      reason: Type.String({ maxLength: 1024 }),
      by: Type.Optional(Id),
      commandId: Type.Optional(Id),
    }),
  ],
  list: [TaskQuery],
  workers: [],
  checkConfig: [Type.Object({ queue: RecordName, config: QueueConfig })],
  reconfigure: [RecordName],
  setNodeHold: [Type.Object({ node: Id, until: OrNull(Moment), isWished: Type.Boolean() })],
  offer: [
    Type.Object({
      worker: refOf(Worker),
      node: Id,
      incarnation: Type.Integer({ minimum: 1 }),
      models: Ids,
      queues: Type.Optional(Ids),
      skills: Type.Optional(Type.Array(HeldSkill, { maxItems: 256 })),
      tags: Type.Optional(Ids),
      machine: Type.Optional(Machine),
      batchMax: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.workerSlotsMax })),
      slots: Type.Integer({ minimum: 1, maximum: limits.workerSlotsMax }),
      holds: Leases,
      busy: Type.Optional(Busy),
      overdue: Type.Optional(Overdue),
      reportsRefused: Type.Optional(ReportsRefused),
      atMs: Type.Optional(ClockMs),
    }),
  ],
  heartbeat: [
    Type.Object({
      node: Id,
      leases: Leases,
      busy: Type.Optional(Busy),
      overdue: Type.Optional(Overdue),
      reportsRefused: Type.Optional(ReportsRefused),
      atMs: Type.Optional(ClockMs),
    }),
  ],
  complete: [Type.Object({ node: Id, lease: LeaseRef, result: TaskResult, reached })],
  fail: [Type.Object({ node: Id, lease: LeaseRef, failure: TaskFailure, reached })],
  changed: [OrNull(Type.Object({ node: Id, lease: LeaseRef }))],
});
