// The store's protocol with schemas for every argument: what a back end is given has passed them,
// wherever the request came from.
import Type from "typebox";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { withMethodsOf } from "#protocols/protocol.ts";
import { bytesUpTo } from "#protocols/schema.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import { ClusterRecords } from "#protocols/tasks/cluster-records.ts";
import { FairWeights } from "#protocols/tasks/fair-weights.ts";
import { Machine } from "#protocols/tasks/machine-demand.ts";
import { Reached } from "#protocols/tasks/reached.ts";
import { HeldSkill } from "#protocols/tasks/skill-sight.ts";
import { Channel } from "#protocols/tasks/state-notices.ts";
import { TaskStore } from "#protocols/tasks/store.ts";
import { LeaseRef, RetryPolicy, TaskResult, TaskSubmission } from "#protocols/tasks/task.ts";
import { channelOf } from "#protocols/tasks/task-events.ts";
import { TaskFailure } from "#protocols/tasks/task-failure.ts";
import { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { TaskRecords } from "#protocols/tasks/task-records.ts";
import { TaskStatus } from "#protocols/tasks/task-states.ts";
import { UserId } from "#protocols/tasks/user-id.ts";
import type { StoreCommand } from "./backend.ts";

const daysMsMax = 400 * 24 * 3_600_000;

const Name = Type.String({ minLength: 1, maxLength: 64 });
const Names = Type.Array(Name, { maxItems: 256 });
const Text = Type.String({ maxLength: 16_384 });
const Number0 = Type.Integer({ minimum: 0 });
const LeaseMs = Type.Integer({ minimum: 1, maximum: 24 * 3_600_000 });
const DelayMs = Type.Integer({ minimum: 0, maximum: daysMsMax });
const TtlMs = Type.Integer({ minimum: 1, maximum: daysMsMax });
const Leases = Type.Array(LeaseRef, { maxItems: storeLimits.leasesReportedMax });
const BatchMax = Type.Integer({ minimum: 1, maximum: limits.storeBatchItemsMax });
const PageMax = Type.Integer({ minimum: 1, maximum: storeLimits.storePageMax });
const PendingMax = Type.Integer({ minimum: 0, maximum: storeLimits.queuePendingSettingMax });
const Checkpoint = bytesUpTo(storeLimits.checkpointBytesMax);
const orNull = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
/** The log has one of the store's own beside those that can be followed. */
const LogChannel = Type.Union([Channel, Type.Literal(channelOf.errors)]);
const oneOf = <const W extends readonly string[]>(...words: W) =>
  Type.Union(words.map((word) => Type.Literal(word)));

const Rate = Type.Object({
  perSecond: Type.Number({ minimum: 0.001, maximum: 100_000 }),
  burst: Type.Integer({ minimum: 1, maximum: 100_000 }),
});
const Rates = Type.Record(
  Name,
  Type.Object({ all: Type.Optional(Rate), user: Type.Optional(Rate) }),
);

const HeldSkills = Type.Array(HeldSkill, { maxItems: 256 });
const Others = Type.Object({
  queues: Names,
  models: Names,
  skills: Type.Optional(HeldSkills),
  machine: Type.Optional(Machine),
});

const Claim = Type.Object({
  node: Name,
  incarnation: Type.Integer({ minimum: 1 }),
  queues: Type.Optional(Names),
  models: Names,
  skills: Type.Optional(HeldSkills),
  tags: Type.Optional(Names),
  max: BatchMax,
  machine: Type.Optional(Machine),
  rates: Type.Optional(Rates),
  batchMax: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.workerSlotsMax })),
  others: Type.Optional(Type.Array(Others, { maxItems: storeLimits.claimOthersMax })),
  leaseMs: Type.Optional(LeaseMs),
});

const reached = Type.Optional(Reached);
const Progress = Type.Object({ lease: LeaseRef, ...Reached.properties });

const Question = Type.Object({
  lease: LeaseRef,
  step: Number0,
  userId: UserId,
  stepResult: TaskParameters,
  expiresMs: TtlMs,
  onTimeout: oneOf("proceed", "reject", "fail"),
  mode: oneOf("hold", "park"),
  checkpoint: orNull(Checkpoint),
  reached,
});

