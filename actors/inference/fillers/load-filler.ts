// Loads what fills holes: a network from its file, or OpenCV, which needs none.
import { Failure } from "#protocols/failure.ts";
import { loadNetwork } from "../engine/load-network.ts";
import type { ModelFolder } from "../engine/model-folder.ts";
import type { Filler } from "../inpaint/filler.ts";
import { readFillerConfig } from "./filler-config.ts";
import type { Signature } from "./model-form.ts";
import { networkFiller } from "./network-filler.ts";
import { opencvFiller } from "./opencv-filler.ts";

export interface LoadedFiller {
  readonly filler: Filler;
  /** As the file declares them; OpenCV has none. */
  readonly signature: Signature;
}

/** `threads` are those of one run. Fails with `model_failed` or `invalid`. */
export async function loadFiller(folder: ModelFolder, threads: number): Promise<LoadedFiller> {
  const config = readFillerConfig(folder.config, folder.configFile);
  const { backend, batching } = folder.settings;
  switch (backend) {
    case "opencv":
      return { filler: await opencvFiller(), signature: { inputs: [], outputs: [] } };
    case "built-in":
    case "scripted":
      throw new Failure("invalid", `${folder.configFile}: nothing ${backend} fills holes`);
    case "onnxruntime":
      break;
    default:
      return backend satisfies never;
  }
  const network = await loadNetwork(folder.modelFile, { threads, batching });
  try {
    return { filler: await networkFiller(network, config), signature: network };
  } catch (cause) {
    await network.close();
    throw cause;
  }
}
