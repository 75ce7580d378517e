// What `troupe status` reads of a gateway's /api/status, checked where it enters. A newer gateway
// may send more.
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { MachineDemand } from "#protocols/tasks/machine-demand.ts";
import { FormerEnd, NodeAddress } from "#protocols/tasks/node.ts";

const NodeReport = Type.Object({
  name: Type.String(),
  pid: Type.Union([Type.Null(), Type.Integer()]),
  status: Type.String(),
  statusReason: Type.String(),
  formerEnd: Type.Optional(Type.Union([Type.Null(), FormerEnd])),
  capabilities: Type.Object({
    cores: Type.Integer(),
    memoryBytes: Type.Number(),
    models: Type.Array(Type.String()),
    modelFiles: Type.Optional(Type.Array(Type.Object({ name: Type.String() }))),
    slots: Type.Integer(),
  }),
  address: Type.Optional(Type.Union([Type.Null(), NodeAddress])),
  health: Type.Optional(Type.Object({ level: Type.String(), reasons: Type.Array(Type.String()) })),
  runningTasks: Type.Optional(Type.Integer()),
  hold: Type.Optional(
    Type.Union([
      Type.Null(),
      Type.Object({
        kind: Type.String(),
        reason: Type.String(),
        by: Type.Union([Type.Null(), Type.String()]),
      }),
    ]),
  ),
  statistics: Type.Optional(
    Type.Union([
      Type.Null(),
      Type.Object({
        completed: Type.Integer(),
        failed: Type.Integer(),
        runSecondsMean: Type.Number(),
      }),
    ]),
  ),
  load: Type.Union([
    Type.Null(),
    Type.Object({
      cpuUsage: Type.Number(),
      memoryBytes: Type.Number(),
      eventLoopDelayMsP99: Type.Number(),
    }),
  ]),
});

const MemberReport = Type.Object({
  name: Type.String(),
  incarnation: Type.Integer(),
  status: Type.String(),
  why: Type.String(),
});

const GroupReport = Type.Object({
  group: Type.String(),
  min: Type.Integer(),
  max: Type.Integer(),
  wanted: Type.Integer(),
  nodes: Type.Array(Type.Object({ node: Type.String(), phase: Type.String() })),
  waiting: Type.Integer(),
  running: Type.Integer(),
  lastChange: Type.Union([Type.Null(), Type.String()]),
  trouble: Type.Union([Type.Null(), Type.String()]),
});

const MeanMs = Type.Union([Type.Number(), Type.Null()]);

const RateReport = Type.Object({ perSecond: Type.Number(), burst: Type.Number() });

const QueueLine = Type.Object({
  queue: Type.String(),
  isPaused: Type.Boolean(),
  pending: Type.Integer(),
  pendingMax: Type.Integer(),
  running: Type.Integer(),
  completedTotal: Type.Integer(),
  evictedTotal: Type.Integer(),
  rate: Type.Optional(Type.Union([Type.Null(), RateReport])),
  userRate: Type.Optional(Type.Union([Type.Null(), RateReport])),
  queueMsMean: MeanMs,
  runMsMean: MeanMs,
});

const WorkerReport = Type.Object({
  node: Type.String(),
  slots: Type.Integer(),
  overdue: Type.Optional(Type.Integer()),
});

const UnrunnableReport = Type.Object({
  queue: Type.String(),
  model: Type.String(),
  requiredSkills: Type.Array(Type.String()),
  skillLevel: Type.Number(),
  machine: MachineDemand,
  taskId: Type.String(),
  forMs: Type.Number(),
  lacks: Type.Array(Type.String()),
});

const QueueReport = Type.Object({
  scheduled: Type.Integer(),
  pending: Type.Integer(),
  running: Type.Integer(),
  completed: Type.Integer(),
  failed: Type.Integer(),
  cancelled: Type.Integer(),
  completedPerSecond: Type.Number(),
  storeAck: Type.Optional(Type.String()),
  queues: Type.Optional(Type.Array(QueueLine)),
  workers: Type.Optional(Type.Array(WorkerReport)),
  unrunnable: Type.Optional(Type.Array(UnrunnableReport)),
});

const MirrorReport = Type.Object({
  kind: Type.String(),
  server: Type.Optional(Type.String()),
  since: Type.Optional(Type.Number()),
  reason: Type.Optional(Type.String()),
});
export type MirrorReport = Static<typeof MirrorReport>;

const StateReport = Type.Object({
  storeTrouble: Type.Union([Type.Null(), Type.String()]),
  cache: Type.Object({
    tasks: Type.Integer(),
    hitsTotal: Type.Integer(),
    missesTotal: Type.Integer(),
  }),
  subscriptions: Type.Object({ subscribers: Type.Integer(), channels: Type.Integer() }),
  mirror: MirrorReport,
});

const ReadsReport = Type.Object({
  source: Type.String(),
  since: Type.Number(),
  server: Type.Union([Type.Null(), Type.String()]),
  lagMs: Type.Union([Type.Null(), Type.Number()]),
  reason: Type.Union([Type.Null(), Type.String()]),
});
export type ReadsReport = Static<typeof ReadsReport>;

export const StatusReport = Type.Object({
  cluster: Type.String(),
  uptimeMs: Type.Number(),
  model: Type.String(),
  /** Those that at least one worker offers. */
  models: Type.Optional(Type.Array(Type.String())),
  nodes: Type.Array(NodeReport),
  members: Type.Optional(Type.Array(MemberReport)),
  scaling: Type.Optional(Type.Array(GroupReport)),
  /** Null: the queue did not answer. */
  queue: Type.Union([Type.Null(), QueueReport]),
  /** Null: there is no StateManager, or it did not answer. */
  state: Type.Optional(Type.Union([Type.Null(), StateReport])),
  stateReads: Type.Optional(Type.Union([Type.Null(), ReadsReport])),
  problems: Type.Optional(Type.Array(Type.String())),
});
export type StatusReport = Static<typeof StatusReport>;

const validator = Compile(StatusReport);

export const isStatusReport = (value: unknown): value is StatusReport => validator.Check(value);
