// A task: a piece of work that is stored before it is acknowledged and ends in exactly one terminal
// state (`task-states.ts`). What is submitted, leased, handed back and told of it.
import Type, { type Static } from "typebox";
import { limits } from "../limits.ts";
import { bytesUpTo } from "../schema.ts";
import { MachineDemand } from "./machine-demand.ts";
import { SkillLevel } from "./skill-sight.ts";
import { ClassRetries } from "./task-failure.ts";
import { TaskParameters } from "./task-parameters.ts";
import type { TaskStatus } from "./task-states.ts";
import { UserId } from "./user-id.ts";

export const TaskPriority = Type.Integer({ minimum: 0, maximum: 9 });
export type TaskPriority = Static<typeof TaskPriority>;
/** 0 is the most urgent. */
export const priorityDefault: TaskPriority = 2;
export const priorityLeast: TaskPriority = 9;
export const queueDefault = "default";

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

/** What an acknowledgement survives, weakest first; `../../docs/durability.md` shows each. */
export const AckLevel = Type.Union([
  /** Nothing: it is in memory. */
  Type.Literal("accepted"),
  /** The end of the process, but not a loss of power. */
  Type.Literal("process"),
  /** A loss of power: it is on the disk. */
  Type.Literal("durable"),
  /** The loss of the disk: a second machine has it on its own. */
  Type.Literal("replicated"),
]);
export type AckLevel = Static<typeof AckLevel>;
export const ackLevels: readonly AckLevel[] = ["accepted", "process", "durable", "replicated"];

/** The longest that anything of a task may be put off. */
export const waitMsMax = 400 * 24 * 3_600_000;
const Name = Type.String({ minLength: 1, maxLength: 64 });
const Names = Type.Array(Name, { maxItems: 32 });
const DurationMs = Type.Integer({ minimum: 1, maximum: waitMsMax });

/** Replaces the queue's own; full jitter unless said otherwise. */
export const RetryPolicy = Type.Object({
  baseMs: Type.Integer({ minimum: 0, maximum: waitMsMax }),
  factor: Type.Number({ minimum: 1, maximum: 10 }),
  capMs: Type.Integer({ minimum: 0, maximum: waitMsMax }),
  /** `full`: 0 to the delay. `equal`: half of it to all of it. */
  jitter: Type.Union([Type.Literal("full"), Type.Literal("equal"), Type.Literal("none")]),
  /** Retries that failures of a class may use up; default: as `failure-strategy.ts` says. */
  classes: Type.Optional(ClassRetries),
});
export type RetryPolicy = Readonly<Static<typeof RetryPolicy>>;

export const TaskSubmission = Type.Object({
  type: Name,
  model: Name,
  parameters: TaskParameters,
  inputs: Type.Array(TaskFile, { maxItems: 8 }),
  name: Type.Optional(Type.String({ maxLength: 255 })),
  description: Type.Optional(Type.String({ maxLength: 4_096 })),
  queue: Type.Optional(Name),
  /** The queue that was chosen for a task that names none. A repetition may be given another one. */
  routedTo: Type.Optional(Name),
  /** Others that go before it wait for room in its queue: for it there is none. */
  isBehindOthers: Type.Optional(Type.Boolean()),
  priority: Type.Optional(TaskPriority),
  /** Not before then: milliseconds since 1970 UTC. */
  runAt: Type.Optional(Type.Integer({ minimum: 0 })),
  userId: Type.Optional(UserId),
  /** In a fair queue a user's tasks of each key take turns as if they were another user's. */
  fairKey: Type.Optional(Name),
  /** What the task costs, in the unit of the fair queue's weights. Default 1. */
  cost: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000 })),
  requiredSkills: Type.Optional(Names),
  /** How well each required skill must be had. Default: at all. */
  skillLevel: Type.Optional(SkillLevel),
  optionalSkills: Type.Optional(Names),
  affinityTags: Type.Optional(Names),
  /** What it demands of the machine under its worker. */
  machine: Type.Optional(MachineDemand),
  /** Tasks with one key, for one model, can run together on a worker that does so. */
  batchKey: Type.Optional(Name),
  metadata: Type.Optional(TaskParameters),
  /** Of one attempt, from its claim. One of a task of steps is not tried again when it is over. */
  timeoutMs: Type.Optional(DurationMs),
  /**
   * From the submission (or `runAt`) until it must have been claimed for the first time; of a task of steps,
   * until one of its steps must have been, or a person was asked.
   */
  queueDeadlineMs: Type.Optional(DurationMs),
  /** From the submission until it must have ended. `runAt` lies before. */
  deadlineMs: Type.Optional(DurationMs),
  /** Attempts after the first that a retryable failure may use up. */
  maxRetries: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
  retry: Type.Optional(RetryPolicy),
  /** Whether it may give way to a more urgent one when its queue is full. Default: true. */
  isEvictable: Type.Optional(Type.Boolean()),
  /** It is cancelled with its parent. */
  parentId: Type.Optional(Name),
  /** Same key within the same scope, same task: a repetition is answered with the first one's id. */
  idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  /** Default: the user's own, or `default` for those who name none. */
  idempotencyScope: Type.Optional(Name),
  /** Default: the strongest that the store has. A stronger one than that is refused. */
  ack: Type.Optional(AckLevel),
  /** W3C trace and span ids. */
  traceId: Type.Optional(Type.String({ maxLength: 32 })),
  spanId: Type.Optional(Type.String({ maxLength: 16 })),
});
export type TaskSubmission = Readonly<
  Omit<Static<typeof TaskSubmission>, "inputs" | "parameters">
