// Loads one model into the engine process: its files as they were looked at, what it declares, and a first
// run of every size that its requests will have.
import { Failure } from "#protocols/failure.ts";
import { itemsTogether } from "../batching/batched-network.ts";
import type { BatchTerms } from "../batching/run-batcher.ts";
import { type RunScope, runScope } from "../batching/run-scope.ts";
import { type EngineStart, type ModelReady, requestsMax } from "../engine-messages.ts";
import type { Signature } from "../fillers/model-form.ts";
import { refuseUndeclared } from "../repository/declared-ports.ts";
import { type SealedFiles, sealedFiles } from "../repository/sealed-files.ts";
import { loadWork } from "../works/load-work.ts";
import type { ModelWork } from "../works/model-work.ts";
import type { DeviceUse } from "./device-choice.ts";
import { type ModelFolder, readModelFolder } from "./model-folder.ts";
import type { RunThreads } from "./run-threads.ts";
import { shownPorts } from "./shown-ports.ts";
import { warmRunsOf, warmSizes, warmUp, warmUpPlan } from "./warm-up.ts";

export interface LoadedModel {
  readonly work: ModelWork;
  /** Requests that it works on at the same time. */
  readonly together: number;
  readonly ready: ModelReady;
}

/** Of the time until the process is killed: who waits for another machine is to say so before. */
const startShare = 0.75;

/** Fails with `model_failed`; with `unavailable` when what runs the model is elsewhere, and away. */
export async function loadModel(
  { name, folder: place, version, manifest }: EngineStart["models"][number],
  {
    threads,
    startTimeoutMs,
  }: Pick<EngineStart, "startTimeoutMs"> & { readonly threads: RunThreads },
): Promise<LoadedModel> {
  const startedAt = performance.now();
  const folder = await readModelFolder(name, place, version);
  const sealed = manifest === undefined ? undefined : await sealedFolder(folder, manifest);
  const ran: Ran[] = [];
  const devices: DeviceUse[] = [];
  return runScope.run(startScope(startTimeoutMs, ran), async () => {
    const terms = { threads, runsOn: (use: DeviceUse) => devices.push(use) };
    const { work, signature } = await loadWork(name, folder, terms);
    await sealed?.confirm();
    const { batching, warmUp: wish } = folder.settings;
    refuseUndeclared(`model ${name}`, folder.settings, signature);
    const loadedAt = performance.now();
    const sizes = warmSizes(signature, batching);
    ran.length = 0;
    await warmedUp(work, folder.place, { ...wish, sizes }).catch(asStartFailure(name));
    const times = { loadMs: loadedAt - startedAt, warmupMs: performance.now() - loadedAt };
    const told = { ...usesOf(devices), warmRuns: warmRunsOf(ran) };
    const platform = platformOf(folder, signature);
    const ready = { name, platform, ...told, ...times, ...shownPorts(signature) };
    return { work, together: requestsTogether(signature, batching), ready };
  });
}

const sealedFolder = (
  { place, configFile: file, configSha256: sha256 }: ModelFolder,
  fingerprint: string,
): Promise<SealedFiles> => sealedFiles(place, { fingerprint, config: { file, sha256 } });

type Ran = Parameters<RunScope["ran"]>[0];

const warmedUp = async (...[work, place, terms]: Parameters<typeof warmUpPlan>): Promise<void> =>
  warmUp(await warmUpPlan(work, place, terms));

function usesOf(devices: readonly DeviceUse[]): Pick<ModelReady, "device" | "notes"> {
  const names = [...new Set(devices.map(({ device }) => device))];
  const notes = [...new Set(devices.map(({ reason }) => reason.slice(0, 1_024)))].filter(Boolean);
  return { device: names.join("+") || "none", notes };
}

const startScope = (startTimeoutMs: number, ran: Ran[]) => ({
  deadlineMs: performance.now() + startShare * startTimeoutMs,
  signal: new AbortController().signal,
  ran: (run: Ran) => void ran.push(run),
});

/** While it is being loaded nobody has a run that took too long. */
const asStartFailure =
  (name: string) =>
  (cause: unknown): never => {
    const { code, detail } = Failure.of(cause);
    if (code === "timeout") throw new Failure("unavailable", detail, cause);
    // A picture that lies beside the model may be none: that is no request's fault.
    const isOwn = code === "model_failed" || code === "unavailable";
    const told = isOwn ? detail : `model ${name} could not be warmed up: ${code}: ${detail}`;
    throw new Failure(isOwn ? code : "model_failed", told, cause);
  };

function requestsTogether(signature: Signature, batching: BatchTerms): number {
  const together = itemsTogether(signature, batching) * (signature.overlapMax ?? 1);
  return Math.min(together, requestsMax - 1);
}

const platformOf = ({ settings: { backend } }: ModelFolder, { platform }: Signature): string =>
  backend === "onnxruntime" ? (platform ?? "onnxruntime_onnx") : backend;
