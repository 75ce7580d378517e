// The cluster's book of nodes and skills as asks. A node lives in incarnations; an older one is told
// that it has been superseded, and changes nothing.
import Type, { type Static } from "typebox";
import { ask } from "../protocol.ts";
import {
  NodeDescription,
  NodeHoldKind,
  type NodeRecord,
  NodeState,
  nodeDescribed,
} from "./node-record.ts";
import {
  type Full,
  Moment,
  NodeName,
  type NotFound,
  OrNull,
  PageLimit,
  RecordName,
  RecordVersion,
  Remark,
  type Stale,
  Whole,
} from "./record-fields.ts";
import { SkillName } from "./skill-sight.ts";

const LeaseMs = Type.Integer({ minimum: 1, maximum: 3_600_000 });
const Percent = Type.Number({ minimum: 0, maximum: 100 });

export const NodeIntroduction = Type.Object({
  node: NodeName,
  /** Default: one more than the last that was known. */
  incarnation: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Default: none; it is `registering` until its first beat. */
  leaseMs: Type.Optional(LeaseMs),
  hostname: nodeDescribed.hostname,
  platform: nodeDescribed.platform,
  arch: nodeDescribed.arch,
  ...Type.Partial(Type.Omit(NodeDescription, ["hostname", "platform", "arch"])).properties,
});
export type NodeIntroduction = Readonly<Static<typeof NodeIntroduction>>;

export const NodeChange = Type.Object({
  node: NodeName,
  /** The version that was read; a record that has another by now stays as it is. */
  version: Type.Optional(RecordVersion),
  changes: Type.Partial(NodeDescription),
});
export type NodeChange = Readonly<Static<typeof NodeChange>>;

export const NodeBeat = Type.Object({
  node: NodeName,
  incarnation: Type.Integer({ minimum: 1 }),
  leaseMs: LeaseMs,
  /** Counts the beats of an incarnation, from 1; then gaps can be told. */
  seq: Type.Optional(Type.Integer({ minimum: 1 })),
  runningTasks: Whole,
  /** Of what the machine has. */
  cpuPercent: Percent,
  memoryPercent: Percent,
  diskPercent: Percent,
});
export type NodeBeat = Readonly<Static<typeof NodeBeat>>;

export const NodeWish = Type.Object({
  node: NodeName,
  hold: OrNull(NodeHoldKind),
  reason: Remark,
  by: Type.Optional(RecordName),
  /** Of the control command that demands it. */
  commandId: Type.Optional(RecordName),
});
export type NodeWish = Readonly<Static<typeof NodeWish>>;

export const NodeWork = Type.Object({
  node: NodeName,
  completed: Whole,
  failed: Whole,
  /** Of the completed ones together. */
  runMs: Type.Number({ minimum: 0 }),
  /** Failures that are the node's own, since the last completed task. */
  faults: Whole,
});
export type NodeWork = Readonly<Static<typeof NodeWork>>;

export interface SkillRecord {
  readonly skill: string;
  readonly description: string | null;
  /** Whoever has it is expected to have these, too. */
  readonly dependsOn: readonly string[];
  readonly version: string | null;
  readonly createdAt: number;
}
export const SkillTerms = Type.Object({
  skill: SkillName,
  description: Type.Optional(OrNull(Remark)),
  dependsOn: Type.Optional(Type.Array(SkillName, { maxItems: 32 })),
  version: Type.Optional(OrNull(Type.String({ maxLength: 64 }))),
});
export type SkillTerms = Readonly<Static<typeof SkillTerms>>;
export type SkillSaved =
  | { readonly kind: "saved" }
  /** It would rest on itself: the skill, each that leads on, and the skill again. */
  | { readonly kind: "cycle"; readonly ring: readonly string[] }
  /** Dependencies that are not registered. */
  | { readonly kind: "unknown"; readonly missing: readonly string[] }
  | Full;
export type SkillDropped =
  | { readonly kind: "removed" }
  /** Skills that rest on it, by name. */
  | { readonly kind: "needed"; readonly by: readonly string[] }
  | NotFound;

/** A later life of the node is known. */
export interface Superseded {
  readonly kind: "superseded";
  readonly incarnation: number;
}
export interface NodeSaved {
  readonly kind: "saved";
  readonly node: NodeRecord;
}
export type NodeRegistered = NodeSaved | Superseded | Full;
export type NodeBeaten =
  /** `missed`: beats between this one and the last that came; `late`: a newer one came before. */
  | { readonly kind: "heard"; readonly status: NodeState; readonly missed: number }
  | { readonly kind: "late" }
  | Superseded
  /** It must register first. */
  | NotFound;
export type NodeStatusSet =
  | NodeSaved
  | Stale
  | NotFound
  /** From where it is, it cannot be put there. */
  | { readonly kind: "illegal"; readonly from: NodeState };

