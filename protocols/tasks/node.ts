// What a node tells the NodeRegistry about itself, and what the registry tells others.
import Type, { type Static } from "typebox";
import type { Ref } from "../actor-ref.ts";
import { type Ack, ask, protocol, tell } from "../protocol.ts";
import { refOf } from "../schema.ts";
import { NodeCapabilities, TaskRequirements } from "./capability.ts";
import type { NodeHold, NodeState } from "./node-record.ts";
import { NodeName, OrNull, RecordName } from "./record-fields.ts";

const Percent = Type.Number({ minimum: 0, maximum: 100 });

export const NodeLoad = Type.Object({
  /** 0 to 1 of this process's processors, since the last heartbeat. */
  cpuUsage: Type.Number({ minimum: 0 }),
  /** Resident bytes of the node's process. */
  memoryBytes: Type.Integer({ minimum: 0 }),
  /** Milliseconds that the event loop was late, 99th percentile since the last heartbeat. */
  eventLoopDelayMsP99: Type.Number({ minimum: 0 }),
  eventLoopDelayMsMax: Type.Number({ minimum: 0 }),
  /** 0 to 100 of the machine: processors since the last heartbeat, memory, disk of the data folder. */
  machineCpuPercent: Percent,
  machineMemoryPercent: Percent,
  diskPercent: Percent,
  /** Actors of the node that crashed within the last minute. */
  crashesInMinute: Type.Integer({ minimum: 0 }),
});
export type NodeLoad = Readonly<Static<typeof NodeLoad>>;

/** Where a node can be reached. */
export const NodeAddress = Type.Object({
  /** Of its own endpoint; null: it has none with an IPv4 address. */
  ip: OrNull(Type.String({ maxLength: 255 })),
  /** Of its machine in a tailnet; null: it is in none. */
  tailscaleIp: OrNull(Type.String({ maxLength: 255 })),
  /** Of its own endpoint. */
  port: OrNull(Type.Integer({ minimum: 0, maximum: 65_535 })),
});
export type NodeAddress = Readonly<Static<typeof NodeAddress>>;

export interface NodeHealth {
  readonly level: "well" | "strained" | "ill";
  /** One sentence for each thing that is beyond its bound; none when it is well. */
  readonly reasons: readonly string[];
}

/** What came of the tasks that the node was given, since it was first known. */
export interface NodeStatistics {
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
  /** Of completed tasks. */
  readonly runSecondsMean: number;
  /** Failures of its own in a row. */
  readonly failuresInRow: number;
  readonly quarantinedUntil: number | null;
}

export interface NodeView {
  readonly name: string;
  readonly incarnation: number;
  /** Null: it was not heard since the registry began. */
  readonly pid: number | null;
  readonly status: NodeState;
  readonly statusReason: string;
  /** Milliseconds since 1970 UTC. */
  readonly statusSince: number;
  readonly registeredAt: number;
  /** Null: in order, or nobody knows. */
  readonly formerEnd: FormerEnd | null;
  readonly lastHeartbeatAt: number;
  readonly capabilities: NodeCapabilities;
  /** Null: nobody has said. */
  readonly address: NodeAddress | null;
  readonly load: NodeLoad | null;
  readonly health: NodeHealth;
  readonly runningTasks: number;
  /** Null: no operator keeps tasks from it. */
  readonly hold: NodeHold | null;
  /** Null: the store has not said yet. */
  readonly statistics: NodeStatistics | null;
}

export const formerEndLengthMax = 1_024;

/** How the process of a node before its present one ended, as its launcher saw it. */
export const FormerEnd = Type.Object({
  /** Milliseconds since 1970 UTC. */
  at: Type.Integer({ minimum: 0 }),
  /** As in "was killed by SIGKILL". */
  reason: Type.String({ maxLength: formerEndLengthMax }),
});
export type FormerEnd = Readonly<Static<typeof FormerEnd>>;

/** How a node is to end: for good, or to be started anew by its launcher. */
export const NodeLeave = Type.Object({
  wish: Type.Enum(["stay-away", "come-back"]),
  reason: Type.String({ maxLength: 1_024 }),
});
export type NodeLeave = Readonly<Static<typeof NodeLeave>>;

/** Why the node may not end so, in words that say what to do; left out: it may. */
export type LeaveObstacles = Readonly<Partial<Record<NodeLeave["wish"], string>>>;

export interface NodeReport {
  readonly name: string;
  readonly incarnation: number;
  readonly pid: number;
  readonly capabilities: NodeCapabilities;
  readonly load: NodeLoad;
  readonly health: NodeHealth;
}

/** The agent of a node; the registry watches it to notice the node's end. */
export interface NodeAgent {
  /** The node's own figures, fresh. */
  report(): NodeReport;
  /** Registers again: the registry has heard a heartbeat of a node that it does not know. */
  introduce(): void;
  /**
   * The node finishes what is in flight and ends. Fails with `unavailable` where nobody can end it, and
   * with `invalid` where it may not end so.
   */
  leave(order: NodeLeave): Ack;
  /** Why `leave` would be refused for this wish, and what to do; null: it would not. */
  leaveObstacle(wish: NodeLeave["wish"]): string | null;
}

