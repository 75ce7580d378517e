// What a node tells the NodeRegistry about itself, and what the registry tells others.
import Type, { type Static } from "typebox";
import type { Ref } from "../actor-ref.ts";
import { namePattern } from "../address.ts";
import { type Ack, ask, protocol, tell } from "../protocol.ts";
import { refOf } from "../schema.ts";

export const NodeCapabilities = Type.Object({
  hostname: Type.String({ maxLength: 255 }),
  platform: Type.String({ maxLength: 32 }),
  arch: Type.String({ maxLength: 32 }),
  /** Logical processors that this process may use. */
  cores: Type.Integer({ minimum: 1 }),
  cpuModel: Type.String({ maxLength: 255 }),
  memoryBytes: Type.Integer({ minimum: 0 }),
  nodeVersion: Type.String({ maxLength: 32 }),
  models: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 256 }),
  /** Tasks at the same time. */
  slots: Type.Integer({ minimum: 0 }),
});
export type NodeCapabilities = Static<typeof NodeCapabilities>;

export const NodeLoad = Type.Object({
  /** 0 to 1 of this process's processors, since the last heartbeat. */
  cpuUsage: Type.Number({ minimum: 0 }),
  /** Resident bytes of the node's process. */
  memoryBytes: Type.Integer({ minimum: 0 }),
  /** Milliseconds that the event loop was late, 99th percentile since the last heartbeat. */
  eventLoopDelayMsP99: Type.Number({ minimum: 0 }),
  eventLoopDelayMsMax: Type.Number({ minimum: 0 }),
});
export type NodeLoad = Static<typeof NodeLoad>;

export type NodeStatus = "online" | "suspect" | "offline";

export interface NodeView {
  readonly name: string;
  readonly incarnation: number;
  readonly pid: number;
  readonly status: NodeStatus;
  readonly statusReason: string;
  /** Milliseconds since 1970 UTC. */
  readonly statusSince: number;
  readonly registeredAt: number;
  readonly lastHeartbeatAt: number;
  readonly capabilities: NodeCapabilities;
  readonly load: NodeLoad | null;
}

/** The agent of a node; the registry watches it to notice the node's end. */
export interface NodeAgent {
  /** The node's own figures, fresh. */
  report(): { readonly capabilities: NodeCapabilities; readonly load: NodeLoad };
  /** Registers again: the registry has heard a heartbeat of a node that it does not know. */
  introduce(): void;
}

export interface NodeRegistration {
  readonly agent: Ref<NodeAgent>;
  readonly name: string;
  readonly incarnation: number;
  readonly pid: number;
  readonly capabilities: NodeCapabilities;
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
  /** All known nodes, by name. */
  list(): readonly NodeView[];
  ping(): Ack;
}

/** The name under which the registry is found in the cluster. */
export const nodeRegistryName = "node-registry";

const Name = Type.String({ pattern: namePattern.source });
const Incarnation = Type.Integer({ minimum: 1 });

export const NodeAgent = protocol<NodeAgent>("nodes.Agent@1", {
  report: ask,
  introduce: tell,
}).checked({ report: [], introduce: [] });

export const NodeRegistry = protocol<NodeRegistry>("nodes.Registry@1", {
  register: ask,
  heartbeat: tell,
  list: ask,
  ping: ask,
}).checked({
  register: [
    Type.Object({
      agent: refOf(NodeAgent),
      name: Name,
      incarnation: Incarnation,
      pid: Type.Integer({ minimum: 1 }),
      capabilities: NodeCapabilities,
    }),
  ],
  heartbeat: [
    Type.Object({
      agent: refOf(NodeAgent),
      name: Name,
      incarnation: Incarnation,
      load: NodeLoad,
    }),
  ],
  list: [],
  ping: [],
});
