// What runs a version of a model: ONNX Runtime here, or another server when the version's folder says so.
//
//   <folder>/<n>/model.onnx      run here
//   <folder>/<n>/remote.json     { "url": "http://127.0.0.1:8000", "model": "eraser" }, run there
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { BatchedNetwork, itemsTogether } from "../batching/batched-network.ts";
import type { BatchTerms } from "../batching/run-batcher.ts";
import { CheckedNetwork } from "./checked-network.ts";
import { type DeviceUse, onDevice } from "./device-choice.ts";
import type { ModelFolder } from "./model-folder.ts";
import type { Network } from "./network.ts";
import { OnnxNetwork } from "./onnx-network.ts";
import { RemoteNetwork, RemotePlace } from "./remote-network.ts";
import type { RunThreads } from "./run-threads.ts";

export interface LoadTerms {
  /** Of its runs here; the configuration may name numbers of its own. */
  readonly threads: RunThreads;
  /** Told once for each network, as soon as it is loaded. */
  readonly runsOn?: (device: DeviceUse) => void;
}

/** Default: the version's own file, and its runs joined as its configuration says. */
interface NetworkPart {
  readonly file?: string;
  readonly batching?: BatchTerms;
}

const placeCheck = Compile(RemotePlace);

/** What it is fed and what it answers is held to what is declared. Fails with `model_failed`. */
export async function loadNetwork(
  folder: ModelFolder,
  terms: LoadTerms,
  { file = folder.modelFile, batching = folder.settings.batching }: NetworkPart = {},
): Promise<Network> {
  const place = await remotePlaceIn(join(dirname(file), "remote.json"));
  const network = place
    ? await RemoteNetwork.connect(place)
    : await hereLoaded(file, folder.settings, terms);
  if (place) terms.runsOn?.({ device: "server", reason: "" });
  const isJoined = itemsTogether(network, batching) > 1;
  return new CheckedNetwork(new BatchedNetwork(network, batching), folder.settings, { isJoined });
}

async function hereLoaded(
  file: string,
  { device, threads: wish }: ModelFolder["settings"],
  { threads, runsOn }: LoadTerms,
): Promise<Network> {
  const { value, use } = await onDevice(device, (provider) =>
    OnnxNetwork.load(file, threads, { ...wish, provider }),
  );
  runsOn?.(use);
  return value;
}

async function remotePlaceIn(file: string): Promise<RemotePlace | undefined> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  const place = parsed(text);
  if (placeCheck.Check(place)) return place;
  const example = '{ "url": "http://127.0.0.1:8000", "model": "eraser" }';
  throw new Failure("model_failed", `${file} is not like ${example}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