export interface NodeMatch {
  readonly node: string;
  /** 0 to 1, as of `matchCapability`; null: it cannot run it now. */
  readonly score: number | null;
  /** One sentence for each thing that is missing. */
  readonly lacks: readonly string[];
}

export interface NodeRegistration {
  readonly agent: Ref<NodeAgent>;
  readonly name: string;
  readonly incarnation: number;
  readonly pid: number;
  readonly capabilities: NodeCapabilities;
  readonly address?: NodeAddress;
  /** Left out: in order, or nobody knows. */
  readonly formerEnd?: FormerEnd;
}

export interface NodeHeartbeat {
  readonly agent: Ref<NodeAgent>;
  readonly name: string;
  readonly incarnation: number;
  readonly load: NodeLoad;
}

export interface NodeRegistry {
  /**
   * Fails with `name_taken` when a later incarnation of the node is known, and with `unavailable`
   * when `limits.nodesKnownMax` nodes are known and none of them is offline.
   */
  register(registration: NodeRegistration): { readonly heartbeatMs: number };
  heartbeat(beat: NodeHeartbeat): void;
  /** All known nodes, by name; also those that are offline, until they are removed. */
  list(): readonly NodeView[];
  node(name: string): NodeView | null;
  /** Who could run such a task now, by name, and what the others lack. */
  match(requirements: TaskRequirements): readonly NodeMatch[];
  /** The node's own figures, fresh, of its agent. Fails with `not_found`, and `unavailable` when it is not heard. */
  report(name: string): NodeReport;
  /**
   * No new tasks for the node; what runs goes on. Answered when it is kept and the queue obeys.
   * Fails with `not_found`; with `unavailable` while the store is away, and then nothing has changed.
   */
  pause(order: NodeOrder): NodeView;
  /** Ends a pause, a drain or a quarantine. Fails as `pause`. */
  resume(order: NodeOrder): NodeView;
  /**
   * As `pause`; when nothing runs there any more, the node leaves for good. Answered at once. Fails as
   * `pause`, and with `invalid` for a node that may not leave.
   */
  drain(order: NodeOrder): NodeView;
  /** The node ends (`stay-away`) or is started anew, its tasks given back. Fails as `report`, and with `invalid` where it may not. */
  end(order: NodeOrder & Pick<NodeLeave, "wish">): Ack;
  /** Forgets a node and what it did. Fails with `not_found`, and with `invalid` unless it is offline. */
  remove(order: NodeOrder): Ack;
  ping(): Ack;
}

export const NodeOrder = Type.Object({
  node: NodeName,
  reason: Type.String({ minLength: 1, maxLength: 1_024 }),
  /** Who wants it, in a word or two. */
  by: Type.Optional(RecordName),
  /** Of the control command: `pause`, `resume` and `drain` take effect once for it, however often they come. */
  commandId: Type.Optional(RecordName),
});
export type NodeOrder = Readonly<Static<typeof NodeOrder>>;

/** The name under which the registry is found in the cluster. */
export const nodeRegistryName = "node-registry";

const Incarnation = Type.Integer({ minimum: 1 });

export const NodeAgent = protocol<NodeAgent>("nodes.Agent@2", {
  report: ask,
  introduce: tell,
  leave: ask,
  leaveObstacle: ask,
}).checked({
  report: [],
  introduce: [],
  leave: [NodeLeave],
  leaveObstacle: [NodeLeave.properties.wish],
});

export const NodeRegistry = protocol<NodeRegistry>("nodes.Registry@2", {
  register: ask,
  heartbeat: tell,
  list: ask,
  node: ask,
  match: ask,
  report: ask,
  pause: ask,
  resume: ask,
  drain: ask,
  end: ask,
  remove: ask,
  ping: ask,
}).checked({
  register: [
    Type.Object({
      agent: refOf(NodeAgent),
      name: NodeName,
      incarnation: Incarnation,
      pid: Type.Integer({ minimum: 1 }),
      capabilities: NodeCapabilities,
      address: Type.Optional(NodeAddress),
      formerEnd: Type.Optional(FormerEnd),
    }),
  ],
  heartbeat: [
    Type.Object({
      agent: refOf(NodeAgent),
      name: NodeName,
      incarnation: Incarnation,
      load: NodeLoad,
    }),
  ],
  list: [],
  node: [NodeName],
  match: [TaskRequirements],
  report: [NodeName],
  pause: [NodeOrder],
  resume: [NodeOrder],
  drain: [NodeOrder],
  end: [Type.Object({ ...NodeOrder.properties, ...Type.Pick(NodeLeave, ["wish"]).properties })],
  remove: [NodeOrder],
  ping: [],
});
