// A task: a piece of work that is stored before it is acknowledged and ends in exactly one
// terminal state.
//
//              claim (fence)                complete (fence)
//   pending ───────────────────► running ───────────────────► completed
//      ▲  │                       │  │
//      │  └─cancel─► cancelled    │  └─fail, not retryable or attempts used up─► failed
//      │                          │
//   scheduled ◄──fail, retryable──┘      (due: scheduled ─► pending)
//      ▲
//      └── lease lost (worker gone or expired); too many lost leases ─► failed
import Type, { type Static } from "typebox";
import { limits } from "../limits.ts";
import { bytesUpTo } from "../schema.ts";

export const TaskStatus = Type.Union([
  Type.Literal("scheduled"),
  Type.Literal("pending"),
  Type.Literal("running"),
  Type.Literal("completed"),
  Type.Literal("failed"),
  Type.Literal("cancelled"),
]);
export type TaskStatus = Static<typeof TaskStatus>;

export const TaskPriority = Type.Integer({ minimum: 0, maximum: 9 });
export type TaskPriority = Static<typeof TaskPriority>;
/** 0 is the most urgent. */
export const priorityDefault: TaskPriority = 2;

/** A named file that belongs to a task: an input that it was submitted with, or a result. */
export const TaskFile = Type.Object({
  name: Type.String({ maxLength: 64 }),
  /** Media type, `application/octet-stream` when unknown. */
  contentType: Type.String({ maxLength: 128 }),
  bytes: bytesUpTo(limits.payloadBytesMax),
});
export interface TaskFile {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** What the worker is told beside the files; small, plain data. */
export const TaskParameters = Type.Record(
  Type.String({ maxLength: 64 }),
  Type.Union([Type.String({ maxLength: 16_384 }), Type.Number(), Type.Boolean(), Type.Null()]),
);
export type TaskParameters = Static<typeof TaskParameters>;

export const TaskSubmission = Type.Object({
  type: Type.String({ minLength: 1, maxLength: 64 }),
  model: Type.String({ minLength: 1, maxLength: 64 }),
  parameters: TaskParameters,
  inputs: Type.Array(TaskFile, { maxItems: 8 }),
  priority: Type.Optional(TaskPriority),
  /** Attempts after the first that a retryable failure may use up. */
  maxRetries: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
  /** Same key, same task: a repeated submission is answered with the first task's id. */
  idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
});
export interface TaskSubmission {
  readonly type: string;
  readonly model: string;
  readonly parameters: TaskParameters;
  readonly inputs: readonly TaskFile[];
  readonly priority?: TaskPriority;
  readonly maxRetries?: number;
  readonly idempotencyKey?: string;
}

/** Identifies one attempt. The fence grows with every lease ever given, so it orders them all. */
export const LeaseRef = Type.Object({
  taskId: Type.String({ maxLength: 64 }),
  fence: Type.Integer({ minimum: 1 }),
});
export type LeaseRef = Readonly<Static<typeof LeaseRef>>;

/** A claimed task with all that is needed to run it. */
export interface TaskLease extends LeaseRef {
  /** Counts from 1. */
  readonly attempt: number;
  readonly type: string;
  readonly model: string;
  readonly parameters: TaskParameters;
  readonly inputs: readonly TaskFile[];
  /** The worker stops by itself when this long has passed since its last renewal. */
  readonly leaseMs: number;
}
export const TaskLease = Type.Object({
  taskId: Type.String({ maxLength: 64 }),
  fence: Type.Integer({ minimum: 1 }),
  attempt: Type.Integer({ minimum: 1 }),
  type: Type.String({ maxLength: 64 }),
  model: Type.String({ maxLength: 64 }),
  parameters: TaskParameters,
  inputs: Type.Array(TaskFile, { maxItems: 8 }),
  leaseMs: Type.Integer({ minimum: 1 }),
});

/** What a worker hands back: small figures and the produced files. */
export const TaskResult = Type.Object({
  figures: TaskParameters,
  files: Type.Array(TaskFile, { maxItems: 8 }),
});
export interface TaskResult {
  readonly figures: TaskParameters;
  readonly files: readonly TaskFile[];
}

/** How a task ended, for whoever waits for it. */
export type TaskOutcome =
  | {
      readonly status: "completed";
      readonly taskId: string;
      readonly node: string;
      readonly attempt: number;
      readonly result: TaskResult;
      readonly queueMs: number;
      readonly runMs: number;
    }
  | {
      readonly status: "failed" | "cancelled";
      readonly taskId: string;
      readonly attempt: number;
      readonly code: string;
      readonly detail: string;
    };

/** A task without its files. Times are milliseconds since 1970 UTC. */
export interface TaskView {
  readonly taskId: string;
  readonly type: string;
  readonly model: string;
  readonly status: TaskStatus;
  readonly priority: number;
  readonly attempt: number;
  readonly lostLeases: number;
  readonly assignedNode: string | null;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly errorCode: string | null;
  readonly error: string | null;
}
