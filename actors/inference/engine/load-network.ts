// What runs a version of a model: ONNX Runtime here, or another server when the version's folder says so.
//
//   <folder>/<n>/model.onnx      run here
//   <folder>/<n>/remote.json     { "url": "http://127.0.0.1:8000", "model": "eraser" }, run there
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { BatchedNetwork } from "../batching/batched-network.ts";
import { PaddedNetwork } from "../batching/padded-network.ts";
import type { BatchTerms } from "../batching/run-batcher.ts";
import type { Network } from "./network.ts";
import { OnnxNetwork } from "./onnx-network.ts";
import { RemoteNetwork, RemotePlace } from "./remote-network.ts";

const placeCheck = Compile(RemotePlace);

/** `threads` are those of one run here. Fails with `model_failed`. */
export async function loadNetwork(
  modelFile: string,
  { threads, batching }: { readonly threads: number; readonly batching: BatchTerms },
): Promise<Network> {
  const place = await remotePlaceIn(join(dirname(modelFile), "remote.json"));
  const network = place
    ? await RemoteNetwork.connect(place)
    : await OnnxNetwork.load(modelFile, threads);
  const batched = new BatchedNetwork(network, batching);
  return batching.sizes ? new PaddedNetwork(batched, batching.sizes) : batched;
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
