// Pictures without their background: an `image` to an `image` in PNG whose alpha says what stays, by networks
// of one picture in and one plane out. How the picture is brought to the network's size differs:
//
//   remove-background   stretched to it by Lanczos; the answer is stretched to 0 to 255     rembg
//   anime-segment       in the middle of it, with black beside; the answer is 0 to 1        isnetis
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { decodeImage } from "../engine/decode.ts";
import { encodeImage } from "../engine/encode.ts";
import type { LoadTerms } from "../engine/load-network.ts";
import type { ModelFolder } from "../engine/model-folder.ts";
import type { Raster } from "../inpaint/raster.ts";
import { applySigmoid, premultiplied, stretchedToBytes, unitsToBytes } from "./cutout.ts";
import { boxIn, letterboxed, planeUnder } from "./letterbox.ts";
import { linearlyResized } from "./linear-resize.ts";
import { inSteps, type LoadWork, type ModelWork } from "./model-work.ts";
import {
  firstPlane,
  loadPictureNetwork,
  normalisedPlanes,
  type PictureNetwork,
} from "./picture-network.ts";
import { smoothlyResized } from "./smooth-resize.ts";
import { trialPixels } from "./trial-pixels.ts";
import { configIn } from "./work-config.ts";
import { fileIn } from "./work-input.ts";
import { CutoutConfig } from "./work-keys.ts";

const configCheck = Compile(CutoutConfig);

/** How much of each pixel stays, 0 to 255. */
type Judge = (picture: Raster) => Promise<Uint8Array>;

export const loadBackgroundRemoval: LoadWork = (folder, terms) =>
  loadCutout(folder, terms, (network, config) => stretching(network, config));

export const loadAnimeSegmentation: LoadWork = (folder, terms) =>
  loadCutout(folder, terms, (network, config) => letterboxing(network, config));

async function loadCutout(
  folder: ModelFolder,
  terms: LoadTerms,
  judging: (network: PictureNetwork, config: CutoutConfig) => Judge,
): ReturnType<LoadWork> {
  const config = configIn(folder, configCheck);
  const network = await loadPictureNetwork(folder, terms);
  return { work: cuttingOut(judging(network, config)), signature: network.network };
}

/** As rembg does it; the numbers are those of U²-Net. */
const stretching = (network: PictureNetwork, config: CutoutConfig): Judge => {
  const { side = 320, means = [0.485, 0.456, 0.406], deviations = [0.229, 0.224, 0.225] } = config;
  const size = network.size ?? { width: side, height: side };
  return async (picture) => {
    const small = ordered(smoothlyResized(picture, size, "lanczos3"), config);
    const divisor = small.data.reduce((most, sample) => Math.max(most, sample), 1e-6);
    const planes = normalisedPlanes(small, { divisor, means, deviations });
    const plane = firstPlane(await network.run(planes, size));
    if (config.hasLogits) applySigmoid(plane.data);
    const kept = { ...plane, channels: 1, data: stretchedToBytes(plane.data) } as const;
    return smoothlyResized(kept, picture, "lanczos3").data;
  };
};

const letterboxing = (network: PictureNetwork, config: CutoutConfig): Judge => {
  const { side = 1_024, means = [0, 0, 0], deviations = [1, 1, 1] } = config;
  const size = network.size ?? { width: side, height: side };
  return async (picture) => {
    const box = boxIn(picture, size);
    const framed = ordered(letterboxed(picture, box, size), config);
    const planes = normalisedPlanes(framed, { divisor: 255, means, deviations });
    const plane = firstPlane(await network.run(planes, size));
    if (plane.width !== size.width || plane.height !== size.height) {
      const seen = `its output is ${plane.width} by ${plane.height}`;
      throw new Failure("model_failed", `${seen}; expected ${size.width} by ${size.height}`);
    }
    if (config.hasLogits) applySigmoid(plane.data);
    return unitsToBytes(linearlyResized(planeUnder(plane, box), picture).data);
  };
};

/** Blue first, where the network was taught so. */
function ordered(picture: Raster, { channelOrder }: CutoutConfig): Raster {
  if (channelOrder !== "bgr") return picture;
  const data = picture.data.slice();
  for (let at = 0; at < data.length; at += 3) {
    data[at] = picture.data[at + 2] ?? 0;
    data[at + 2] = picture.data[at] ?? 0;
  }
  return { ...picture, data };
}

const cuttingOut = (judge: Judge): ModelWork =>
  inSteps({
    parameters: [],
    async warmUp(trial) {
      await judge({ width: 8, height: 8, channels: 3, data: trialPixels(192, trial) });
    },
    read: (input) => decodeImage(fileIn(input, "image"), "image"),
    run: ({ width, height, rgb }) => judge({ width, height, channels: 3, data: rgb }),
    async write(image, alpha) {
      const { width, height } = image;
      const format = "png";
      const colours = { rgb: premultiplied(image.rgb, alpha), alpha };
      const bytes = await encodeImage({ ...image, ...colours, format, quality: 100 });
      const file = { name: "image", contentType: "image/png", bytes };
      return { files: [file], figures: { width, height, format } };
    },
  });
