// What a node can do, and what a task may demand of it. A node says its capability when it registers;
// `capability-match.ts` says whether the two fit. Sizes are bytes.
import Type, { type Static } from "typebox";
import { storeLimits } from "../store-limits.ts";
import { MachineDemand } from "./machine-demand.ts";
import { NodeSkill } from "./node-record.ts";
import { OrNull, RecordName, Sha256, Whole } from "./record-fields.ts";
import { SkillLevel } from "./skill-sight.ts";

export const Gpu = Type.Object({
  vendor: Type.Enum(["nvidia", "amd", "other"]),
  name: Type.String({ minLength: 1, maxLength: 255 }),
  memoryBytes: Whole,
  driver: OrNull(Type.String({ maxLength: 64 })),
});
export type Gpu = Readonly<Static<typeof Gpu>>;

/** A model of the node's repository, as its files are. */
export const ModelCapability = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 64 }),
  /** Null: there is none. */
  version: OrNull(Type.Integer({ minimum: 1 })),
  /** Of the model's file. */
  sha256: OrNull(Sha256),
  bytes: Whole,
  /** `verified`: all files are as the manifest says; `unverified`: there is no manifest. */
  standing: Type.Enum(["verified", "unverified", "broken"]),
  /** In words: what was compared, or what is wrong and what to do. */
  reason: Type.String({ maxLength: 1_024 }),
});
export type ModelCapability = Readonly<Static<typeof ModelCapability>>;

export const NodeCapabilities = Type.Object({
  hostname: Type.String({ maxLength: 255 }),
  platform: Type.String({ maxLength: 32 }),
  arch: Type.String({ maxLength: 32 }),
  /** Logical processors that this process may use. */
  cores: Type.Integer({ minimum: 1 }),
  cpuModel: Type.String({ maxLength: 255 }),
  memoryBytes: Whole,
  /** Of the file system that holds the node's data. */
  diskBytes: Whole,
  gpus: Type.Array(Gpu, { maxItems: 64 }),
  /** Who was asked for them, and what came of it. */
  gpuReason: Type.String({ maxLength: 1_024 }),
  nodeVersion: Type.String({ maxLength: 32 }),
  /** Names that tasks can ask for: of models and, once a worker serves them, of their versions. */
  models: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 256 }),
  modelFiles: Type.Array(ModelCapability, { maxItems: 256 }),
  skills: Type.Array(NodeSkill, { maxItems: storeLimits.nodeSkillsMax }),
  tags: Type.Array(RecordName, { maxItems: 64 }),
  /** Tasks at the same time. */
  slots: Type.Integer({ minimum: 0 }),
  /** What runs its tasks: the models of a repository, or a class of one's own. Left out: it does not say. */
  worker: Type.Optional(Type.Enum(["inference", "task-worker"])),
});
export type NodeCapabilities = Readonly<Static<typeof NodeCapabilities>>;

/** The part of it that changes while a node runs: what its worker offers just now. */
export const ServedCapability = Type.Pick(NodeCapabilities, ["models", "skills", "tags", "slots"]);
export type ServedCapability = Readonly<Static<typeof ServedCapability>>;

/** What is left out is not demanded. */
export const TaskRequirements = Type.Object({
  model: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  requiredSkills: Type.Optional(Type.Array(RecordName, { maxItems: 64 })),
  /** Better with them. */
  optionalSkills: Type.Optional(Type.Array(RecordName, { maxItems: 64 })),
  /** How well each required skill must be had. Default: at all. */
  skillLevel: Type.Optional(SkillLevel),
  /** Better where these are. */
  affinityTags: Type.Optional(Type.Array(RecordName, { maxItems: 64 })),
  ...MachineDemand.properties,
});
export type TaskRequirements = Readonly<Static<typeof TaskRequirements>>;
