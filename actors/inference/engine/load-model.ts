// Loads one model into the engine process: its files as they were looked at, what it declares, and a first
// run of every size that its requests will have.
import { Failure } from "#protocols/failure.ts";
import { itemsTogether } from "../batching/batched-network.ts";
import type { BatchTerms } from "../batching/run-batcher.ts";
import { runScope } from "../batching/run-scope.ts";
import { type EngineStart, type ModelReady, requestsMax } from "../engine-messages.ts";
import type { Signature } from "../fillers/model-form.ts";
import { refuseUndeclared } from "../repository/declared-ports.ts";
import { sealedFiles } from "../repository/sealed-files.ts";
import { loadWork } from "../works/load-work.ts";
import type { ModelWork } from "../works/model-work.ts";
import { type ModelFolder, readModelFolder } from "./model-folder.ts";
import type { RunThreads } from "./run-threads.ts";
import { shownPorts } from "./shown-ports.ts";

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
  const sealed = manifest === undefined ? undefined : await sealedFiles(folder.place, manifest);
  return runScope.run(startScope(startTimeoutMs), async () => {
    const { work, signature } = await loadWork(name, folder, threads);
    await sealed?.confirm();
    refuseUndeclared(name, folder.settings, signature);
    const loadedAt = performance.now();
    await warmUp(work, warmSizes(signature, folder.settings.batching)).catch(asStartFailure);
    const times = { loadMs: loadedAt - startedAt, warmupMs: performance.now() - loadedAt };
    const platform = platformOf(folder, signature);
    const ready = { name, platform, ...times, ...shownPorts(signature) };
    return { work, together: requestsTogether(signature, folder.settings.batching), ready };
  });
}

const startScope = (startTimeoutMs: number) => ({
  deadlineMs: performance.now() + startShare * startTimeoutMs,
  signal: new AbortController().signal,
  ran: () => undefined,
});

/** While it is being loaded nobody has a run that took too long. */
function asStartFailure(cause: unknown): never {
  const { code, detail } = Failure.of(cause);
  throw new Failure(code === "timeout" ? "unavailable" : code, detail, cause);
}

/** One at a time, and as many as are to be joined: each size costs its first run something of its own. */
export function warmSizes(signature: Signature, batching: BatchTerms): readonly number[] {
  // Another machine's networks are warmed there.
  if ((signature.overlapMax ?? 1) > 1) return [1];
  const most = itemsTogether(signature, batching);
  const sizes = [1, ...batching.preferred.filter((size) => size < most), most];
  return [...new Set(sizes)];
}

export async function warmUp(
  work: Pick<ModelWork, "warmUp">,
  sizes: readonly number[],
): Promise<void> {
  for (const size of sizes) {
    await Promise.all(Array.from({ length: size }, () => work.warmUp()));
  }
}

function requestsTogether(signature: Signature, batching: BatchTerms): number {
  const together = itemsTogether(signature, batching) * (signature.overlapMax ?? 1);
  return Math.min(together, requestsMax - 1);
}

const platformOf = ({ settings: { backend } }: ModelFolder, { platform }: Signature): string =>
  backend === "onnxruntime" ? (platform ?? "onnxruntime_onnx") : backend;
