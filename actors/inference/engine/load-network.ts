// What runs a version of a model: ONNX Runtime here, or another server when the version's folder says so.
//
//   <folder>/<n>/model.onnx      run here
//   <folder>/<n>/remote.json     { "url": "http://127.0.0.1:8000", "model": "eraser" }, run there
import { BatchedNetwork } from "../batching/batched-network.ts";
import type { BatchTerms } from "../batching/run-batcher.ts";
import type { Network } from "./network.ts";
import { OnnxNetwork } from "./onnx-network.ts";
import { RemoteNetwork } from "./remote-network.ts";
import { remotePlaceBeside } from "./remote-place.ts";

/** `threads` are those of one run here. Fails with `model_failed`, and as `RemoteNetwork.connect`. */
export async function loadNetwork(
  modelFile: string,
  { threads, batching }: { readonly threads: number; readonly batching: BatchTerms },
): Promise<Network> {
  const place = await remotePlaceBeside(modelFile);
  const network = place
    ? await RemoteNetwork.connect(place)
    : await OnnxNetwork.load(modelFile, threads);
  return new BatchedNetwork(network, batching);
}
