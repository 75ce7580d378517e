// What the cluster remembers of one node: who it is, how it is, what it can do.
//
//   registering ─► online ◄─► busy · paused · draining · quarantined
//                    ▲ │
//            a beat  │ ▼ lease over           silent for longer
//                   suspect ────────────────► offline ── a beat ──► online
//   any ── remove ─► removed ── register ─► online
import Type, { type Static } from "typebox";
import { storeLimits } from "../store-limits.ts";
import { Moment, OrNull, RecordName, Whole } from "./record-fields.ts";

export const NodeState = Type.Enum([
  "registering",
  "online",
  "busy",
  "paused",
  "draining",
  "suspect",
  "offline",
  "quarantined",
  "removed",
]);
export type NodeState = Static<typeof NodeState>;

/** Where a node may be put by name. `busy`, `suspect` and back: its beats and their absence do that. */
export const nodeMoves: Readonly<Record<NodeState, readonly NodeState[]>> = {
  registering: ["online", "paused", "draining", "offline", "quarantined"],
  online: ["busy", "paused", "draining", "suspect", "offline", "quarantined"],
  busy: ["online", "paused", "draining", "suspect", "offline", "quarantined"],
  paused: ["online", "draining", "suspect", "offline", "quarantined"],
  draining: ["online", "paused", "suspect", "offline", "quarantined"],
  suspect: ["online", "paused", "draining", "offline", "quarantined"],
  offline: ["online", "quarantined"],
  quarantined: ["online", "paused", "draining", "suspect", "offline"],
  removed: [],
};

const Address = Type.String({ maxLength: 255 });
const Tags = Type.Array(RecordName, { maxItems: 64 });

export const NodeSkill = Type.Object({
  skill: RecordName,
  /** 0 to 1: how well. */
  level: Type.Number({ minimum: 0, maximum: 1 }),
  /** When it was last shown to be so; null: the node says so. */
  verifiedAt: OrNull(Moment),
});
export type NodeSkill = Readonly<Static<typeof NodeSkill>>;

/** What an operator wants of a node: it takes no new tasks, and after a drain it leaves. */
export const NodeHoldKind = Type.Enum(["paused", "draining"]);
export interface NodeHold {
  readonly kind: Static<typeof NodeHoldKind>;
  readonly reason: string;
  readonly by: string | null;
  readonly since: number;
}

/** What a node is made of. */
export const NodeMeans = Type.Object({
  cpu: Type.Object({ model: Type.String({ maxLength: 255 }), cores: Whole }),
  memoryBytes: Whole,
  diskBytes: Type.Optional(Whole),
  gpus: Type.Array(Type.Object({ name: Type.String({ maxLength: 255 }), memoryBytes: Whole }), {
    maxItems: 64,
  }),
  models: Type.Array(RecordName, { maxItems: 256 }),
});
export type NodeMeans = Readonly<Static<typeof NodeMeans>>;

/** What a node says of itself; all of it can be changed later. */
export const nodeDescribed = {
  hostname: Address,
  platform: Type.String({ maxLength: 32 }),
  arch: Type.String({ maxLength: 32 }),
  maxConcurrentTasks: Whole,
  ipAddress: OrNull(Address),
  tailscaleIp: OrNull(Address),
  port: OrNull(Type.Integer({ minimum: 0, maximum: 65_535 })),
  tags: Tags,
  provider: RecordName,
  costPerHour: OrNull(Type.Number({ minimum: 0 })),
  softwareVersion: OrNull(Type.String({ maxLength: 64 })),
  means: OrNull(NodeMeans),
  /** Z85 text of its CURVE key. */
  publicKey: OrNull(Type.String({ maxLength: 64 })),
  skills: Type.Array(NodeSkill, { maxItems: storeLimits.nodeSkillsMax }),
};
export const NodeDescription = Type.Object(nodeDescribed);

export interface NodeRecord {
  readonly node: string;
  readonly hostname: string;
  readonly platform: string;
  readonly arch: string;
  readonly status: NodeState;
  readonly cpuPercent: number;
  readonly memoryPercent: number;
  readonly diskPercent: number;
  readonly skills: readonly NodeSkill[];
  readonly maxConcurrentTasks: number;
  readonly runningTasks: number;
  readonly ipAddress: string | null;
  readonly tailscaleIp: string | null;
  readonly port: number | null;
  readonly tasksTotal: number;
  readonly tasksCompleted: number;
  readonly tasksFailed: number;
  /** Of completed tasks. */
  readonly runSecondsMean: number;
  readonly registeredAt: number;
  readonly lastHeartbeatAt: number;
  readonly tags: readonly string[];
  readonly incarnation: number;
  /** Counts changes; beats that change nothing but figures do not count. */
  readonly version: number;
  readonly statusReason: string;
  readonly statusSince: number;
  /** Null: it has none, and is not watched for silence. */
  readonly leaseExpiresAt: number | null;
  readonly heartbeatSeq: number;
  /** Failed tasks in a row. */
  readonly failuresInRow: number;
  readonly quarantinedUntil: number | null;
  readonly isDraining: boolean;
  readonly isPaused: boolean;
  /** Why it is paused or draining, and who wants it; null: nobody does. */
  readonly hold: NodeHold | null;
  readonly provider: string;
  readonly costPerHour: number | null;
  readonly softwareVersion: string | null;
  readonly means: NodeMeans | null;
  readonly publicKey: string | null;
  readonly updatedAt: number;
}

/** Of a hold without an end: the last moment that a date can name. */
const foreverMs = 8_640_000_000_000_000;

/** Until when a node gets no new tasks; null: it gets them. */
export const heldUntil = (of: {
  readonly isHeld: boolean;
  readonly quarantinedUntil: number | null;
}): number | null => (of.isHeld ? foreverMs : of.quarantinedUntil);
