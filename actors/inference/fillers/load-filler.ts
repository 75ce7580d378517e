// Loads what fills holes: a network from its file, or OpenCV, which needs none.
import { Failure } from "#protocols/failure.ts";
import { type LoadTerms, loadNetwork } from "../engine/load-network.ts";
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

/** Fails with `model_failed` or `invalid`. */
export async function loadFiller(folder: ModelFolder, terms: LoadTerms): Promise<LoadedFiller> {
  const config = readFillerConfig(folder.config, folder.configFile);
  const { backend } = folder.settings;
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
  const network = await loadNetwork(folder, terms);
  try {
    return { filler: await networkFiller(network, config), signature: network };
  } catch (cause) {
    await network.close();
    throw cause;
  }
}