> & {
  readonly parameters: TaskParameters;
  readonly inputs: readonly TaskFile[];
};

/** Identifies one attempt. The fence grows with every lease ever given, so it orders them all. */
export const LeaseRef = Type.Object({
  taskId: Type.String({ maxLength: 64 }),
  fence: Type.Integer({ minimum: 1 }),
  /** Of the store that gave the fence; a restored or failed-over store has another. */
  epoch: Type.String({ maxLength: 64 }),
});
export type LeaseRef = Readonly<Static<typeof LeaseRef>>;

/** How somebody answered what a task asked, for the attempt that goes on from there. */
export const Confirmation = Type.Object({
  step: Type.Integer({ minimum: 0 }),
  decision: Type.Union([
    Type.Literal("proceed"),
    Type.Literal("reject"),
    Type.Literal("timeout_proceed"),
    Type.Literal("timeout_reject"),
    Type.Literal("timeout_fail"),
  ]),
  feedback: Type.Union([Type.String({ maxLength: 16_384 }), Type.Null()]),
});
export type Confirmation = Readonly<Static<typeof Confirmation>>;

/** A claimed task with all that is needed to run it. */
export const TaskLease = Type.Object({
  ...LeaseRef.properties,
  /** Counts from 1. */
  attempt: Type.Integer({ minimum: 1 }),
  type: Type.String({ maxLength: 64 }),
  model: Type.String({ maxLength: 64 }),
  queue: Type.String({ maxLength: 64 }),
  parameters: TaskParameters,
  inputs: Type.Array(TaskFile, { maxItems: 8 }),
  /** The worker stops by itself when this long has passed since its last renewal. */
  leaseMs: Type.Integer({ minimum: 1 }),
  /** Of the attempt, from its claim: its own limit, or until the task's deadline where that is sooner. */
  timeoutMs: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
  /** What the attempt before it left to go on from. */
  checkpoint: Type.Union([bytesUpTo(limits.payloadBytesMax), Type.Null()]),
  confirmations: Type.Array(Confirmation, { maxItems: 64 }),
  /** Leases with one key, for one model and type, can run together. */
  batchKey: Type.Optional(Name),
  /** 0 is the most urgent. Default: 2. */
  priority: Type.Optional(TaskPriority),
  /** By its worker's own clock (`WorkerHeartbeat.atMs`): it was not granted before. */
  grantedAtMs: Type.Optional(Type.Number({ minimum: 0 })),
});
export type TaskLease = LeaseRef & {
  readonly attempt: number;
  readonly type: string;
  readonly model: string;
  readonly queue: string;
  readonly parameters: TaskParameters;
  readonly inputs: readonly TaskFile[];
  readonly leaseMs: number;
  readonly timeoutMs: number | null;
  readonly checkpoint: Uint8Array | null;
  readonly confirmations: readonly Confirmation[];
  readonly batchKey?: string;
  readonly priority?: TaskPriority;
  readonly grantedAtMs?: number;
};

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
      readonly status: "failed" | "cancelled" | "timed_out" | "evicted";
      readonly taskId: string;
      readonly attempt: number;
      readonly code: string;
      readonly detail: string;
    };

/** A task without its files. Times are milliseconds since 1970 UTC. */
export interface TaskView {
  readonly taskId: string;
  readonly type: string;
  readonly name: string;
  readonly model: string;
  readonly queue: string;
  readonly status: TaskStatus;
  readonly priority: number;
  readonly attempt: number;
  readonly retryCount: number;
  readonly maxRetries: number;
  readonly lostLeases: number;
  readonly assignedNode: string | null;
  readonly userId: string | null;
  readonly fairKey: string | null;
  /** Its own, in place of its queue's. */
  readonly retry: RetryPolicy | null;
  readonly isEvictable: boolean;
  readonly parentId: string | null;
  readonly submittedAt: number;
  /** When it may run (again). */
  readonly runAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly deadlineAt: number | null;
  readonly cancelRequestedAt: number | null;
  readonly errorCode: string | null;
  readonly error: string | null;
  /** 0 to 1. */
  readonly progress: number | null;
  readonly progressMessage: string | null;
  /** Counts its transitions from 1. */
  readonly version: number;
}
