// What a worker node tells of its models: which versions it serves, in which state and why; and the
// orders to load, unload and reload them. The words are those of the Open Inference Protocol, so that
// a gateway can show them as they are.
import Type from "typebox";
import { type Ack, ask, protocol } from "../protocol.ts";
import { RecordName, RecordVersion } from "./record-fields.ts";

export type VersionState = "LOADING" | "READY" | "UNLOADING" | "UNAVAILABLE";

export interface ModelIndexEntry {
  readonly name: string;
  /** What it is for, such as `inpaint`; null: its configuration cannot be read. */
  readonly kind: string | null;
  /** Null: of the model as a whole, which has no version that could be read. */
  readonly version: number | null;
  readonly state: VersionState;
  /** Why it is not ready; of a ready one what keeps it from being the newest. Else empty. */
  readonly reason: string;
  /** Further names by which tasks ask for this very version: `name@2`, and its aliases. */
  readonly aliases: readonly string[];
  /** Tasks that name only the model are run by it. */
  readonly isDefault: boolean;
  /** What is to be known of it though it serves: what of its configuration is left out, and the like. */
  readonly notes: readonly string[];
}

export interface ModelPort {
  readonly name: string;
  /** As the protocol writes it: `FP32`. */
  readonly datatype: string;
  /** -1 stands for any length. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  /** Those that are ready, ascending. */
  readonly versions: readonly number[];
  readonly platform: string;
  /** What runs it: `cpu`, `cuda`, `server`; `none` where there is no network. */
  readonly device: string;
  readonly notes: readonly string[];
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
}

/** How often, and how many milliseconds in all. */
export interface DurationSum {
  readonly count: number;
  readonly ms: number;
}

/** The engines of a version: those that there are, and how many there should be. */
export interface EngineScale {
  readonly min: number;
  readonly max: number;
  readonly wanted: number;
  readonly starting: number;
  readonly ready: number;
  /** They answer what they have, and end then. */
  readonly leaving: number;
  /** Requests that wait for one. */
  readonly waiting: number;
  /** How often there was to be more of them, or one less; and why, the last time. */
  readonly ups: number;
  readonly downs: number;
  readonly lastChange: string | null;
}

/** Of one version since it was loaded last. */
export interface VersionStatistics {
  readonly name: string;
  readonly version: number;
  /** As of its metadata. */
  readonly device: string;
  /** Ascending: runs of so many items while it was warmed, and how long one took: what to expect of it. */
  readonly warmRuns: readonly {
    readonly items: number;
    readonly runs: number;
    readonly ms: number;
  }[];
  /** Milliseconds since 1970 UTC; null: it has not run yet. */
  readonly lastInferenceAt: number | null;
  /** From the request to its answer. */
  readonly success: DurationSum;
  readonly fail: DurationSum;
  /** Of that: withdrawn by whoever asked. */
  readonly cancelledCount: number;
  /** Parts of `success`: waiting, reading the files, running, writing the file. */
  readonly queue: DurationSum;
  readonly input: DurationSum;
  readonly infer: DurationSum;
  readonly output: DurationSum;
  /** Requests in progress now. */
  readonly inProgress: number;
  readonly engines: EngineScale;
  /** Ascending: how many runs of the network had so many items, and how long they took. */
  readonly batches: readonly (DurationSum & { readonly items: number })[];
}

const ModelName = RecordName;
const ModelQuestion = Type.Object({
  name: ModelName,
  /** Default: the one that tasks get which name only the model. */
  version: Type.Optional(RecordVersion),
});
export interface ModelQuestion {
  readonly name: string;
  readonly version?: number;
}

export interface ModelRepository {
  /** All versions that are in the repository or still served, by name and version. */
  index(): readonly ModelIndexEntry[];
  /** Fails with `not_found`, and with `unavailable` when no such version is ready. */
  metadata(question: ModelQuestion): ModelMetadata;
  /** The text of `config.json`. Fails with `not_found`. */
  config(name: string): string;
  /** Of what is loaded. Fails with `not_found` for a model that there is not. */
  statistics(question: Partial<ModelQuestion>): readonly VersionStatistics[];
  /**
   * Answered when the versions that its policy chooses are warm and serve. Fails with `model_failed`
   * when one cannot be loaded (what served before goes on), `not_found`, and with `invalid` unless the
   * repository is in mode `explicit`.
   */
  load(name: string): Ack;
  /** Answered when its processes have ended; requests in progress are answered first. Fails as `load`. */
  unload(name: string): Ack;
  /** Loads what is served anew, beside it, and then takes its place. In any mode; fails as `load`. */
  reload(name: string): Ack;
}

/** Longer than models take to load and to drain. */
const orderWithinMs = 240_000;

/** Under which the repository of a node is found in the cluster. */
export const modelRepositoryName = (node: string): string => `model-repository.${node}`;

export const ModelRepository = protocol<ModelRepository>("models.Repository@1", {
  index: ask,
  metadata: ask,
  config: ask,
  statistics: ask,
  load: ask({ within: orderWithinMs }),
  unload: ask({ within: orderWithinMs }),
  reload: ask({ within: orderWithinMs }),
}).checked({
  index: [],
  metadata: [ModelQuestion],
  config: [ModelName],
  statistics: [Type.Partial(ModelQuestion)],
  load: [ModelName],
  unload: [ModelName],
  reload: [ModelName],
});
