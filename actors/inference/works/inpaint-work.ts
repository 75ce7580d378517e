// Inpainting: an `image` and a `mask` of its size to the `image` with its holes filled, in its own format.
// The parameters are those of the Lama Cleaner API, and `outputQuality`.
import { decodePair, encodeRepaired, fillHoles } from "../engine/repair.ts";
import { loadFiller } from "../fillers/load-filler.ts";
import { warmUp } from "../fillers/trial-picture.ts";
import type { Filler } from "../inpaint/filler.ts";
import { repairOptionsOf } from "../inpaint-parameters.ts";
import { inSteps, type LoadWork, type ModelWork } from "./model-work.ts";
import { fileIn, outputQualityIn } from "./work-input.ts";

export const loadInpainting: LoadWork = async (folder, threads) => {
  const { filler, signature } = await loadFiller(folder, threads);
  return { work: inpaintingBy(filler), signature };
};

const inpaintingBy = (filler: Filler): ModelWork =>
  inSteps({
    warmUp: () => warmUp(filler),
    async read(input) {
      const options = repairOptionsOf(input.parameters);
      const quality = outputQualityIn(input.parameters);
      const pair = await decodePair(fileIn(input, "image"), fileIn(input, "mask"));
      return { pair, options, quality };
    },
    run: ({ pair, options }) => fillHoles(pair, filler, options),
    write: ({ pair, quality }, rgb) => encodeRepaired(pair, rgb, quality),
  });