export interface NodeRecords {
  /**
   * The node in a new life. What is left out is as it was, or by default. The same incarnation may register again; then its counts stay.
   * `full`: `limits.nodesKnownMax` are known and none is removed or offline.
   */
  registerNode(introduction: NodeIntroduction): NodeRegistered;
  updateNode(change: NodeChange): NodeSaved | Stale | NotFound;
  /** Extends the node's lease, takes its figures, and brings a suspect or offline node back. */
  beatNode(beat: NodeBeat): NodeBeaten;
  setNodeStatus(request: {
    readonly node: string;
    readonly status: NodeState;
    readonly reason: string;
    readonly version?: number;
    /** Of a quarantine alone; default: until it is put elsewhere. */
    readonly until?: number;
  }): NodeStatusSet;
  /** Counts a task that the node has ended; too many failures in a row put it in quarantine. */
  countNodeTask(request: {
    readonly node: string;
    readonly outcome: "completed" | "failed";
    readonly runMs: number;
  }): NodeSaved | NotFound;
  /** The same for many tasks at once; the completed ones came before the faults. */
  countNodeWork(work: NodeWork): NodeSaved | NotFound;
  /**
   * Has the node take no new tasks, wherever it is and however long it is silent, or (null) has it take
   * them again, after a quarantine, too. A drain ends with the life that was drained. With a `commandId`
   * once only, and that command is acknowledged in the same commit; where it was before, or has ended,
   * nothing changes, and the node is answered as it is.
   */
  holdNode(wish: NodeWish): NodeSaved | NotFound;
  /**
   * Forgets the node and what it did. Its name is free: whatever registers under it is a new node, of any
   * incarnation; one that has another version than was read stays. The reason is told as the event `removed` on the node's channel. What goes on without registering is told that it is not known.
   */
  removeNode(
    node: string,
    terms?: { readonly version?: number; readonly reason?: string },
  ): { readonly kind: "removed" } | NotFound | Stale;

  node(node: string): NodeRecord | null;
  /** All that are not removed, or those of a status; by name, `after`: only names behind that one. */
  nodes(request: {
    readonly status?: NodeState;
    readonly after?: string;
    readonly limit: number;
  }): readonly NodeRecord[];
  /** Online and busy ones. */
  onlineNodes(limit: number): readonly NodeRecord[];
  /** Online ones with room for a task, the least loaded first. */
  availableNodes(limit: number): readonly NodeRecord[];
  /** Neither offline nor removed, and not heard since then; longest silent first. */
  unresponsiveNodes(request: {
    readonly heardBefore: number;
    readonly limit: number;
  }): readonly NodeRecord[];
  /** Those that have the skill, at least so well (default: at all), by name. */
  nodesBySkill(request: {
    readonly skill: string;
    readonly level?: number;
    readonly limit: number;
  }): readonly NodeRecord[];

  /** In the place of what was registered under that name; from the next claim on. Refused: nothing changes. */
  putSkill(terms: SkillTerms): SkillSaved;
  /** From the next claim on, who says that it has the skill has it, whatever else it has. */
  dropSkill(skill: string): SkillDropped;
  /** By name; all of them, with `storeLimits.skillsMax`. */
  skills(limit: number): readonly SkillRecord[];
}

export const nodeRecordKinds = {
  registerNode: ask,
  updateNode: ask,
  beatNode: ask,
  setNodeStatus: ask,
  countNodeTask: ask,
  countNodeWork: ask,
  holdNode: ask,
  removeNode: ask,
  node: ask,
  nodes: ask,
  onlineNodes: ask,
  availableNodes: ask,
  unresponsiveNodes: ask,
  nodesBySkill: ask,
  putSkill: ask,
  dropSkill: ask,
  skills: ask,
};

export const nodeRecordSchemas = {
  registerNode: [NodeIntroduction],
  updateNode: [NodeChange],
  beatNode: [NodeBeat],
  setNodeStatus: [
    Type.Object({
      node: NodeName,
      status: NodeState,
      reason: Remark,
      version: Type.Optional(RecordVersion),
      until: Type.Optional(Moment),
    }),
  ],
  countNodeTask: [
    Type.Object({
      node: NodeName,
      outcome: Type.Enum(["completed", "failed"]),
      runMs: Type.Number({ minimum: 0 }),
    }),
  ],
  countNodeWork: [NodeWork],
  holdNode: [NodeWish],
  removeNode: [
    NodeName,
    Type.Union([
      Type.Object({
        version: Type.Optional(RecordVersion),
        reason: Type.Optional(Remark),
      }),
      Type.Undefined(),
    ]),
  ],
  node: [NodeName],
  nodes: [
    Type.Object({
      status: Type.Optional(NodeState),
      after: Type.Optional(NodeName),
      limit: PageLimit,
    }),
  ],
  onlineNodes: [PageLimit],
  availableNodes: [PageLimit],
  unresponsiveNodes: [Type.Object({ heardBefore: Moment, limit: PageLimit })],
  nodesBySkill: [
    Type.Object({
      skill: RecordName,
      level: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
      limit: PageLimit,
    }),
  ],
  putSkill: [SkillTerms],
  dropSkill: [SkillName],
  skills: [PageLimit],
} as const;
