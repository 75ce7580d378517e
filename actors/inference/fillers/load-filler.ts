// Loads what a model folder holds: a network from its file, or OpenCV, which needs none.
import { Failure } from "#protocols/failure.ts";
import { loadNetwork } from "../engine/load-network.ts";
import type { ModelFolder } from "../engine/model-folder.ts";
import type { Filler } from "../inpaint/filler.ts";
import type { Signature } from "./model-form.ts";
import { networkFiller } from "./network-filler.ts";
import { opencvFiller } from "./opencv-filler.ts";

export interface LoadedFiller {
  readonly filler: Filler;
  /** As the file declares them; OpenCV has none. */
  readonly signature: Signature;
}

/** `threads` are those of one run. Fails with `model_failed`, naming the model. */
export async function loadFiller(
  name: string,
  folder: ModelFolder,
  threads: number,
): Promise<LoadedFiller> {
  try {
    const { filler, signature } = await load(folder, threads);
    return { filler: named(name, filler), signature };
  } catch (cause) {
    const { detail } = Failure.of(cause);
    throw new Failure("model_failed", `model ${name} cannot be used: ${detail}`, cause);
  }
}

async function load(
  { modelFile, config, settings: { batching } }: ModelFolder,
  threads: number,
): Promise<LoadedFiller> {
  if (config.backend === "opencv") {
    return { filler: await opencvFiller(), signature: { inputs: [], outputs: [] } };
  }
  const network = await loadNetwork(modelFile, { threads, batching });
  try {
    return { filler: await networkFiller(network, config), signature: network };
  } catch (cause) {
    await network.close();
    throw cause;
  }
}

/** The same filler, whose failures name the model. */
const named = (name: string, filler: Filler): Filler => ({
  padding: filler.padding,
  async fill(image, mask, options) {
    try {
      return await filler.fill(image, mask, options);
    } catch (cause) {
      const { code, detail } = Failure.of(cause);
      throw new Failure(code, `model ${name}: ${detail}`, cause);
    }
  },
  close: () => filler.close(),
});
