// A repository on virtual time: its folders are a list that the test changes, its engines a script.
import { unbatched } from "#actors/inference/batching/run-batcher.ts";
import { EngineRoom } from "#actors/inference/repository/engine-room.ts";
import { MemoryBudget } from "#actors/inference/repository/memory-budget.ts";
import { ModelRepositoryActor } from "#actors/inference/repository/model-repository-actor.ts";
import type { FoundModel, FoundVersion } from "#actors/inference/repository/model-scan.ts";
import type { ModelSettings } from "#actors/inference/repository/model-settings.ts";
import type { Serving } from "#actors/inference/repository/model-shelves.ts";
import type { Models } from "#actors/inference/repository/models.ts";
import { ThreadBudget } from "#actors/inference/repository/thread-budget.ts";
import type { VersionPolicy } from "#actors/inference/repository/version-policy.ts";
import { scriptedEngine } from "#actors/inference/scripted/scripted-engine.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { ScalingTerms } from "#runtime/tasks/load-scaling.ts";
import { createTestSystem } from "#runtime/testkit/index.ts";
import { VersionScripts } from "./version-scripts.ts";

export const version = (number: number, content = "a"): FoundVersion => ({
  version: number,
  problem: null,
  fingerprint: `${number} ${content}`,
  manifest: null,
});

export const model = (
  versions: readonly FoundVersion[],
  terms: {
    readonly name?: string;
    readonly policy?: VersionPolicy;
    readonly aliases?: Readonly<Record<string, number>>;
    readonly memoryBytesMax?: number;
    readonly scaling?: ScalingTerms;
  } = {},
): FoundModel => {
  const { name = "eraser", policy = { kind: "latest", count: 1 }, aliases = {} } = terms;
  const { memoryBytesMax = null, scaling = null } = terms;
  const work = { kind: "inpaint", backend: "onnxruntime" } as const;
  const settings: ModelSettings = {
    ...work,
    policy,
    aliases,
    instances: scaling === null ? 1 : Math.max(1, scaling.min),
    scaling,
    preservesOrder: false,
    batching: unbatched,
    memoryBytesMax,
    device: "cpu",
    threads: { intraOp: null, interOp: 1 },
    warmUp: { runs: 1, data: "grey", files: null, parameters: {} },
    inputs: {},
    outputs: {},
  };
  return {
    kind: "model",
    name,
    folder: `/models/${name}`,
    settings,
    configText: "{}",
    notes: [],
    versions,
  };
};

export interface RepositoryStage {
  readonly script: VersionScripts;
  readonly models: Ref<Models>;
  readonly told: (readonly string[])[];
  /** A Failure: they cannot be looked at. */
  folders: readonly FoundModel[] | Failure;
  /** Answers with the version that ran it. */
  repair(name: string, priority?: number): Promise<number>;
  /** `version STATE: reason`, `*` behind the one that tasks get by the name alone. */
  index(): Promise<readonly string[]>;
  until<T>(promise: Promise<T>, ms?: number): Promise<T>;
  advance(ms: number): Promise<void>;
  stop(): Promise<void>;
}

export function openRepository(
  folders: readonly FoundModel[],
  terms: {
    readonly mode?: "none" | "explicit" | "poll";
    readonly load?: readonly string[];
    readonly budgetBytes?: number;
    readonly threadsMax?: number;
  } = {},
): RepositoryStage {
  const { system, time, stop } = createTestSystem();
  const script = new VersionScripts();
  const engineClass = scriptedEngine(script);
  const told: (readonly string[])[] = [];
  const models = system.spawn(
    ModelRepositoryActor,
    {
      ...{ mode: terms.mode ?? "none", load: terms.load ?? [], pollMs: 5_000 },
      look: async () => {
        if (stage.folders instanceof Failure) throw stage.folders;
        return stage.folders;
      },
      engine: { threads: 1, startTimeoutMs: 60_000, runTimeoutMs: 60_000 },
      room: new EngineRoom(
        new MemoryBudget(terms.budgetBytes ?? null),
        new ThreadBudget({
          processors: terms.threadsMax ?? 64,
          ...{ each: 1, slots: 64 },
        }),
      ),
      engineClassFor: () => engineClass,
      changed: ({ names }: Serving) => told.push(names),
    },
    { name: "models" },
  );
  const until = <T>(promise: Promise<T>, ms = 600_000): Promise<T> => time.until(promise, ms);
  const stage: RepositoryStage = {
    ...{ script, models, told, folders, until, stop },
    repair: async (name, priority = 2) => {
      const { figures } = await models.run({ model: name, files: [], parameters: {}, priority });
      return Number(figures.version);
    },
    index: async () => {
      const entries = await until(models.index());
      return entries.map(
        ({ version: number, state, reason, isDefault }) =>
          `${number} ${state}${isDefault ? "*" : ""}${reason === "" ? "" : `: ${reason}`}`,
      );
    },
    advance: async (ms) => {
      await time.advance(ms);
    },
  };
  return stage;
}
