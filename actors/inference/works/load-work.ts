// Loads what a model folder holds, by what the model is for.
import { Failure } from "#protocols/failure.ts";
import type { WorkKind } from "#protocols/tasks/work-kinds.ts";
import type { LoadTerms } from "../engine/load-network.ts";
import type { ModelFolder } from "../engine/model-folder.ts";
import { loadClickSegmentation } from "./click-segment-work.ts";
import { loadAnimeSegmentation, loadBackgroundRemoval } from "./cutout-work.ts";
import { loadTextDetection } from "./detect-text-work.ts";
import { loadInpainting } from "./inpaint-work.ts";
import { loadGifMaking } from "./make-gif-work.ts";
import type { LoadedWork, LoadWork, ModelWork } from "./model-work.ts";
import { loadFaceRestoration } from "./restore-face-work.ts";
import { loadUpscaling } from "./upscale-work.ts";

const loaders: Readonly<Record<WorkKind, LoadWork>> = {
  inpaint: loadInpainting,
  "remove-background": loadBackgroundRemoval,
  "anime-segment": loadAnimeSegmentation,
  upscale: loadUpscaling,
  "restore-face": loadFaceRestoration,
  "segment-by-clicks": loadClickSegmentation,
  "make-gif": loadGifMaking,
  "detect-text": loadTextDetection,
};

/** Fails with `model_failed` or `unavailable`, naming the model. */
export async function loadWork(
  name: string,
  folder: ModelFolder,
  terms: LoadTerms,
): Promise<LoadedWork> {
  try {
    const { work, signature } = await loaders[folder.settings.kind](folder, terms);
    return { work: named(name, work), signature };
  } catch (cause) {
    const { code, detail } = Failure.of(cause);
    // What runs it is elsewhere: nothing is wrong with the model.
    const isAway = code === "unavailable" || code === "timeout";
    const what = isAway ? "unavailable" : "model_failed";
    throw new Failure(what, `model ${name} cannot be used: ${detail}`, cause);
  }
}

/** The same work; the failures of its runs name the model. */
const named = (name: string, work: ModelWork): ModelWork => ({
  warmUp: (data) => ofModel(name, () => work.warmUp(data)),
  async read(input) {
    const read = await work.read(input);
    return { run: () => ofModel(name, () => read.run()) };
  },
});

async function ofModel<T>(name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const { code, detail } = Failure.of(cause);
    throw new Failure(code, `model ${name}: ${detail}`, cause);
  }
}
