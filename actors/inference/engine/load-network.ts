// What runs a version of a model: ONNX Runtime here, or another server when the version's folder says so.
//
//   <folder>/<n>/model.onnx      run here
//   <folder>/<n>/remote.json     { "url": "http://127.0.0.1:8000", "model": "eraser" }, run there
import { BatchedNetwork, itemsTogether } from "../batching/batched-network.ts";
import { PaddedNetwork } from "../batching/padded-network.ts";
import type { BatchTerms } from "../batching/run-batcher.ts";
import { declaredOf, refuseUndeclared } from "../repository/declared-ports.ts";
import { CheckedNetwork } from "./checked-network.ts";
import { type DeviceUse, onDevice } from "./device-choice.ts";
import type { ModelFolder } from "./model-folder.ts";
import type { Network } from "./network.ts";
import { OnnxNetwork } from "./onnx-network.ts";
import { RemoteNetwork } from "./remote-network.ts";
import { remotePlaceBeside } from "./remote-place.ts";
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

/**
 * What it is fed and what it answers is held to what is declared. Fails with `model_failed`, and as
 * `RemoteNetwork.connect`.
 */
export async function loadNetwork(
  folder: ModelFolder,
  terms: LoadTerms,
  { file = folder.modelFile, batching = folder.settings.batching }: NetworkPart = {},
): Promise<Network> {
  const place = await remotePlaceBeside(file);
  const network = place
    ? await RemoteNetwork.connect(place)
    : await hereLoaded(file, folder.settings, terms);
  if (place) terms.runsOn?.({ device: "server", reason: "" });
  try {
    // Before anything runs it: a work tries what it has loaded.
    refuseUndeclared(file, declaredOf(folder.settings, network), network);
  } catch (cause) {
    await network.close();
    throw cause;
  }
  const isJoined = itemsTogether(network, batching) > 1;
  return new CheckedNetwork(joined(network, batching), folder.settings, { isJoined });
}

/** Each request is held to what is declared in its own size, and padded after that. */
function joined(network: Network, batching: BatchTerms): Network {
  const batched = new BatchedNetwork(network, batching);
  return batching.sizes ? new PaddedNetwork(batched, batching.sizes) : batched;
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