const Answer = Type.Object({
  callbackId: Name,
  userId: orNull(Name),
  decision: oneOf("proceed", "reject"),
  feedback: orNull(Text),
});

const Query = Type.Object({
  status: Type.Optional(TaskStatus),
  queue: Type.Optional(Name),
  node: Type.Optional(Name),
  userId: Type.Optional(Name),
  parentId: Type.Optional(Name),
  limit: PageMax,
  cursor: Type.Optional(Number0),
});

/** Nothing beside these: a queue's figures are the store's own. */
const Settings = Type.Object(
  {
    queue: Name,
    isPaused: Type.Optional(Type.Boolean()),
    pendingMax: Type.Optional(PendingMax),
    pendingBytesMax: Type.Optional(Number0),
    perUserMax: Type.Optional(PendingMax),
    whenFull: Type.Optional(oneOf("reject", "evict_lowest", "block")),
    agingMsPerLevel: Type.Optional(DelayMs),
    fairMs: Type.Optional(DelayMs),
    fairWeights: Type.Optional(orNull(FairWeights)),
    leaseMs: Type.Optional(LeaseMs),
    retry: Type.Optional(RetryPolicy),
    completedTtlMs: Type.Optional(TtlMs),
    failedTtlMs: Type.Optional(TtlMs),
    isKeyRequired: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

const ResultPiece = Type.Object({
  taskId: Name,
  position: Number0,
  from: Type.Optional(Number0),
  to: Type.Optional(Number0),
});

const Event = Type.Object({
  channel: LogChannel,
  type: Name,
  taskId: orNull(Name),
  payload: TaskParameters,
});

const TaskRequests = TaskStore.checked({
  info: [],
  submit: [TaskSubmission],
  claim: [Claim],
  claimDelay: [Claim],
  heartbeat: [Type.Object({ node: Name, leases: Leases, leaseMs: Type.Optional(LeaseMs) })],
  progress: [Progress],
  complete: [Type.Object({ lease: LeaseRef, result: TaskResult, reached })],
  fail: [Type.Object({ lease: LeaseRef, failure: TaskFailure, reached })],
  release: [Type.Object({ ...LeaseRef.properties, rates: Type.Optional(Rates) })],
  recall: [Type.Object({ node: Name, except: Leases, rates: Type.Optional(Rates) })],
  releaseNode: [Type.Object({ node: Name, except: Leases })],
  cancel: [
    Type.Object({
      taskId: Name,
      reason: Type.String({ maxLength: 1_024 }),
      by: Type.Optional(Name),
      commandId: Type.Optional(Name),
    }),
  ],
  confirmRequest: [Question],
  confirmAnswer: [Answer],
  confirmations: [
    Type.Object({
      userId: orNull(Name),
      limit: PageMax,
      after: Type.Optional(Type.Object({ createdAt: Number0, callbackId: Name })),
    }),
  ],
  confirmation: [Name],
  sweep: [BatchMax],
  view: [Name],
  list: [Query],
  outcome: [Name],
  result: [ResultPiece],
  counts: [Type.Union([Name, Type.Undefined()])],
  statistics: [],
  setQueue: [Settings],
  queues: [],
  waitingKinds: [],
  appendEvents: [Type.Array(Event, { maxItems: storeLimits.eventsAppendedMax })],
  readEvents: [Type.Object({ channel: LogChannel, afterSeq: Number0, limit: PageMax })],
  tailEvents: [Type.Object({ afterEventId: Number0, limit: PageMax })],
  check: [],
  ping: [],
});

export const StoreRequests = withMethodsOf(
  withMethodsOf(TaskRequests, TaskRecords),
  ClusterRecords,
);

/** Throws `invalid`, naming the argument and what is wrong with it. */
export function checkRequest({ method, args }: StoreCommand): void {
  const refused = StoreRequests.methods.get(method)?.refuse(args);
  if (refused) throw new Failure("invalid", `${method}: ${refused}`);
}
