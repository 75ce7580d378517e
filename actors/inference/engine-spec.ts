// Pure. What an engine process is started with, and what it is told about itself when it is ready.
import { Failure } from "#protocols/failure.ts";
import type { ModelReady } from "./engine-messages.ts";

export interface EngineModel {
  /** Unique within the engine. */
  readonly name: string;
  /** Holds `config.json`, and `model.onnx` in one numbered folder for each version. */
  readonly folder: string;
  /** Default: the highest. */
  readonly version?: number;
  /**
   * Fingerprint of the version's files as they were compared with its manifest: others are refused with
   * `model_failed`. Default: whatever is there is loaded.
   */
  readonly manifest?: string;
}

export interface EngineSpec {
  /** 1 to 64, loaded in this order. */
  readonly models: readonly EngineModel[];
  /** Threads of one model run, 1 to 256. */
  readonly threads: number;
  /** Resident bytes of the process; of more it kills itself. Default: as much as it gets. */
  readonly memoryBytesMax?: number;
  /** Until all models are loaded and warm. Longer: the process is killed. */
  readonly startTimeoutMs: number;
  /** For one request, once it is first in line. Longer: the process is killed. */
  readonly runTimeoutMs: number;
}

export interface EngineReady {
  readonly pid: number;
  readonly models: readonly ModelReady[];
  /** Requests that it takes at a time: those that it runs together, and one that it reads meanwhile. */
  readonly requestsMax: number;
  readonly onnxruntimeVersion: string;
}

const modelsMax = 64;
const threadsMax = 256;
const timeoutMsMax = 2 ** 31 - 1;

/** Fails with `invalid`, naming the first thing that does not fit. */
export function refuseUnfit(spec: EngineSpec): void {
  const { models } = spec;
  const names = new Set(models.map((model) => model.name));
  const reason =
    outside("models.length", models.length, modelsMax) ??
    outside("threads", spec.threads, threadsMax) ??
    outside("memoryBytesMax", spec.memoryBytesMax ?? 1, Number.MAX_SAFE_INTEGER) ??
    outside("startTimeoutMs", spec.startTimeoutMs, timeoutMsMax) ??
    outside("runTimeoutMs", spec.runTimeoutMs, timeoutMsMax) ??
    (names.size < models.length ? "two models bear the same name" : undefined) ??
    models.map(unfitModel).find((unfit) => unfit !== undefined);
  if (reason !== undefined) throw new Failure("invalid", `engine spec: ${reason}`);
}

const outside = (name: string, value: number, max: number): string | undefined =>
  Number.isInteger(value) && value >= 1 && value <= max
    ? undefined
    : `${name} is ${value}, but must be a whole number from 1 to ${max}`;

const unfitModel = ({ name, folder }: EngineModel): string | undefined => {
  if (name.length < 1 || name.length > 64) return `a model's name has ${name.length} characters`;
  return folder === "" ? `model ${name} has no folder` : undefined;
};
