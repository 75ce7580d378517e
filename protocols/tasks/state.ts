// The StateManager's protocol: what the cluster knows, read from memory where that is right, changed
// version by version, and told to whoever wants to follow.
//
//   reader ──task, node, …──► StateManager ──what it does not know──► store
//   writer ──update(version)──► StateManager ──compare and set──────► store
//   subscriber ◄──notify────── StateManager ◄──one tail of the log─── store
//
// The store stays the truth. A task is moved by the queue alone: what is changed here is how it is
// described.
import Type from "typebox";
import type { Ref } from "../actor-ref.ts";
import { type Ack, ask, protocol } from "../protocol.ts";
import { refOf } from "../schema.ts";
import { stateLimits } from "../state-limits.ts";
import { storeLimits } from "../store-limits.ts";
import { type MetricBucket, metricRecordSchemas } from "./metric-records.ts";
import { type NodeRecord, NodeState } from "./node-record.ts";
import { NodeIntroduction, type NodeRegistered, type NodeSaved } from "./node-records.ts";
import type { SubmitReceipt } from "./queue.ts";
import type { QueueView } from "./queue-view.ts";
import { NodeName, type NotFound, RecordName, type Stale } from "./record-fields.ts";
import {
  type Announcement,
  Channel,
  Severity,
  StateListener,
  type SystemFigures,
} from "./state-notices.ts";
import type {
  Reading,
  RefreshReport,
  SnapshotPage,
  StateSnapshot,
  StateStatistics,
  SyncReport,
} from "./state-readings.ts";
import {
  type ItemResult,
  type NodeRemoval,
  ReadTerms,
  type ResumeRequest,
  type Resumption,
  type Subscribed,
  type Subscription,
  type TaskChanged,
  TaskRead,
  type TaskRemoval,
  VersionedNodeChange,
} from "./state-requests.ts";
import type { StoreCounts, TaskPage } from "./store.ts";
import { TaskSubmission, type TaskView } from "./task.ts";
import { TaskParameters } from "./task-parameters.ts";
import { TaskQuery } from "./task-query.ts";
import { TaskChange, type WholeTask } from "./task-records.ts";
import { UserId } from "./user-id.ts";

export type {
  ChannelHead,
  ChannelSnapshot,
  ItemResult,
  NodeRemoval,
  ReadTerms,
  ResumeRequest,
  Resumption,
  Subscribed,
  Subscription,
  TaskChanged,
  TaskRead,
  TaskRemoval,
  TaskSaved,
  VersionedNodeChange,
} from "./state-requests.ts";

/** The name under which the StateManager is found. */
export const stateName = "state";

const Id = Type.String({ minLength: 1, maxLength: 64 });

export interface State {
  // ---- reads

  task(request: TaskRead): Reading<TaskView | null>;
  /** By position, each by itself. */
  tasks(
    request: ReadTerms & { readonly taskIds: readonly string[] },
  ): readonly ItemResult<Reading<TaskView | null>>[];
  /** Always as the store has them: in the order of their arrival. */
  listTasks(query: TaskQuery): TaskPage;
  /** With its description, parameters and metadata; always as the store has it. */
  wholeTask(taskId: string): WholeTask | null;
  node(request: ReadTerms & { readonly node: string }): Reading<NodeRecord | null>;
  /** Those of a status, or that have a skill; by name. */
  nodes(
    request: ReadTerms & { readonly status?: NodeState; readonly skill?: string },
  ): Reading<readonly NodeRecord[]>;
  /** Online and busy ones. */
  onlineNodes(request: ReadTerms): Reading<readonly NodeRecord[]>;
  queues(request: ReadTerms): Reading<readonly QueueView[]>;
  counts(request: ReadTerms): Reading<StoreCounts>;

  // ---- writes

  /** By the queue's rules, as whoever submits to it. */
  addTask(submission: TaskSubmission): SubmitReceipt;
  /** Cancels it if it has not ended, and forgets it once it has. */
  removeTask(request: { readonly taskId: string; readonly reason: string }): TaskRemoval;
  updateTask(change: TaskChange): TaskChanged;
  /** Each by itself, by position. */
  updateTasks(changes: readonly TaskChange[]): readonly ItemResult<TaskChanged>[];
  addNode(introduction: NodeIntroduction): NodeRegistered;
  updateNode(change: VersionedNodeChange): NodeSaved | Stale | NotFound;
  removeNode(node: string): NodeRemoval;

  // ---- what happens

  /** Tells the subscriber what happens in these channels from now on. */
  subscribe(request: Subscription): Subscribed;
  /** Goes on where the subscriber stood before; subscribes it to the channel, too. */
  resume(request: ResumeRequest): Resumption;
  /** Without channels: of all. */
  unsubscribe(request: {
    readonly subscriber: Ref<StateListener>;
    readonly channels?: readonly string[];
  }): Ack;
  /** A `system_notification` for everybody. Answers its number. */
  broadcast(request: { readonly message: string; readonly severity: Severity }): {
    readonly seq: number;
  };
  /** A `personal_notification` for one user. */
  notifyUser(request: {
    readonly userId: string;
    readonly message: string;
    readonly severity: Severity;
    readonly taskId?: string;
  }): { readonly seq: number };
  /** An event of a `user`, a `room` or `system`; those of other channels are the store's own. */
  announce(announcement: Announcement): { readonly seq: number };

