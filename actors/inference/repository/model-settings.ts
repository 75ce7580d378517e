// Pure. What a model's configuration says to the repository, with its defaults; the engine reads how to
// feed it, and each kind of work keys of its own.
import { Failure } from "#protocols/failure.ts";
import type { ScalingTerms } from "#runtime/tasks/load-scaling.ts";
import { type BatchTerms, checkTerms, unbatched } from "../batching/run-batcher.ts";
import type { KindOfWork } from "../works/work-kind.ts";
import { type ModelConfig, modelConfigIn } from "./model-config.ts";
import { scalingDefect, scalingOf } from "./scaling-config.ts";
import { type VersionPolicy, versionPolicyDefault } from "./version-policy.ts";

/** What is not declared is undefined. A side that is a word is the same wherever it recurs. */
export interface DeclaredPort {
  readonly element?: string;
  readonly shape?: readonly (number | string)[];
}

/** What runs the network: `auto` takes a graphics processor where one can be used. */
export type DeviceWish = "cpu" | "gpu" | "auto";

export interface ThreadWish {
  /** Null: the engine's share. */
  readonly intraOp: number | null;
  readonly interOp: number;
}

export interface WarmUpTerms {
  /** Of each size, 1 to 100. */
  readonly runs: number;
  readonly data: "grey" | "zero" | "random";
  /** Instead of made-up pictures: names of files in the version's folder, by what they are to the kind. */
  readonly files: Readonly<Record<string, string>> | null;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
}

export interface ModelSettings extends KindOfWork {
  readonly policy: VersionPolicy;
  readonly aliases: Readonly<Record<string, number>>;
  /** Engines at the start. */
  readonly instances: number;
  /** Null: there are always as many. */
  readonly scaling: ScalingTerms | null;
  readonly preservesOrder: boolean;
  readonly batching: BatchTerms;
  /** Of each engine; null: it does not say. */
  readonly memoryBytesMax: number | null;
  readonly device: DeviceWish;
  readonly threads: ThreadWish;
  readonly warmUp: WarmUpTerms;
  readonly inputs: Readonly<Record<string, DeclaredPort>>;
  readonly outputs: Readonly<Record<string, DeclaredPort>>;
}

/** Of what `config.json` holds. Fails with `invalid`, naming each key that is wrong. */
export function settingsOf(value: unknown, file: string): ModelSettings {
  const config = modelConfigIn(value, file);
  const { kind, backend, device = "cpu", threads = {}, inputs = {}, outputs = {} } = config;
  if (backend !== "onnxruntime" && device !== "cpu") {
    const text = `${file}: device is ${device}, but the backend ${backend} runs on processors only`;
    throw new Failure("invalid", `${text} (take device away)`);
  }
  const batching = batchTermsOf(config.batching, file);
  const scaling = scalingIn(config, { file, itemsMax: batching.itemsMax });
  return {
    ...{ kind, backend, device, inputs, outputs },
    policy: config.versionPolicy ?? versionPolicyDefault,
    aliases: config.aliases ?? {},
    instances: scaling === null ? (config.instances ?? 1) : Math.max(1, scaling.min),
    ...{ scaling, batching, preservesOrder: config.preserveOrdering ?? false },
    memoryBytesMax: config.memoryBytesMax ?? null,
    threads: { intraOp: threads.intraOp ?? null, interOp: threads.interOp ?? 1 },
    warmUp: warmUpOf(config.warmUp, file),
  };
}

function scalingIn(
  { instances, scaling }: Pick<ModelConfig, "instances" | "scaling">,
  { file, itemsMax }: { readonly file: string; readonly itemsMax: number },
): ScalingTerms | null {
  if (!scaling) return null;
  const defect = scalingDefect(scaling, instances);
  if (defect === undefined) return scalingOf(scaling, itemsMax);
  throw new Failure("invalid", `${file}: ${defect}`);
}

function batchTermsOf(given: ModelConfig["batching"], file: string): BatchTerms {
  if (!given) return unbatched;
  const { itemsMax, preferred = [], delayMs, sizes } = given;
  const joined = { itemsMax, preferred, delayMsMax: delayMs ?? "while it pays" } as const;
  const terms = sizes === undefined ? joined : { ...joined, sizes };
  try {
    checkTerms(terms);
    return terms;
  } catch (cause) {
    throw new Failure("invalid", `${file}: batching: ${Failure.of(cause).detail}`, cause);
  }
}

function warmUpOf(given: ModelConfig["warmUp"] = {}, file: string): WarmUpTerms {
  const { runs = 1, data, files, parameters } = given;
  if (files && data !== undefined) {
    throw new Failure("invalid", `${file}: warmUp has files and data at once (keep one of them)`);
  }
  if (parameters && !files) {
    const remedy = "add warmUp.files, the files of a request";
    throw new Failure("invalid", `${file}: warmUp has parameters without files (${remedy})`);
  }
  return { runs, data: data ?? "grey", files: files ?? null, parameters: parameters ?? {} };
}
