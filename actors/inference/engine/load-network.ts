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
import { declaredOf, refuseUndeclared } from "../repository/declared-ports.ts";
import { CheckedNetwork } from "./checked-network.ts";
import { type DeviceUse, onDevice } from "./device-choice.ts";
import type { ModelFolder } from "./model-folder.ts";
import type { Network } from "./network.ts";
import { OnnxNetwork } from "./onnx-network.ts";
import { RemoteNetwork, RemotePlace } from "./remote-network.ts";

export interface LoadTerms {
  /** Of one run here, where the configuration names no number of its own. */
  readonly threads: number;
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
  try {
    // Before anything runs it: a work tries what it has loaded.
    refuseUndeclared(file, declaredOf(folder.settings, network), network);
  } catch (cause) {
    await network.close();
    throw cause;
  }
  const isJoined = itemsTogether(network, batching) > 1;
  return new CheckedNetwork(new BatchedNetwork(network, batching), folder.settings, { isJoined });
}

async function hereLoaded(
  file: string,
  { device, threads: wish }: ModelFolder["settings"],
  { threads, runsOn }: LoadTerms,
): Promise<Network> {
  const counts = { intraOp: wish.intraOp ?? threads, interOp: wish.interOp };
  const { value, use } = await onDevice(device, (provider) =>
    OnnxNetwork.load(file, counts.intraOp, { interOp: counts.interOp, provider }),
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