  // ---- figures

  /** As sampled last; samples now when none was yet. */
  figures(): SystemFigures;
  /** Of one series of `systemSeries`, `queueSeries` or any other, oldest first. */
  history(request: {
    readonly name: string;
    readonly labels?: string;
    readonly stepMs: 10_000 | 60_000 | 3_600_000;
    readonly from: number;
    readonly to: number;
    readonly limit: number;
  }): readonly MetricBucket[];
  statistics(): StateStatistics;

  // ---- the whole

  /** Everything as of one moment, with the first tasks; fails with `too_large`. */
  snapshot(): StateSnapshot;
  /** More tasks of the same moment; fails with `not_found` when it is not held any more. */
  snapshotPage(request: { readonly snapshotId: string; readonly from: number }): SnapshotPage;
  /** Answers when all that was acknowledged until now is durable, and whether it is mirrored. */
  sync(): SyncReport;
  /** Forgets what is cached and reads it anew. */
  refresh(): RefreshReport;
}

const Message = Type.String({ minLength: 1, maxLength: 4_096 });
const Listener = refOf(StateListener);
const Channels = Type.Array(Channel, { maxItems: stateLimits.channelsEachMax });
const _PageLimit = Type.Integer({ minimum: 1, maximum: storeLimits.storePageMax });
const readTerms = ReadTerms.properties;

export const State = protocol<State>("tasks.State@1", {
  task: ask,
  tasks: ask,
  listTasks: ask,
  wholeTask: ask,
  node: ask,
  nodes: ask,
  onlineNodes: ask,
  queues: ask,
  counts: ask,
  addTask: ask({ within: 10_000 }),
  removeTask: ask,
  updateTask: ask,
  updateTasks: ask({ within: 10_000 }),
  addNode: ask,
  updateNode: ask,
  removeNode: ask,
  subscribe: ask,
  resume: ask,
  unsubscribe: ask,
  broadcast: ask,
  notifyUser: ask,
  announce: ask,
  figures: ask,
  history: ask,
  statistics: ask,
  snapshot: ask({ within: 20_000 }),
  snapshotPage: ask,
  sync: ask({ within: 10_000 }),
  refresh: ask({ within: 10_000 }),
}).checked({
  task: [TaskRead],
  tasks: [
    Type.Object({ ...readTerms, taskIds: Type.Array(Id, { maxItems: stateLimits.batchItemsMax }) }),
  ],
  listTasks: [TaskQuery],
  wholeTask: [Id],
  node: [Type.Object({ ...readTerms, node: NodeName })],
  nodes: [
    Type.Object({
      ...readTerms,
      status: Type.Optional(NodeState),
      skill: Type.Optional(RecordName),
    }),
  ],
  onlineNodes: [ReadTerms],
  queues: [ReadTerms],
  counts: [ReadTerms],
  addTask: [TaskSubmission],
  removeTask: [Type.Object({ taskId: Id, reason: Type.String({ maxLength: 1_024 }) })],
  updateTask: [TaskChange],
  updateTasks: [Type.Array(TaskChange, { maxItems: stateLimits.batchItemsMax })],
  addNode: [NodeIntroduction],
  updateNode: [VersionedNodeChange],
  removeNode: [NodeName],
  subscribe: [
    Type.Object({
      subscriber: Listener,
      channels: Type.Array(Channel, { minItems: 1, maxItems: stateLimits.channelsEachMax }),
    }),
  ],
  resume: [
    Type.Object({
      subscriber: Listener,
      channel: Channel,
      epoch: Type.String({ maxLength: 64 }),
      after: Type.Integer({ minimum: 0 }),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: stateLimits.resumeEventsMax })),
    }),
  ],
  unsubscribe: [Type.Object({ subscriber: Listener, channels: Type.Optional(Channels) })],
  broadcast: [Type.Object({ message: Message, severity: Severity })],
  notifyUser: [
    Type.Object({
      userId: UserId,
      message: Message,
      severity: Severity,
      taskId: Type.Optional(Id),
    }),
  ],
  announce: [
    Type.Object({
      channel: Channel,
      type: Id,
      taskId: Type.Optional(Type.Union([Id, Type.Null()])),
      payload: TaskParameters,
    }),
  ],
  figures: [],
  history: metricRecordSchemas.metrics,
  statistics: [],
  snapshot: [],
  snapshotPage: [Type.Object({ snapshotId: Id, from: Type.Integer({ minimum: 0 }) })],
  sync: [],
  refresh: [],
});
