// Inpainting: an `image` and a `mask` of its size to the `image` with its holes filled, in its own format.
// The parameters are those of the Lama Cleaner API, `outputQuality`, and `withoutHoles`: what comes back when
// there is nothing to fill; `encoded` anew, as from that API, or the `same-file`, byte by byte.
import { Failure } from "#protocols/failure.ts";
import { inpaintFields } from "#protocols/outside/lama-cleaner.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { runScope } from "../batching/run-scope.ts";
import { contentTypeOf, outputFormatFor } from "../engine/image-format.ts";
import { type DecodedPair, decodePair, encodeRepaired, fillHoles } from "../engine/repair.ts";
import { loadFiller } from "../fillers/load-filler.ts";
import { warmUp } from "../fillers/trial-picture.ts";
import type { Filler } from "../inpaint/filler.ts";
import type { InpaintOptions } from "../inpaint/inpaint.ts";
import { repairOptionsOf } from "../inpaint-parameters.ts";
import { inSteps, type LoadWork, type ModelWork, type WorkResult } from "./model-work.ts";
import { fileIn, outputQualityIn } from "./work-input.ts";

/** That API has some for models that are not here, and is to be answered all the same. */
const parameters = [...Object.keys(inpaintFields), "outputQuality", "withoutHoles"];

export const loadInpainting: LoadWork = async (folder, terms) => {
  const { filler, signature } = await loadFiller(folder, terms);
  return { work: inpaintingBy(filler), signature };
};

const inpaintingBy = (filler: Filler): ModelWork =>
  inSteps({
    parameters,
    warmUp: (data) => warmUp(filler, data),
    async read(input) {
      const options = repairOptionsOf(input.parameters);
      const quality = outputQualityIn(input.parameters);
      const file = fileIn(input, "image");
      const unfilled = unfilledOf(input.parameters);
      const pair = await decodePair(file, fileIn(input, "mask"));
      return { file, pair, options, quality, unfilled };
    },
    run: ({ pair, options }) => fillHoles(pair, filler, { ...options, step: toldStep }),
    async write({ file, pair, quality, unfilled }, rgb) {
      const same = unfilled === "same-file" ? sameFile(pair, file) : undefined;
      return same ?? encodeRepaired(pair, rgb, quality);
    },
  });

const toldStep: NonNullable<InpaintOptions["step"]> = (steps) => runScope.getStore()?.step?.(steps);

function unfilledOf({ withoutHoles = "encoded" }: TaskParameters): "encoded" | "same-file" {
  if (withoutHoles === "encoded" || withoutHoles === "same-file") return withoutHoles;
  const seen = JSON.stringify(withoutHoles).slice(0, 64);
  throw new Failure("invalid", `withoutHoles is ${seen}; send encoded or same-file`);
}

/** Undefined where there are holes, or the file is of a format that is only read. */
function sameFile({ image, mask }: DecodedPair, bytes: Uint8Array): WorkResult | undefined {
  const { width, height, format } = image;
  if (mask.holes.includes(255) || outputFormatFor(format) !== format) return undefined;
  const contentType = contentTypeOf(format);
  return { files: [{ name: "image", contentType, bytes }], figures: { width, height, format } };
}
